import { describe, expectTypeOf, it } from 'vitest';

import type { StreamSource } from '../../src/index.js';
import { bytes, durableStream, ndjson, sse, text, webSocket } from '../../src/sources/index.js';
import type { SseEvent, SseOptions, WebSocketSource } from '../../src/sources/index.js';

interface Tick {
  readonly price: number;
}
declare const url: string;

describe('the items of a source', () => {
  it('are what parse gives', () => {
    const parse = (event: SseEvent): Tick => JSON.parse(event.data) as Tick;
    expectTypeOf(sse({ url, parse })).toEqualTypeOf<StreamSource<Tick>>();
    expectTypeOf(sse(url, { parse })).toEqualTypeOf<StreamSource<Tick>>();
    expectTypeOf(
      sse({ url, parse: (e) => (e.type === 'x' ? undefined : (JSON.parse(e.data) as Tick)) }),
    ).toEqualTypeOf<StreamSource<Tick>>();
    expectTypeOf(
      sse({ url, parse: (e) => Number(e.data), isEnd: (e) => e.data === '[DONE]' }),
    ).toEqualTypeOf<StreamSource<number>>();
    expectTypeOf(
      webSocket({
        url,
        parse: (m) => JSON.parse(String(m)) as Tick,
        id: ({ price }) => `${price}`,
      }),
    ).toEqualTypeOf<WebSocketSource<Tick>>();
    expectTypeOf(ndjson({ url, terminal: 'eof', parse: (v) => v as Tick })).toEqualTypeOf<
      StreamSource<Tick>
    >();
  });

  it('are events where nothing is parsed', () => {
    expectTypeOf(sse(url)).toEqualTypeOf<StreamSource<SseEvent>>();
    expectTypeOf(sse({ url })).toEqualTypeOf<StreamSource<SseEvent>>();
    const options: SseOptions = { url };
    expectTypeOf(sse(options)).toEqualTypeOf<StreamSource<SseEvent>>();
    expectTypeOf(sse(new URL(url), { isEnd: ({ data }) => data === '' })).toEqualTypeOf<
      StreamSource<SseEvent>
    >();
    // @ts-expect-error what the items are, parse says
    sse<Tick>({ url });
  });

  it('are the same with the URL first', () => {
    expectTypeOf(text(url)).toEqualTypeOf<StreamSource<string>>();
    expectTypeOf(bytes(url)).toEqualTypeOf<StreamSource<Uint8Array>>();
    expectTypeOf(durableStream<Tick>(url)).toEqualTypeOf<StreamSource<Tick>>();
    expectTypeOf(ndjson<Tick>(url, { terminal: 'eof' })).toEqualTypeOf<StreamSource<Tick>>();
    // @ts-expect-error one URL
    sse(url, { url });
    // @ts-expect-error no such option
    sse({ url, isend: () => true });
    // @ts-expect-error no such option
    sse(url, { isend: () => true });
  });
});
