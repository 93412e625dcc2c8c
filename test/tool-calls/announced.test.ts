/** A call that an event of the format announces: it is reported, even if nothing else is said of it. */

import { describe, expect, it } from 'vitest';
import {
  agUiReader,
  aiSdkUiReader,
  anthropicReader,
  openaiResponsesReader,
} from '../../src/tool-calls/index.js';
import type { ResponseReader } from '../../src/tool-calls/index.js';
import { applyToolCall, emptyStreamState } from '../../machines/stream-state.js';
import { readEvents } from './wires.js';

const RUN_FINISHED = { type: 'RUN_FINISHED', finishReason: 'tool_calls' };

type Case = readonly [
  string,
  () => ResponseReader,
  call: readonly object[],
  end: readonly object[],
  reported: readonly string[],
];

/** Where the call is never closed, the answer is incomplete instead. */
const CASES: readonly Case[] = [
  ['AG-UI', agUiReader, [{ type: 'TOOL_CALL_START', toolCallId: 'a' }], [RUN_FINISHED], []],
  [
    'AG-UI, closed',
    agUiReader,
    [
      { type: 'TOOL_CALL_START', toolCallId: 'a' },
      { type: 'TOOL_CALL_END', toolCallId: 'a' },
    ],
    [RUN_FINISHED],
    ['no name'],
  ],
  [
    'AG-UI, the short form',
    agUiReader,
    [{ type: 'TOOL_CALL_CHUNK', toolCallId: 'a', delta: '' }],
    [RUN_FINISHED],
    ['no name'],
  ],
  [
    'AI SDK UI',
    aiSdkUiReader,
    [{ type: 'tool-input-start', toolCallId: 'a' }],
    [{ type: 'finish', finishReason: 'tool-calls' }],
    [],
  ],
  [
    'Anthropic',
    anthropicReader,
    [
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'a' } },
      { type: 'content_block_stop', index: 0 },
    ],
    [{ type: 'message_delta', delta: { stop_reason: 'tool_use' } }, { type: 'message_stop' }],
    ['no name'],
  ],
  [
    'OpenAI Responses',
    openaiResponsesReader,
    [{ type: 'response.output_item.added', item: { type: 'function_call', call_id: 'a' } }],
    [{ type: 'response.completed', response: { status: 'completed' } }],
    [],
  ],
];

describe.each(CASES)('%s', (_, create, call, end, reported) => {
  const isTold = ({ malformed, end: outcome }: ReturnType<typeof readEvents>): void => {
    expect(malformed).toEqual(reported);
    if (reported.length === 0) expect(outcome).toBe('incomplete');
  };

  it('in one connection', () => {
    isTold(readEvents(create(), [...call, ...end]));
  });

  it('with a drop before the end', () => {
    const reader = create();
    const { deltas } = readEvents(reader, call);
    const { toolCalls } = deltas.reduce(applyToolCall, emptyStreamState);
    expect(Object.values(toolCalls)).toHaveLength(1);
    isTold(readEvents(reader, end, toolCalls));
  });
});
