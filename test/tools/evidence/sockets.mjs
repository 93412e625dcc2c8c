/** The same faults for WebSockets: a peer that sends the words after the one it is asked for by `{"after": n}`. */

import { createServer } from 'node:http';

import { WebSocketServer } from 'ws';

import { faultOf } from './faults.mjs';
import { WORDS } from './words.mjs';

const SETTLE_MS = 60;

export async function startSocketServer(column) {
  const requests = [];
  let tellBroken;
  const broken = new Promise((resolve) => (tellBroken = resolve));
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('connection', (socket) => socket.on('error', () => {}));
  server.on('upgrade', (req, tcp, head) => {
    requests.push({ at: performance.now(), method: 'GET', startsWork: false });
    const fault = faultOf(column, requests);
    if (fault?.does === 'mute') return void tcp.pause();
    if (fault?.does === '503')
      return void tcp.end('HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    sockets.handleUpgrade(req, tcp, head, (socket) => serve(socket, tcp, fault));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `ws://127.0.0.1:${server.address().port}/feed`, requests, broken };

  function serve(socket, tcp, fault) {
    socket.on('error', () => {});
    if (fault?.after === 0)
      return void setTimeout(() => breakOff(socket, tcp, fault), fault.holdMs ?? 0);
    socket.on('message', (data) => {
      const { after } = JSON.parse(String(data));
      if (after === undefined) return;
      const end = fault === undefined ? WORDS.length : after + fault.after;
      for (let n = after + 1; n <= end; n += 1)
        socket.send(JSON.stringify({ seq: String(n), word: WORDS[n - 1] }));
      if (fault === undefined) {
        socket.send(JSON.stringify({ seq: String(WORDS.length + 1), isEnd: true }));
        return;
      }
      // Sixty bytes are announced, a few come.
      if (fault.half) tcp.write(Buffer.concat([Buffer.from([0x81, 60]), Buffer.from('{"seq":')]));
      setTimeout(() => breakOff(socket, tcp, fault), fault.holdMs ?? SETTLE_MS);
    });
  }

  function breakOff(socket, tcp, { does }) {
    if (does === 'eof') socket.close(1001);
    if (does === 'rst') tcp.resetAndDestroy();
    if (does === 'fin') tcp.destroy();
    if (does === 'freeze') tcp.pause();
    tellBroken();
  }
}
