/**
 * The other side of the benchmark, in a process of its own: its CPU time is not the client's.
 *
 * `/events?count=N&size=B&script=S` sends N events with ids as fast as the client reads, then ends: many to
 * an HTTP chunk with `packed=true`, else one.
 * `/idle` sends one event and is silent.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';

import { eventText } from './event-text.mjs';

/** Blocks of this size are filled once and only renumbered: making events never holds us up. */
const BLOCK_BYTES = 1 << 20;
/** While one block is sent, others are renumbered. */
const BLOCKS = 4;
/** Ids of one width, so that renumbering moves nothing. */
const ID_DIGITS = 8;
const ID = 'id: ';

const server = createServer(answer).listen(0, '127.0.0.1', 2_048);
await once(server, 'listening');
process.send({ port: server.address().port });
process.on('disconnect', () => process.exit());

function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  response.on('error', () => {});
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  if (pathname === '/idle') response.write(event(1, eventText(64, 'ascii')));
  else {
    const [count, size] = ['count', 'size'].map((name) => Number(searchParams.get(name)));
    const text = eventText(size, searchParams.get('script'));
    void sendEvents(response, count, text, searchParams.get('packed') === 'true');
  }
}

async function sendEvents(response, count, text, isPacked) {
  const one = Buffer.from(isPacked ? event(0, text) : chunk(event(0, text)));
  const idAt = one.indexOf(ID) + ID.length;
  // The frames of HTTP chunks are in the blocks: Node would join what is written together into one.
  const target = isPacked ? response : response.socket;
  response.flushHeaders();
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / one.length));
  const ring = Array.from({ length: BLOCKS }, () => ({
    bytes: Buffer.alloc(perBlock * one.length, one),
    sent: Promise.resolve(),
  }));
  for (let first = 1, turn = 0; first <= count; first += perBlock, turn++) {
    const block = ring[turn % BLOCKS];
    await block.sent;
    if (response.destroyed) return;
    const events = Math.min(perBlock, count - first + 1);
    renumber(block.bytes, first, events, { length: one.length, idAt });
    block.sent = new Promise((resolve) => {
      target.write(block.bytes.subarray(0, events * one.length), resolve);
    });
  }
  response.end();
}

function event(id, text) {
  return `${ID}${String(id).padStart(ID_DIGITS, '0')}\ndata: ${text}\n\n`;
}

/** One event in a chunk of its own: RFC 9112, 7.1. */
function chunk(text) {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function renumber(bytes, first, events, { length, idAt }) {
  for (let n = 0; n < events; n++) {
    let id = first + n;
    for (let at = n * length + idAt + ID_DIGITS - 1, d = 0; d < ID_DIGITS; d++, at--) {
      bytes[at] = 48 + (id % 10);
      id = Math.floor(id / 10);
    }
  }
}
