/** Servers that answer whatever they like, over real sockets: a stream stays slow, ends once, leaves nothing. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream } from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { flakyServer, seededRandom } from '../../src/testing/index.js';
import type {
  FlakyResponse,
  FlakyFaultKind,
  FlakyPath,
  FlakyRequest,
  FlakyServer,
} from '../../src/testing/index.js';

const SERVERS = 300;
const WINDOW_MS = 3_000;
/** As for every hostile server: the default delays leave room for no more. */
const MOST_REQUESTS = 6;

const LINES: readonly string[] = [
  'id: 1\ndata: 1\n\n',
  'id: 2\ndata: 2\n\n',
  'id\n\n',
  'id: \0\ndata: nul\n\n',
  `id: ${'9'.repeat(5_000)}\ndata: long\n\n`,
  'data: bare\n\n',
  'event: __proto__\ndata: {"__proto__":1}\n\n',
  'event: error\ndata\n\n',
  'retry: 0\n\n',
  'retry: 1\n\n',
  'retry: 2147483648\n\n',
  'retry: 99999999999999999999\n\n',
  'retry: -1\nretry: 1e9\n\n',
  ':\n\n',
  '\r\r\n\n',
  'data: cut',
  '<html>\n\n',
  '{"error":"no"}\n',
];
const FIELDS: readonly (readonly [string, string])[] = [
  ['retry-after', '0'],
  ['retry-after', '-1'],
  ['retry-after', '1e3'],
  ['retry-after', 'soon'],
  ['retry-after', '99999999999999999999'],
  ['retry-after', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['location', '/elsewhere'],
  ['location', 'javascript:alert(1)'],
  ['location', 'http://127.0.0.1:1/'],
  ['content-type', 'text/html'],
  ['content-type', 'text/event-stream; charset=utf-16'],
  ['content-type', ';'],
  ['content-encoding', 'gzip'],
  ['content-length', '7'],
  ['cache-control', 'x'.repeat(9_000)],
];
const STATUS = [
  200, 200, 200, 200, 204, 205, 206, 301, 304, 307, 308, 400, 401, 403, 404, 408, 409,
];
const MORE_STATUS = [410, 418, 425, 429, 500, 503, 599];
const KINDS: readonly FlakyFaultKind[] = ['fin', 'rst', 'eof', 'stall'];

let server: FlakyServer;
/** When the nth server was asked, in ms. */
const asked: number[][] = Array.from({ length: SERVERS }, () => []);
beforeAll(async () => {
  const paths = asked.map((times, seed): [string, FlakyPath] => {
    const answers = script(seed);
    const answer = ({ nth }: FlakyRequest): FlakyResponse => {
      times.push(performance.now());
      return answers[(nth - 1) % answers.length] ?? {};
    };
    return [`/${seed}`, answer];
  });
  server = await flakyServer({ paths: Object.fromEntries(paths) });
});
afterAll(() => server.close());

function script(seed: number): FlakyResponse[] {
  const random = seededRandom(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const some = <T>(all: readonly T[], most: number): T[] =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(all));
  return Array.from({ length: 8 }, () => {
    const bytes = Buffer.from(some(LINES, 4).join(''));
    // A byte here and there is another one.
    for (const at of some([...bytes.keys()], 2)) bytes[at] = Math.floor(random() * 256);
    return {
      status: pick([...STATUS, ...MORE_STATUS]),
      headers: random() < 0.5 ? {} : Object.fromEntries(some(FIELDS, 3)),
      body: random() < 0.1 ? undefined : new Uint8Array(bytes),
      framing: pick(['chunked', 'length', 'close'] as const),
      ...(random() < 0.5 && {
        fault: {
          kind: pick(KINDS),
          at: random() < 0.2 ? ('head' as const) : Math.floor(random() * 40),
        },
      }),
    };
  });
}

interface Run {
  readonly stream: ReconnectingStream<unknown>;
  readonly path: string;
  items: number;
  closed: number;
}

it(`${SERVERS} servers that answer at random are asked seldom, and each stream ends once`, async () => {
  const warnings: string[] = [];
  const warn = (warning: Error): void => void warnings.push(String(warning));
  process.on('warning', warn);
  const runs = Array.from({ length: SERVERS }, (_, n): Run => {
    const path = `/${n}`;
    const source = sse({ url: server.url + path, isEnd: ({ type }) => type === 'end' });
    const run = { stream: reconnectStream(source), path, items: 0, closed: 0 };
    run.stream.on('closed', () => void (run.closed += 1));
    void read(run);
    return run;
  });
  while (asked.some(({ length }) => length === 0))
    await server.requested(server.requests.length + 1);
  await new Promise((resolve) => void setTimeout(resolve, WINDOW_MS));
  for (const { stream } of runs) stream.close();
  await Promise.all(runs.map(({ stream }) => stream.done));
  await server.idle();
  process.off('warning', warn);
  const tooMany = runs.filter(({ items }, n) => {
    const times = asked[n] ?? [];
    const early = times.filter((time) => time < (times[0] ?? 0) + WINDOW_MS);
    // New data is progress: the delays begin again.
    return early.length > MOST_REQUESTS + items;
  });
  expect(tooMany.map(({ path }) => path)).toEqual([]);
  expect(runs.filter(({ closed }) => closed !== 1).map(({ path }) => path)).toEqual([]);
  expect(runs.map(({ stream }) => stream.state).filter((state) => state !== 'closed')).toEqual([]);
  expect(warnings).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
}, 300_000);

async function read(run: Run): Promise<void> {
  try {
    for await (const _ of run.stream) run.items += 1;
  } catch {
    // Some of these servers leave a stream no other end.
  }
}
