/** Numbers 1 to 30 as events and as messages; each connection brings a few and breaks in the way that is asked for. */

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const LAST = 30;
/** What one connection brings before it breaks. */
const PORTION = 7;

export async function startServer() {
  const sockets = new Set();
  let refusals = 0;
  const server = createServer((request, response) => {
    const fault = new URL(request.url, 'http://127.0.0.1').searchParams.get('fault');
    if (fault === 'refused' && refusals++ % 2 === 0) return void response.writeHead(503).end();
    const after = Number(request.headers['last-event-id'] ?? 0);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const isWhole = fault === 'refused';
    const last = isWhole ? LAST : Math.min(LAST, after + PORTION);
    for (let n = after + 1; n <= last; n++) response.write(`id: ${n}\ndata: ${n}\n\n`);
    if (last === LAST) return void response.end('event: end\ndata: 0\n\n');
    if (fault === 'eof') return void response.end('id: 99\ndata: 9');
    if (fault === 'reset') setTimeout(() => request.socket.resetAndDestroy(), 20);
    return undefined;
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  const feeds = new WebSocketServer({ server });
  feeds.on('connection', (feed, request) => {
    const fault = new URL(request.url, 'http://127.0.0.1').searchParams.get('fault');
    feed.on('error', () => {});
    feed.on('message', (data) => {
      const text = String(Buffer.from(data));
      if (text === 'ping') return;
      const after = Number(text);
      const last = Math.min(LAST, after + PORTION);
      for (let n = after + 1; n <= last; n++) feed.send(JSON.stringify({ n, end: n === LAST }));
      if (last === LAST) return;
      if (fault === '1001') feed.close(1001, 'going away');
      if (fault === 'reset') setTimeout(() => request.socket.resetAndDestroy(), 20);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        for (const socket of sockets) socket.destroy();
      }),
  };
}
