/** The demo: one stream, five faults, and a count of what arrived. */

import { ReconnectError, reconnectStream } from '../../index.js';
import { sse } from '../../sources/index.js';
import { startDemoServer } from './demo-server.js';
import { reportOutages } from './outages.js';
import { report } from './report.js';
import { demoScript } from './script.js';
import type { Fault, ScriptEvent } from './script.js';
import type { ViewEvent, View } from '../terminal/view.js';

export interface DemoOptions {
  readonly view: View;
  readonly signal: AbortSignal;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

/** Returns true if the response is complete and every event arrived once and in order. */
export async function runDemo({ view, signal, now }: DemoOptions): Promise<boolean> {
  const startedAt = now();
  const script = demoScript();
  const of = script.events.length;
  const show = (event: ViewEvent): void => view.show(event);
  let faults = 0;
  const server = await startDemoServer({
    script,
    onFault(fault, number) {
      faults = number;
      show({ type: 'note', label: 'fault', text: faultText(fault, number, script.faults.length) });
    },
  });
  show({ type: 'opening', events: of, faults: script.faults.length });
  const stream = reconnectStream(
    sse({ url: server.url, isEnd: (event) => event.type === 'done' }),
    {
      initialBackoffMs: 600,
      maxBackoffMs: 2000,
      stallTimeoutMs: 1500,
      signal,
    },
  );
  const outages = reportOutages(stream, { show, now });
  const received: ScriptEvent[] = [];
  let bytes = 0;
  try {
    for await (const event of stream) {
      if (event.type === 'done') continue;
      received.push({ id: event.id, data: event.data });
      bytes += Buffer.byteLength(event.data);
      outages.chunk(received.length);
      show({ type: 'progress', chunks: received.length, of, bytes });
      showChunk(event.data, show);
    }
  } catch (error) {
    // The error of a failed stream is in its outcome as well.
    if (!(error instanceof ReconnectError)) throw error;
  } finally {
    await server.close();
  }
  const outcome = await stream.done;
  if (signal.aborted) return false;
  const { good, line } = report({
    sent: script.events,
    received,
    outcome,
    faults,
    resumes: outages.resumes(),
    elapsedMs: now() - startedAt,
  });
  show({ type: 'summary', good, line });
  return good;
}

function showChunk(data: string, show: (event: ViewEvent) => void): void {
  const { delta, tool } = JSON.parse(data) as {
    delta?: string;
    tool?: { name?: string; args?: string; done?: boolean };
  };
  if (delta !== undefined) show({ type: 'text', text: delta });
  if (tool?.name !== undefined) show({ type: 'tool', text: `${tool.name} ` });
  if (tool?.args !== undefined) show({ type: 'tool', text: tool.args });
  if (tool?.done) show({ type: 'note', label: 'tool', text: 'the call is whole: it may run now' });
}

function faultText(fault: Fault, number: number, of: number): string {
  return `${number} of ${of}, event ${fault.at}: the server ${fault.what}`;
}
