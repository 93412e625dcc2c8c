/** Random bytes in random chunks say what the standard says they do, and as soon as they do. */

import { expect, it } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import type { SourceItem } from '../../../src/index.js';
import { sse } from '../../../src/sources/index.js';
import type { SseEvent } from '../../../src/sources/index.js';
import { createSseDecoder } from '../../../src/sources/sse/decoder.js';
import { runs } from '../../support/effort.js';
import { interpret } from '../../support/event-stream-oracle.js';
import type { Told } from '../../support/event-stream-oracle.js';
import { seededRandom } from '../../../src/testing/index.js';

const RUNS = runs(12_000, 200_000);
/** Read by a whole stream, which costs more. */
const STREAMS = runs(250, 200_000);

/** Whole lines, or hardly anything would ever be said. */
const WHOLE = 'data: y\n|data: y\n|data:\n|id: 3\n|id: 4\r|event: f\r\n|retry: 5\n|\n|\n|\n|\n';
/** What lines are made of, and what looks like it. */
const PARTS =
  'data|data:|data: |data: x|data:é|id|id:|id: 1|id:2|id: \0|event: e|event:|retry: 7|retry:|retry: -1';
const ODD = 'retry: 99999999999999999999|:|: c|x| |🌍|Data: x|dat|\ufeff|\0';
const ENDS = '\n|\n|\n|\n\n|\r|\r\n|\r\n\r\n|\r\r|\n\r';
/** No UTF-8, or the beginning of a letter whose rest does not come. */
const BYTES = [0xff, 0xc3, 0xe2, 0xf0, 0x9f, 0x80];

const PIECES: readonly Uint8Array[] = [
  ...[WHOLE, PARTS, ODD, ENDS]
    .join('|')
    .split('|')
    .map((text) => new TextEncoder().encode(text)),
  ...BYTES.map((byte) => new Uint8Array([byte])),
];

function randomBytes(random: () => number): Uint8Array {
  const count = 1 + Math.floor(random() * 24);
  return new Uint8Array(
    Array.from({ length: count }, () => [
      ...(PIECES[Math.floor(random() * PIECES.length)] ?? []),
    ]).flat(),
  );
}

function toldBy(item: SourceItem<SseEvent>): Told[] {
  switch (item.type) {
    case 'data':
      return [{ event: item.data }];
    case 'retry':
      return [{ retry: item.ms }];
    case 'checkpoint':
      return [{ id: item.cursor }];
    default:
      return [];
  }
}

it(`${RUNS} random event streams`, { timeout: 300_000 + RUNS }, () => {
  const seen = { events: 0, ids: 0, retries: 0 };
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = seededRandom(seed);
    const bytes = randomBytes(random);
    const decoder = createSseDecoder({ maxLineBytes: 1 << 20, maxEventBytes: 1 << 20 }, '');
    const told: Told[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + Math.floor(random() * 12);
      told.push(...decoder.decode(bytes.subarray(at, at + size)).flatMap(toldBy));
      at += size;
      // Nothing is held back, and nothing is said too soon.
      const expected = interpret(bytes.subarray(0, at));
      if (!isSame(told, expected)) expect({ seed, at, told }).toEqual({ seed, at, told: expected });
    }
    expect(decoder.failure).toBeUndefined();
    for (const { event, id, retry } of told) {
      if (event !== undefined) seen.events += 1;
      if (id !== undefined) seen.ids += 1;
      if (retry !== undefined) seen.retries += 1;
    }
  }
  expect(seen.events).toBeGreaterThan(RUNS / 4);
  expect(seen.ids).toBeGreaterThan(RUNS / 20);
  expect(seen.retries).toBeGreaterThan(RUNS / 10);
});

it(
  `${STREAMS} random event streams, read by sse() with default options`,
  { timeout: 60_000 + STREAMS * 50 },
  async () => {
    let events = 0;
    for (let seed = 1; seed <= STREAMS; seed++) {
      const random = seededRandom(seed);
      const bytes = randomBytes(random);
      const feed = new Feed();
      const stream = reconnectStream(sse({ url: 'http://feed.test/', fetch: feed.fetch }));
      const told: Told[] = [];
      const reading = (async () => {
        for await (const event of stream) told.push({ event });
      })();
      await turn();
      for (let at = 0; at < bytes.length;) {
        const size = 1 + Math.floor(random() * 12);
        feed.send(bytes.subarray(at, at + size));
        at += size;
        await turn();
        const expected = interpret(bytes.subarray(0, at)).filter(
          ({ event }) => event !== undefined,
        );
        if (!isSame(told, expected))
          expect({ seed, at, told }).toEqual({ seed, at, told: expected });
      }
      events += told.length;
      stream.close();
      await reading;
    }
    expect(events).toBeGreaterThan(STREAMS / 4);
  },
);

/** A response whose bytes are sent one by one. */
class Feed {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  readonly fetch: typeof globalThis.fetch = () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
    });
    return Promise.resolve(
      new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    );
  };

  send(bytes: Uint8Array): void {
    this.#controller?.enqueue(new Uint8Array(bytes));
  }
}

/** All that is due has happened by then. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A comparison of vitest costs more than all the rest. */
function isSame(told: readonly Told[], expected: readonly Told[]): boolean {
  return JSON.stringify(told) === JSON.stringify(expected);
}
