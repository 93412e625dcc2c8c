/** A loop around `fetch`, as it is usually written without this library. It takes every end for the end. */

import type { AnswerRecord } from './server.js';
import type { Network } from './network.js';
import { answerUrl } from './server.js';

export interface PlainReader {
  readonly records: readonly AnswerRecord[];
  readonly status: 'reading' | 'complete' | 'broken' | 'stopped';
  /** The result of the loop, as text. */
  readonly message: string;
  stop(): void;
}

/** Reads a response once. @param changed called whenever there is more to show */
export function readPlainly(run: string, network: Network, changed: () => void): PlainReader {
  const records: AnswerRecord[] = [];
  const abort = new AbortController();
  const reader = {
    records,
    status: 'reading' as PlainReader['status'],
    message: 'reading',
    stop: () => abort.abort(),
  };
  void loop().catch((error: unknown) => {
    const isOurs = abort.signal.aborted;
    reader.status = isOurs ? 'stopped' : 'broken';
    reader.message = isOurs ? 'stopped' : error instanceof Error ? error.message : String(error);
    changed();
  });
  return reader;

  async function loop(): Promise<void> {
    const response = await network.fetch(answerUrl(run), { signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
    const decoder = new TextDecoder();
    let text = '';
    const stream = response.body.getReader();
    for (;;) {
      const { done, value } = await stream.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) take(event);
      changed();
    }
    if (reader.status === 'reading') {
      // The mistake that this column demonstrates.
      reader.status = 'complete';
      reader.message = 'the bytes ended: taken for the end';
    }
    changed();
  }

  function take(event: string): void {
    const [, id] = /^id: (.*)$/mu.exec(event) ?? [];
    const [, data] = /^data: (.*)$/mu.exec(event) ?? [];
    if (id !== undefined && data !== undefined) records.push({ id, data });
    if (/^event: done$/mu.test(event)) {
      reader.status = 'complete';
      reader.message = 'read to its end';
    }
  }
}
