import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Utf8Decoder } from '../../../src/sources/http/response/utf8.js';
import { facts, fromChunks, readAll, START } from '../drive.js';

interface SseCase {
  id: string;
  wire?: string;
  wireHex?: string;
  expect: { type: string; data: string; id: string }[];
  lastId?: string;
  retry?: string | null;
}

const cases = JSON.parse(
  readFileSync(new URL('../../fixtures/sse-cases.json', import.meta.url), 'utf8'),
) as SseCase[];

describe('the event stream algorithm of the standard', () => {
  for (const one of cases) {
    it.each([Infinity, 1, 2, 3])(`holds for ${one.id} in chunks of %d bytes`, async (size) => {
      const bytes =
        one.wireHex === undefined
          ? new TextEncoder().encode(one.wire ?? '')
          : new Uint8Array(Buffer.from(one.wireHex, 'hex'));
      const { items, data, error } = await readAll(fromChunks(split(bytes, size)));
      expect(error).toBeUndefined();
      expect(data).toEqual(one.expect);
      const retry = items.flatMap((item) => (item.type === 'retry' ? [item.ms] : [])).at(-1);
      if (one.retry !== undefined) {
        const ms = one.retry === null ? undefined : Number(one.retry);
        expect(retry).toBe(ms === undefined ? ms : Math.min(ms, Number.MAX_SAFE_INTEGER));
      }
      if (one.lastId !== undefined) expect(cursorOf(items)).toBe(one.lastId);
    });
  }

  it('hands out an event as soon as its last line end has come, also after a CR', async () => {
    for (const end of ['\n\n', '\r\r', '\r\n\r\n', '\r\n\r', '\n\r']) {
      const { batches } = await fromChunks([`data: a${end}`, ':', '\n']).open(
        START,
        new AbortController().signal,
      );
      const first = await batches[Symbol.asyncIterator]().next();
      expect(first.value, JSON.stringify(end)).toHaveLength(1);
    }
  });

  it('strips one byte order mark, and only as a mark', async () => {
    const mark = '\ufeff';
    const { data } = await readAll(
      fromChunks([`${mark}data: a\n\n`, `${mark}data: b\n\ndata: c\n\n`]),
    );
    expect(data.map((event) => event.data)).toEqual(['a', 'c']);
    const letters = await readAll(fromChunks(['\u00ef\u00bb\u00bfdata: a\n\ndata: b\n\n']));
    expect(letters.data.map((event) => event.data)).toEqual(['b']);
  });
});

describe('items', () => {
  it('makes an item its own checkpoint only where its block carries an id', async () => {
    const { items } = await readAll(
      fromChunks(['id: 1\ndata: a\n\ndata: b\n\nid: 2\n\nid: 3\n\nid\ndata: c\n\n: ping\n\n']),
    );
    const event = (data: string, id: string): object => ({ type: 'message', data, id });
    expect(items).toEqual([
      { type: 'data', data: event('a', '1'), bytes: 1, id: '1', raw: 'a' },
      { type: 'data', data: event('b', '1'), bytes: 1, id: undefined, raw: 'b' },
      { type: 'checkpoint', cursor: '2' },
      { type: 'checkpoint', cursor: '3' },
      { type: 'data', data: event('c', ''), bytes: 1, id: '', raw: 'c' },
    ]);
  });

  it('gives one batch per chunk, empty where nothing was completed', async () => {
    const source = fromChunks([':\n\n', 'data: a\n', '\ndata: b\n\n']);
    const { batches } = await source.open(START, new AbortController().signal);
    const sizes: number[] = [];
    for await (const batch of batches) sizes.push(batch.length);
    expect(sizes).toEqual([0, 0, 2]);
  });

  it('goes on with the id of the cursor that it resumed from', async () => {
    const { data } = await readAll(fromChunks(['data: a\n\n']), { cursor: '7' });
    expect(data).toEqual([{ type: 'message', data: 'a', id: '7' }]);
  });

  it('ends at the event that isEnd names, hands it out, and reads nothing after it', async () => {
    const isEnd = (event: { data: string }): boolean => event.data === '[DONE]';
    const source = fromChunks(['data: a\n\ndata: [DONE]\n\ndata: b\n\nid: 9\n\n'], { isEnd });
    const { items, data } = await readAll(source);
    expect(data.map((event) => event.data)).toEqual(['a', '[DONE]']);
    expect(items.at(-1)).toEqual({ type: 'end', outcome: 'complete' });
  });

  it('takes the outcome that isEnd names', async () => {
    const source = fromChunks(['event: error\ndata: x\n\n'], { isEnd: () => 'failed' });
    expect((await readAll(source)).items.at(-1)).toEqual({ type: 'end', outcome: 'failed' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['is async', () => Promise.resolve(true) as unknown as boolean],
    ['answers nonsense', () => 'done' as unknown as boolean],
  ])('fails for good when isEnd %s, after the items before it', async (_, isEnd) => {
    const { data, error } = await readAll(fromChunks(['data: a\n\ndata: b\n\n'], { isEnd }));
    expect(data).toHaveLength(1);
    expect(facts(error)).toEqual({ kind: 'callback', fatal: true });
    expect(error?.message).not.toContain('secret');
  });
});

it('decodes any bytes in any chunks like one TextDecoder in stream mode', () => {
  const tricky = fc.constantFrom(0x0a, 0x41, 0x80, 0xbf, 0xc3, 0xe2, 0xef, 0xbb, 0xf0, 0x9f, 0xff);
  const byte = fc.oneof(tricky, fc.integer({ min: 0, max: 255 }));
  const chunk = fc.array(byte, { maxLength: 6 }).map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      const ours = new Utf8Decoder();
      const theirs = new TextDecoder('utf-8', { ignoreBOM: true });
      let [a, b] = ['', ''];
      for (const one of chunks) {
        a += ours.decode(one);
        b += theirs.decode(one, { stream: true });
        expect(a).toBe(b);
      }
    }),
    { numRuns: 5_000 },
  );
});

it('gives the same items however the bytes are cut', async () => {
  const line = fc.constantFrom(
    'data: ä€😀',
    'data',
    'id: 1',
    'id',
    'id: é',
    'event: x',
    'retry: 5',
    ': c',
    '',
    '',
    'x',
  );
  const end = fc.constantFrom('\n', '\r', '\r\n');
  const wire = fc.array(fc.tuple(line, end), { maxLength: 12 }).map((all) => all.flat().join(''));
  await fc.assert(
    fc.asyncProperty(wire, fc.integer({ min: 1, max: 5 }), async (text, size) => {
      const bytes = new TextEncoder().encode(text);
      const whole = await readAll(fromChunks([bytes]));
      const cut = await readAll(fromChunks(split(bytes, size)));
      expect(cut.items).toEqual(whole.items);
    }),
    { numRuns: 500 },
  );
});

function split(bytes: Uint8Array, size: number): Uint8Array[] {
  if (size === Infinity) return [bytes];
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

function cursorOf(items: Awaited<ReturnType<typeof readAll>>['items']): string | undefined {
  return items
    .flatMap((item) => {
      if (item.type === 'checkpoint') return [item.cursor];
      return item.type === 'data' && item.id !== undefined ? [item.id] : [];
    })
    .at(-1);
}
