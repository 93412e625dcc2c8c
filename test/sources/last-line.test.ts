/** Answers in lines: the last one may lack its end, and half of one is no line. */

import { expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { ollamaChat } from '../../src/sources/index.js';

async function read(text: string): Promise<string | undefined> {
  const fetch: typeof globalThis.fetch = () =>
    Promise.resolve(new Response(text, { headers: { 'content-type': 'application/x-ndjson' } }));
  const stream = reconnectStream(ollamaChat({ body: { model: 'm', messages: [] }, fetch }));
  stream.start();
  const { status, error } = await stream.done;
  return status === 'failed' ? error?.kind : status;
}

const said = `${JSON.stringify({ message: { content: 'Hello' }, done: false })}\n`;
const end = JSON.stringify({ message: { content: '' }, done: true, done_reason: 'stop' });

it('a last line without its end is read', async () => {
  expect([await read(said + end), await read(`${said + end}\r\n`)]).toEqual([
    'complete',
    'complete',
  ]);
});

it('half a line is a drop, not a line that cannot be read', async () => {
  expect(await read(said + end.slice(0, -3))).toBe('not-resumable');
});
