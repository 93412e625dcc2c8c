/** Lines of JSON and sequences of it: where a text ends, and what becomes of one that is cut. */

import { describe, expect, it } from 'vitest';

import type { SourceItem } from '../../machines/source-contract.js';
import { ndjson } from '../../src/sources/index.js';
import type { NdjsonOptions } from '../../src/sources/index.js';
import { readAll } from './drive.js';
import type { Read } from './drive.js';

const RS = '\x1e';

/** Reads a body that comes in these pieces. */
function read(
  pieces: readonly (string | Uint8Array)[],
  options: Partial<NdjsonOptions<unknown>> = {},
  type = 'application/x-ndjson',
): Promise<Read<unknown>> {
  const encoder = new TextEncoder();
  const left = pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
  const fetch = (): Promise<Response> =>
    Promise.resolve(new Response(body, { headers: { 'content-type': type } }));
  return readAll(ndjson({ url: 'http://test.invalid/', fetch, terminal: 'eof', ...options }));
}

/** Every way to cut a text in two, and into single bytes. */
function* cuts(text: string): Generator<Uint8Array[]> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

const isEnd = (line: unknown): boolean => (line as { done?: boolean }).done === true;
const kinds = (items: readonly SourceItem<unknown>[]): string[] => items.map(({ type }) => type);

describe('the last line', () => {
  it('needs no line end where it is whole by itself', async () => {
    const explicit = { terminal: 'explicit', isEnd } as const;
    const { items, error } = await read(['{"m":"a"}\n{"m":"b","done":true}'], explicit);
    expect([kinds(items), error]).toEqual([['data', 'data', 'end'], undefined]);
    for (const line of ['{"m":"b"}', '[1]', '"text"', ' {"m":"b"} \r'])
      expect((await read([`1\n${line}`], explicit)).data).toHaveLength(2);
  });

  it('that may have been cut is not taken, unless the bytes may end', async () => {
    const explicit = { terminal: 'explicit', isEnd } as const;
    for (const line of ['12', 'true', 'nul', '{"m":', '"te', '[1'])
      expect((await read([`{"m":"a"}\n${line}`], explicit)).data).toEqual([{ m: 'a' }]);
    expect((await read(['1\n12'])).data).toEqual([1, 12]);
    expect((await read(['1\n{"m":'])).error).toMatchObject({ kind: 'network', fatal: false });
  });

  it('is not read after the end', async () => {
    const { items } = await read(['{"done":true}\n{"m":"b"}'], { isEnd });
    expect(kinds(items)).toEqual(['data', 'end']);
  });
});

describe('a sequence of JSON texts (RFC 7464)', () => {
  const texts = [{ n: 1 }, { text: 'é🌍\n', list: [{}, { a: 1 }] }, 'text', 12, [1, 2], true, null];

  it('gives its texts however the bytes are cut', async () => {
    const compact = texts.map((text) => `${RS}${JSON.stringify(text)}\n`).join('');
    const pretty = texts.map((text) => `${RS}${JSON.stringify(text, null, 2)}\n`).join('');
    const bare = texts.map((text) => `${RS}${JSON.stringify(text)}`).join('');
    for (const body of [compact, pretty, bare, `\uFEFF${compact}`, compact.replaceAll(RS, RS + RS)])
      for (const pieces of cuts(body))
        expect((await read(pieces, {}, 'application/json-seq')).data).toEqual(texts);
  });

  it('gives a text as soon as its line ends', async () => {
    const { items } = await read([`${RS}{"n":1}\n`, `${RS}{\n  "n": 2\n}\n`], {
      isEnd: () => false,
    });
    expect(kinds(items)).toEqual(['data', 'data']);
    const left = await read([`${RS}{"done":true}\n`, `${RS}{"n":2}\n`], { isEnd });
    expect(kinds(left.items)).toEqual(['data', 'end']);
  });

  it('goes on after a text that was cut', async () => {
    const body = `${RS}{"n":1}\n${RS}{"n":${RS}{"n":3}\n${RS}{"te`;
    const { data, error } = await read([body], { terminal: 'explicit', isEnd });
    expect([data, error]).toEqual([[{ n: 1 }, { n: 3 }], undefined]);
  });

  it('keeps the limit of a line, and costs little whatever is in it', async () => {
    const flood = await read([`${RS}{"a":"${'x'.repeat(2000)}`], { maxLineBytes: 1000 });
    expect(flood.error?.kind).toBe('limit');
    const before = performance.now();
    await read([`${RS}[${'1,'.repeat(100_000)}\n${']x\n'.repeat(50_000)}`]);
    expect(performance.now() - before).toBeLessThan(3000);
  });
});

describe('lines', () => {
  it('keep one decoder for the whole body, and lose one byte order mark', async () => {
    for (const pieces of cuts('\uFEFF{"a":"é🌍"}\r\n\n"\uFEFF"\n'))
      expect((await read(pieces)).data).toEqual([{ a: 'é🌍' }, '\uFEFF']);
  });

  it('that are no JSON are fatal, and what came before them is delivered', async () => {
    const { data, error } = await read(['1\n2\nthree\n4\n']);
    expect(data).toEqual([1, 2]);
    expect(error).toMatchObject({ kind: 'protocol', fatal: true });
  });

  it('may be labelled in the usual ways', async () => {
    for (const type of ['Application/NDJSON; charset=utf-8', 'a/b, application/jsonl'])
      expect((await read(['1\n'], {}, type)).data).toEqual([1]);
    expect((await read(['1\n'], { contentTypes: ['Text/Plain'] }, 'text/plain')).data).toEqual([1]);
    expect((await read(['1\n'], { contentTypes: null }, 'x/y')).data).toEqual([1]);
    expect((await read(['1\n'], {}, 'text/plain')).error?.kind).toBe('protocol');
    for (const contentTypes of ['text/plain', [1], {}])
      expect(() => ndjson({ url: 'http://x/', terminal: 'eof', contentTypes } as never)).toThrow(
        /contentTypes/,
      );
  });
});
