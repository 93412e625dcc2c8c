/** Streams for the inspectors to show: with tool calls whose arguments nobody may see. */

import type { SourceItem, StreamSource, ToolCallDelta } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedSource } from '../../src/testing/index.js';
import { END } from './numbered-log.js';

/** Stands in the arguments of every tool call. */
export const SECRET = 'the-arguments-of-a-tool';

/** Two items with an open tool call, a drop, then the rest of the call and the end. */
export function callingSource(): ScriptedSource<number> {
  return scriptedSource({
    script: [
      [[piece(1, { id: 'call-1', name: 'look', args: `{"q":"${SECRET}` })], [piece(2)], 'drop'],
      [[piece(3, { id: 'call-1', args: '"}', done: true })], [END]],
    ],
  });
}

export function piece(n: number, ...toolCall: ToolCallDelta[]): SourceItem<number> {
  return { type: 'data', data: n, bytes: 1, id: String(n), toolCall };
}

/** Reads a stream to its end, however that is. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const one of stream) void one;
  } catch {
    // A failed stream throws here; its outcome says more.
  }
}

/** A source whose name the inspector shows. */
export function named<T>(source: StreamSource<T>, name: string): StreamSource<T> {
  return { ...source, name };
}
