/**
 * A hostile peer for each kind of excess, and a process with a small heap that reads from it.
 *
 *   npm run hostile                         all cases
 *   npm run hostile -- --only webSocket     those whose source or words contain this
 *   npm run hostile -- --short              the quick ones
 *
 * Fails if a process dies, holds more than the budget and 8 MiB while nobody reads, takes more than the budget and 64 MiB
 * from the system, blocks its event loop for more than 200 ms, asks more than once for a stream that ended by `limit`, or
 * needs more than 5 times the CPU for 4 times the input.
 */

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { WebSocketServer } from 'ws';

import { CASES, SOURCES } from './cases.mjs';

const HEAP_MB = 256;
const MAX_ABOVE_BUDGET_MB = 64;
/** For what a reader holds that takes nothing: parts of messages, and buffers of the runtime. */
const MAX_HELD_ABOVE_BUDGET_MB = 8;
const MAX_BLOCK_MS = 200;
const MAX_CPU_RATIO = 5;
/** On a busy machine a pause of the garbage collector may be long once: a real block, or a real ratio, shows in each run. */
const MAX_RUNS = 3;
/** No case needs longer, in ms: whoever hangs is a fault too. */
const DEADLINE_MS = 60_000;

const { values: flags } = parseArgs({
  options: { only: { type: 'string', default: '' }, short: { type: 'boolean', default: false } },
});

const requests = new Map();
const server = createServer(answer);
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => void send(socket, request.url));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

let faults = 0;
try {
  for (const [index, one] of CASES.entries()) {
    const name = `${one.source}: ${one.what}`;
    if (!name.includes(flags.only) || (flags.short && !one.isShort)) continue;
    const found = await repeated(() => (one.isScaled ? scaled(index) : checked(index, one)));
    if (found.why.length > 0) faults += 1;
    console.log(
      `${found.why.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${found.said}${found.why.map((why) => `\n       ${why}`).join('')}`,
    );
  }
} finally {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  server.closeAllConnections();
  server.close();
}
process.exitCode = faults === 0 ? 0 : 1;

/** Once more where nothing but the time that it took is wrong. */
async function repeated(run) {
  for (let runs = 1; ; runs++) {
    const found = await run();
    if (found.why.length > 0 || found.slow.length === 0) return found;
    if (runs === MAX_RUNS) return { ...found, why: found.slow };
  }
}

async function checked(index, { kind, read }) {
  const path = `/${index}/1`;
  requests.set(path, 0);
  const result = await runChild(index, path);
  const [why, slow] = [[], []];
  if (result.died !== undefined) why.push(`the process died: ${result.died}`);
  else {
    if (result.rssMb > result.budgetMb + MAX_ABOVE_BUDGET_MB)
      why.push(`${result.rssMb} MiB for a budget of ${result.budgetMb}`);
    if (result.heldMb > result.budgetMb + MAX_HELD_ABOVE_BUDGET_MB)
      why.push(`${result.heldMb} MiB are held for a budget of ${result.budgetMb}`);
    if (result.blockMs > MAX_BLOCK_MS)
      slow.push(`the event loop stood still for ${result.blockMs} ms`);
    if (kind !== undefined && result.kind !== kind)
      why.push(`expected ${kind}, got ${result.kind}`);
    if (kind !== undefined && result.failures !== 1) why.push(`failed ${result.failures} times`);
    if (kind !== undefined && requests.get(path) > 1) why.push(`${requests.get(path)} requests`);
    if (read === 'stop' && result.items !== 1) why.push(`${result.items} items were read`);
  }
  return { why, slow, said: JSON.stringify(result) };
}

async function scaled(index) {
  const [cpu, slow] = [[], []];
  let longest = 0;
  for (const factor of [1, 2, 4]) {
    const path = `/${index}/${factor}`;
    requests.set(path, 0);
    const { died, cpuMs, blockMs } = await runChild(index, path);
    if (died !== undefined) return { why: [`the process died: ${died}`], slow, said: '' };
    cpu.push(cpuMs);
    longest = Math.max(longest, blockMs);
  }
  const ratio = cpu[2] / cpu[0];
  if (ratio > MAX_CPU_RATIO) slow.push(`4n/n is ${ratio.toFixed(1)}`);
  if (longest > MAX_BLOCK_MS) slow.push(`the event loop stood still for ${longest} ms`);
  return { why: [], slow, said: `CPU of n, 2n, 4n: ${cpu.join(', ')} ms; block ${longest} ms` };
}

async function runChild(index, path) {
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      `--max-old-space-size=${HEAP_MB}`,
      '--unhandled-rejections=strict',
      fileURLToPath(new URL('child.mjs', import.meta.url)),
      JSON.stringify({ index, url: `${origin}${path}` }),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err = `${err}${text}`.slice(-4000)));
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (code === 0) return JSON.parse(out);
  return { died: `${signal ?? code} ${/(?:Error|FATAL).*/.exec(err)?.[0] ?? err.slice(0, 200)}` };
}

function answer(request, response) {
  const [, index, factor] = request.url.split('?')[0].split('/');
  const path = `/${index}/${factor}`;
  requests.set(path, (requests.get(path) ?? 0) + 1);
  request.resume();
  const { source, piece, count } = CASES[Number(index)];
  const { type, isPolled } = SOURCES[source];
  const nth = requests.get(path);
  if (isPolled) {
    const headers = { 'content-type': type, 'stream-next-offset': `${nth}` };
    response.writeHead(200, headers).end(piece(nth));
    return;
  }
  // One that was sent whole is over, whatever its protocol makes of that.
  if (count !== undefined && nth > 1) return request.socket.destroy();
  response.writeHead(200, { 'content-type': type, 'stream-next-offset': '0' });
  const { next } = pieces(Number(index), Number(factor));
  const write = () => {
    for (let text = next(); text !== undefined; text = next()) {
      if (response.destroyed) return;
      if (!response.write(text)) return void response.once('drain', write);
    }
    response.end();
  };
  response.on('error', () => {});
  write();
}

async function send(socket, url) {
  const [, index, factor] = url.split('/');
  const { next } = pieces(Number(index), Number(factor));
  socket.on('error', () => {});
  for (let [text, sent] = [next(), 0]; text !== undefined; text = next(), sent++) {
    if (socket.readyState !== 1) return;
    if (socket.bufferedAmount > 1_000_000 || sent % 1000 === 999)
      await new Promise((resolve) => socket.send(text, resolve));
    else socket.send(text);
  }
  socket.close(1000);
}

/** Pieces that are small are sent together, as a fast peer would. */
function pieces(index, factor) {
  const { source, head, piece, tail, count = Infinity } = CASES[index];
  let n = 0;
  let state = head === undefined ? 'pieces' : 'head';
  const together = source.startsWith('webSocket') ? 0 : 65_536;
  return { next };

  function next() {
    if (state === 'head') {
      state = 'pieces';
      return head;
    }
    if (state === 'pieces' && n < count * factor) {
      let text = piece(n++);
      while (text.length < together && n < count * factor) text += piece(n++);
      return text;
    }
    if (state === 'over' || tail === undefined) return undefined;
    state = 'over';
    return tail;
  }
}
