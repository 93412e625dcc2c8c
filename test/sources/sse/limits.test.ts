import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { geminiInteractions, ndjson, sse } from '../../../src/sources/index.js';
import { LineMeter } from '../../../src/sources/sse/line-meter.js';
import { startServer } from '../../support/server.js';
import type { TestServer } from '../../support/server.js';
import { facts, fromChunks, readAll } from '../drive.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('an endless', () => {
  it.each(['data: ', 'id: ', 'event: ', 'retry: 1', ': ', 'unknown: ', '{"a":"', 'x', 'data'])(
    'line that starts with %j ends in a limit, and the socket is closed',
    async (head) => {
      const url = `${server.url}/endless-line?head=${encodeURIComponent(head)}`;
      const { items, error } = await readAll(sse({ url, maxLineBytes: 300_000 }));
      expect(items).toEqual([]);
      expect(facts(error)).toEqual({ kind: 'limit', fatal: true });
      await server.idle();
    },
  );

  it.each(['data: x', 'data', 'id: 1', 'event: x', 'unknown: x', '<p>'])(
    'event of lines like %j ends in a limit',
    async (line) => {
      const url = `${server.url}/endless-event?line=${encodeURIComponent(line)}`;
      const { items, error } = await readAll(sse({ url, maxEventBytes: 500_000 }));
      expect(items).toEqual([]);
      expect(facts(error)).toEqual({ kind: 'limit', fatal: true });
      await server.idle();
    },
  );

  it.each(['retry: 1', 'id: 1', 'retry: 1\nid: 1', ': ping', 'event: x'])(
    'event is not made short by lines like %j in it',
    async (line) => {
      const piece = `data: ${'x'.repeat(90)}\n${line}\n`;
      const { data, error } = await readAll(
        fromChunks(
          Array.from({ length: 400 }, () => piece),
          { maxEventBytes: 20_000 },
        ),
      );
      expect(data).toEqual([]);
      expect(facts(error)).toEqual({ kind: 'limit', fatal: true });
    },
  );

  it.each(['data: ', 'data: x\n', 'data\n'])('flood of %j costs less than 64 MiB', async (text) => {
    const path = text.endsWith('\n')
      ? `/endless-event?line=${encodeURIComponent(text.trim())}`
      : `/endless-line?head=${encodeURIComponent(text)}`;
    const before = process.memoryUsage().rss;
    let peak = before;
    const source = sse({ url: server.url + path });
    const at = { items: 0, bytes: 0, chars: 0, attempt: 0 };
    const { batches } = await source.open(at, new AbortController().signal);
    const read = async (): Promise<void> => {
      for await (const _ of batches) peak = Math.max(peak, process.memoryUsage().rss);
    };
    await expect(read()).rejects.toMatchObject({ kind: 'limit' });
    expect((peak - before) / 2 ** 20).toBeLessThan(64);
  });
});

it('hands out the events before the limit, and refuses an id that no header could hold', async () => {
  const long = await readAll(
    fromChunks([`data: a\n\ndata: ${'x'.repeat(2000)}`], { maxLineBytes: 1000 }),
  );
  expect(long.data).toHaveLength(1);
  expect(long.error?.kind).toBe('limit');
  const { data, error } = await readAll(fromChunks([`data: a\n\nid: ${'x'.repeat(5000)}\n\n`]));
  expect(data).toHaveLength(1);
  expect(facts(error)).toEqual({ kind: 'limit', fatal: true });
});

describe('an id that is too long', () => {
  const long = 'i'.repeat(4097);

  it('is refused wherever in a chunk it stands', async () => {
    const body = `id: 1\ndata: a\n\nid: ${long}\ndata: b\n\nid: 3\ndata: c\n\n`;
    const { data, error } = await readAll(fromChunks([body]));
    expect([data.length, error?.kind]).toEqual([1, 'limit']);
  });

  it('is refused in lines, and in answers of models', async () => {
    const answer =
      (type: string, ...pieces: object[]) =>
      (): Promise<Response> => {
        const mark = type === 'text/event-stream' ? 'data: ' : '';
        const text = pieces.map((piece) => `${mark}${JSON.stringify(piece)}\n\n`).join('');
        return Promise.resolve(new Response(text, { headers: { 'content-type': type } }));
      };
    const url = 'http://test.invalid/';
    const lines = ndjson<{ id: string }>({
      url,
      fetch: answer('application/jsonl', { id: '1' }, { id: long }, { id: '3' }),
      id: ({ id }) => id,
      terminal: 'eof',
    });
    expect((await readAll(lines)).error?.kind).toBe('limit');
    const gemini = geminiInteractions({
      url,
      body: { stream: true },
      fetch: answer(
        'text/event-stream',
        { event_type: 'interaction.created', event_id: 'e1', interaction: { id: 'i' } },
        { event_type: 'x', event_id: long },
        { event_type: 'x', event_id: 'e3' },
      ),
    });
    expect((await readAll(gemini)).error?.kind).toBe('limit');
  });
});

describe('the meter', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('finds the same line too long however it is cut', () => {
    for (let size = 1; size < 60; size++) {
      const meter = new LineMeter(32, 1e6);
      const text = `${'a'.repeat(30)}\r\n${'b'.repeat(32)}\n\n${'c'.repeat(33)}`;
      let found: number | undefined;
      for (let at = 0; at < text.length && found === undefined; at += size) {
        const excess = meter.add(bytes(text.slice(at, at + size)));
        if (excess) found = at + excess.offset;
      }
      expect(found).toBe(text.length - 1);
    }
  });

  it('never ends a stream of small events or of comments, whatever their line ends', () => {
    for (const text of [
      'data: x\n\n',
      'data: x\r\r',
      'data: x\r\n\r\n',
      ': ping\n',
      ': ping\r\n\r\n',
    ]) {
      const meter = new LineMeter(1000, 1000);
      const all = text.repeat(1000);
      for (let at = 0; at < all.length; at += 7) {
        expect(meter.add(bytes(all.slice(at, at + 7)))).toBeUndefined();
      }
    }
  });
});
