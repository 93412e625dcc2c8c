/** A raw loopback server: the body of an answer ends with its connection, and may be cut at any byte. */

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { PeerRequest } from './source-peer.js';

export interface RecordedAnswer {
  /** @default 200, an event stream */
  readonly status?: number;
  readonly body: string;
  /** Bytes of the body that are sent, and how the connection ends then. */
  readonly cut?: { readonly at: number; readonly how: 'fin' | 'rst' } | undefined;
}

export interface RecordedServer {
  readonly url: string;
  /** Oldest first. */
  readonly requests: PeerRequest[];
  close(): Promise<void>;
}

export async function startRecordedServer(
  answer: (request: PeerRequest, nth: number) => RecordedAnswer,
): Promise<RecordedServer> {
  const requests: PeerRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      const request = parse(text);
      if (request === null) return;
      text = '';
      send(socket, answer(request, requests.push(request) - 1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Null until the whole request is there. */
function parse(text: string): PeerRequest | null {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (rest.length === 0 || body.length < Number(headers['content-length'] ?? 0)) return null;
  const [method = '', target = '/'] = first.split(' ');
  return { method, url: new URL(target, 'http://127.0.0.1'), headers, body: utf8(body) };
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}

function send(socket: Socket, { status = 200, body, cut }: RecordedAnswer): void {
  const type = status === 200 ? 'text/event-stream' : 'application/json';
  const head = `HTTP/1.1 ${status} x\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`;
  socket.write(head);
  const bytes = Buffer.from(body).subarray(0, cut?.at);
  if (cut?.how === 'rst') socket.write(bytes, () => socket.resetAndDestroy());
  else socket.end(bytes);
}
