/** A server on loopback whose answers go wrong as a column says. */

import { createServer } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';

import { WIRES } from './wires.mjs';

/** What was written is read before the connection breaks, so that the loss is the client's and not the kernel's. */
const SETTLE_MS = 60;

/** @returns the address, the requests so far, and a promise of the first fault */
export async function startServer(wireName, column) {
  const wire = WIRES[wireName];
  const { retry = '100', kind } = column;
  const scene = { retry, isPost: kind === 'post', isTool: kind === 'tool', ...column.wire };
  const requests = [];
  /** What a wire has to remember of earlier requests. */
  const memory = {};
  let tellBroken;
  const broken = new Promise((resolve) => (tellBroken = resolve));
  const server = createServer((req, res) => {
    if (req.url === '/warm') res.end();
    else void serve(req, res);
  });
  server.on('connection', (socket) => socket.on('error', () => {}));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  return { url: `${base}/stream`, warmUrl: `${base}/warm`, requests, broken };

  async function serve(req, res) {
    req.on('error', () => {});
    res.on('error', () => {});
    const request = await readRequest(req, memory);
    const answer = wire(request, scene);
    const { plain, startsWork = false, isCounted = plain === undefined } = answer;
    if (plain !== undefined && !isCounted) return answerPlainly(res, plain);
    requests.push({ at: performance.now(), method: request.method, startsWork });
    if (plain !== undefined) return answerPlainly(res, plain);
    const fault = faultOf(column, requests);
    await respond(req, res, answer, fault).catch(() => {});
    if (fault !== undefined) tellBroken();
  }
}

/** What befalls the answer to the last of these requests. */
export function faultOf({ answers, always, faultsForMs = Infinity }, requests) {
  const [first, last] = [requests[0], requests.at(-1)];
  if (last.at - first.at > faultsForMs) return undefined;
  return answers?.[requests.length - 1] ?? always;
}

async function readRequest(req, memory) {
  let body = '';
  for await (const chunk of req.setEncoding('utf8')) body += chunk;
  const url = new URL(req.url, 'http://127.0.0.1');
  return { method: req.method, url, headers: req.headers, body, memory };
}

function answerPlainly(res, { status, headers = {}, body = '', isOpen = false }) {
  if (isOpen) return void res.writeHead(status, headers).flushHeaders();
  res.writeHead(status, { ...headers, connection: 'close' }).end(body);
}

async function respond(req, res, answer, fault) {
  const { socket } = req;
  if (fault?.does === 'mute') return void socket.pause();
  if (fault?.does === 'reset') return void socket.resetAndDestroy();
  if (fault?.does === '503') return void res.writeHead(503, { connection: 'close' }).end();
  if (fault?.after === 0 && answer.nothing !== undefined) return answerPlainly(res, answer.nothing);
  const type = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
  // Not `connection: close`: with it fetch takes a reset for an end.
  res.writeHead(200, { ...type, ...answer.headers });
  res.flushHeaders();
  for (const text of textsUntil(answer.blocks, fault)) {
    res.write(text);
    // A chunk of its own each, as a server writes that has no more yet.
    await setImmediate();
  }
  if (fault?.holdMs !== undefined) await setTimeout(fault.holdMs);
  if (fault === undefined || fault.does === 'eof') return void res.end();
  await setTimeout(SETTLE_MS);
  if (fault.does === 'rst') socket.resetAndDestroy();
  if (fault.does === 'fin') socket.destroy();
  if (fault.does === 'freeze') socket.pause();
}

/** Places that have a name: the kind of block, and how many of it come. */
const PLACES = { 'half call': ['call', 2], finish: ['finish', 1] };

/** The texts of an answer up to its fault. */
function textsUntil(blocks, fault) {
  if (fault === undefined) return blocks.map(({ text }) => text);
  if (fault.after === 0) return [...blocks.filter(isHint).map(({ text }) => text), ': hi\n\n'];
  const [counted, wanted] = PLACES[fault.after] ?? ['word', fault.after];
  const places = blocks.flatMap((block, n) => (block[counted] === undefined ? [] : [n]));
  const last = places[wanted - 1] ?? blocks.length - 1;
  const texts = blocks.slice(0, last + 1).map(({ text }) => text);
  const next = blocks[last + 1]?.text;
  return fault.half && next !== undefined
    ? [...texts, next.slice(0, next.indexOf('\n\n') - 4)]
    : texts;
}

/** Says when to come again, and nothing else. */
function isHint({ text }) {
  return text.startsWith('retry:');
}
