/**
 * A consumer whose servers send random heads and bodies, and which leaves them at random moments. Run with
 * `--unhandled-rejections=strict`: whatever fetch does after it was left must not end the process.
 *
 *   node --unhandled-rejections=strict test/sources/hostile-process.mjs <seed> <streams>
 */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { reconnectStream } from '../../dist/src/index.js';
import { bytes, ndjson, openaiChat, sse, text } from '../../dist/src/sources/index.js';
import { seededRandom } from '../../dist/src/testing/index.js';

const [seed = '1', streams = '200'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const pick = (list) => list[Math.floor(random() * list.length)];
const some = (list, share) => list.filter(() => random() < share);

const CODINGS = ['gzip', 'br', 'deflate', 'x-gzip', 'identity', 'zstd', 'none', '', 'gzip;q=1'];
const BODIES = [
  '',
  'x',
  'data: 1\n\nid: 2\ndata: 2\n\n',
  '{"error":{"message":"no"}}\n',
  gzipSync('data: 1\n\n'),
  gzipSync('data: 1\n\n').subarray(0, 14),
  Buffer.from([0x1f, 0x8b, 8, 255, 1, 2, 3]),
  Buffer.alloc(70_000, 'data: x\n\n'),
];

/** Mostly well-formed, so that what stands in it is looked at. */
function head(size) {
  const codings = Array.from({ length: Math.floor(random() * 10) }, () => pick(CODINGS));
  const type = pick([
    'text/event-stream',
    'text/plain',
    'application/x-ndjson',
    'image/png',
    'a,b;c',
  ]);
  const length = pick([size, size + 5, Math.max(0, size - 1), 0]);
  const likely = [
    `content-type: ${type}`,
    `content-encoding: ${codings.join(', ')}`,
    pick([`content-length: ${length}`, 'transfer-encoding: chunked', 'connection: close']),
    'retry-after: 0',
  ];
  const odd = [
    ...codings.map((coding) => `Content-Encoding: ${coding}`),
    `content-length: ${pick([-1, 'x', '9'.repeat(20)])}`,
    `transfer-encoding: ${pick(['gzip, chunked', 'identity', 'x'])}`,
    `location: ${pick(['/x', 'http://[', '//', 'http://127.0.0.1:1/'])}`,
    `x-long: ${'y'.repeat(pick([1, 4000, 20_000]))}`,
    'bad header',
    'x-bytes: \u00ff\u0001',
    ' folded: yes',
  ];
  const fields = [...some(likely, 0.7), ...(random() < 0.3 ? some(odd, 0.2) : [])];
  const line =
    random() < 0.9 ? `HTTP/1.1 ${status()} OK` : pick(['HTTP/1.0 200', 'HTTP/2 200', 'x', '']);
  return `${[line, ...fields].join('\r\n')}\r\n\r\n`;
}

function status() {
  if (random() < 0.6) return 200;
  return pick([201, 204, 205, 206, 304, 307, 302, 400, 401, 429, 500, 503, 100, 101, 103, 999, 0]);
}

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => {
    const body = pick(BODIES);
    const chunk = Buffer.concat([
      Buffer.from(`${pick([body.length, body.length, 3, 'zz']).toString(16)}\r\n`),
      Buffer.from(body),
      Buffer.from('\r\n'),
    ]);
    socket.write(head(body.length), 'latin1');
    socket.write(
      pick([Buffer.from(body), chunk, Buffer.concat([chunk, Buffer.from('0\r\n\r\n')])]),
    );
    const end = pick([
      () => socket.end(),
      () => socket.resetAndDestroy(),
      () => {},
      () => socket.destroy(),
    ]);
    setTimeout(() => end(), random() * 8);
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/x`;

const sources = [
  () => sse({ url, isEnd: () => false }),
  () => ndjson({ url, terminal: 'eof' }),
  () => text({ url }),
  () => bytes({ url }),
  () => openaiChat({ url, body: { stream: true } }),
  () => sse({ url, headers: () => ({ a: 'b' }), method: 'POST', body: 'x', idempotencyKey: true }),
];
const leave = [
  (stream) => stream.close(),
  (stream) => stream.cancel(),
  (stream) => (stream.pause(), stream.resume()),
  (stream) => stream.retryNow(),
  () => {},
];

async function run() {
  const stream = reconnectStream(pick(sources)(), {
    maxAttempts: 2,
    initialBackoffMs: 1,
    maxBackoffMs: 2,
    minBackoffMs: 0,
    connectTimeoutMs: 40,
    stallTimeoutMs: 40,
  });
  stream.start();
  const isLeft = random() < 0.5;
  await Promise.race([stream.done, sleep(isLeft ? random() * 40 : 1000)]);
  pick(leave)(stream);
  await Promise.race([stream.done, sleep(random() * 60)]);
  stream.close();
  await stream.done;
}

for (let left = Number(streams); left > 0; left -= 10)
  await Promise.all(Array.from({ length: Math.min(10, left) }, run));
// What fetch still does comes now.
await sleep(300);
console.log(`alive after ${streams} streams`);
process.exit(0);
