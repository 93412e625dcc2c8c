/**
 * A Durable Stream of a million messages, read from its start on the real server, which sends them as one response.
 *
 *   npm run soak:durable                     1,000,000 messages
 *   npm run soak:durable -- --messages 50000
 *
 * Each way of reading runs in a process of its own with a small heap. Fails if a message is lost, doubled or out of
 * order, or if memory grows with the length of the stream.
 */

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HEAP_MB = 256;
/** What the process may hold above what it held before it read, in MiB: buffers of the sockets included. */
const MAX_GROWTH_MB = 128;
const PER_REQUEST = 2_000;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    serve: { type: 'boolean' },
    read: { type: 'string' },
  },
});
const messages = Number(values.messages);
if (!Number.isInteger(messages) || messages < 1) {
  console.error(`--messages: expected a whole number above 0, got ${values.messages}`);
  process.exit(2);
}

if (values.serve) await serve();
else if (values.read !== undefined) await read(JSON.parse(values.read));
else await run();

async function run() {
  const server = fork(fileURLToPath(import.meta.url), ['--serve'], {
    execArgv: ['--max-old-space-size=4096'],
  });
  try {
    const [base] = await once(server, 'message');
    const url = `${base}/v1/stream/million`;
    await fill(url);
    for (const live of ['sse', 'long-poll'])
      for (const delivery of ['commit', 'eager'])
        for (const by of ['item', 'batch']) await readInChild({ url, live, delivery, by });
  } finally {
    server.kill();
  }
}

async function serve() {
  const { DurableStreamTestServer } = await import('@durable-streams/server');
  const server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1' });
  process.send(await server.start());
}

async function fill(url) {
  const headers = { 'content-type': 'application/json' };
  await ok(fetch(url, { method: 'PUT', headers }));
  for (let from = 0; from < messages; from += PER_REQUEST) {
    const size = Math.min(PER_REQUEST, messages - from);
    const body = JSON.stringify(
      Array.from({ length: size }, (_, n) => ({ n: from + n, t: 'word' })),
    );
    await ok(fetch(url, { method: 'POST', headers, body }));
  }
  await ok(fetch(url, { method: 'POST', headers: { 'stream-closed': 'true' } }));
}

async function ok(answer) {
  const { status } = await answer;
  if (status >= 300) throw new Error(`the server answered with ${status}`);
}

async function readInChild(how) {
  const flags = [`--max-old-space-size=${HEAP_MB}`, '--unhandled-rejections=strict', '--expose-gc'];
  const self = fileURLToPath(import.meta.url);
  const given = ['--messages', String(messages), '--read', JSON.stringify(how)];
  const child = spawn(process.execPath, [...flags, self, ...given], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exitCode = 1;
}

async function read({ url, live, delivery, by }) {
  const { reconnectStream } = await import('../../../dist/src/index.js');
  const { durableStream } = await import('../../../dist/src/sources/index.js');
  globalThis.gc();
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const began = performance.now();
  let [count, wrong] = [0, 0];
  const take = ({ n }) => {
    if (n !== count) wrong += 1;
    count += 1;
  };
  const stream = reconnectStream(durableStream({ url, live }), { delivery });
  if (by === 'item') for await (const message of stream) take(message);
  else for await (const batch of stream.batches()) for (const message of batch) take(message);
  clearInterval(timer);
  peak = Math.max(peak, process.memoryUsage().rss);
  const { status, drops } = await stream.done;
  const growth = (peak - before) / 1024 / 1024;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const isRight = count === messages && wrong === 0 && status === 'complete' && drops === 0;
  const isBounded = growth <= MAX_GROWTH_MB;
  console.log(
    `${live}, ${delivery}, by ${by}: ${count} of ${messages}, ${wrong} out of order, ${status}, ` +
      `${drops} drops, ${seconds} s, ${growth.toFixed(0)} MiB more${isRight && isBounded ? '' : '  FAILED'}`,
  );
  process.exit(isRight && isBounded ? 0 : 1);
}
