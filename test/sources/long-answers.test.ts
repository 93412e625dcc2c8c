/** An answer may be longer than what a continuation can hold, where none was asked for. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { openaiChat } from '../../src/sources/index.js';

const PIECES = 5;
const PIECE = 'x'.repeat(1024 * 1024);

function answer(): Response {
  const said = (delta: object, reason: string | null): string =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
  const pieces = Array.from({ length: PIECES }, () => said({ content: PIECE }, null));
  const body = [...pieces, said({}, 'stop'), 'data: [DONE]\n\n'].join('');
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

async function lengthRead(continues: boolean): Promise<number> {
  const source = openaiChat({
    url: 'http://wire.test/v1/chat/completions',
    body: { stream: true },
    fetch: () => Promise.resolve(answer()),
    ...(continues ? { continueWith: ({ text }) => ({ stream: true, text }) } : {}),
  });
  let length = 0;
  for await (const part of reconnectStream(source))
    if (part.type === 'text') length += part.text.length;
  return length;
}

describe('an answer of 5 Mi characters', () => {
  it('is read to its end', async () => {
    expect(await lengthRead(false)).toBe(PIECES * PIECE.length);
  });

  it('is a limit where the text is kept to go on with', async () => {
    await expect(lengthRead(true)).rejects.toMatchObject({ kind: 'limit' });
  });
});
