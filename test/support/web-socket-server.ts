/** A WebSocket server of `ws` on loopback, for a test that says what each connection does. */

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { ServerOptions, WebSocket } from 'ws';
import { createWaiter } from '../../src/testing/wait-until.js';
import { onLoopback } from '../../src/loopback/listen.js';

export interface SocketServer {
  readonly url: string;
  readonly handshakes: readonly IncomingMessage[];
  /** Texts that arrived, connection by connection. */
  readonly received: readonly string[][];
  /** Codes that the clients closed with. */
  readonly codes: readonly number[];
  until(fact: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export type OnConnection = (socket: WebSocket, n: number, request: IncomingMessage) => void;
export type OnText = (text: string, socket: WebSocket, n: number) => void;

/** @param onText what the server says to a message; the sockets close with the server */
export async function startSocketServer(
  onConnection: OnConnection,
  onText: OnText = () => {},
  options: ServerOptions = {},
): Promise<SocketServer> {
  const handshakes: IncomingMessage[] = [];
  const received: string[][] = [];
  const codes: number[] = [];
  const { until, changed } = createWaiter();
  const server = createServer();
  const tcps = new Set<Socket>();
  server.on('connection', (tcp) => {
    tcps.add(tcp);
    tcp.on('error', () => {});
    tcp.on('close', () => tcps.delete(tcp));
  });
  const sockets = new WebSocketServer({ noServer: true, ...options });
  server.on('upgrade', (request: IncomingMessage, tcp: Socket, head: Buffer) => {
    sockets.handleUpgrade(request, tcp, head, (socket) => {
      const n = handshakes.push(request) - 1;
      const texts: string[] = [];
      received.push(texts);
      socket.on('error', () => {});
      socket.on('message', (data: Buffer) => {
        texts.push(data.toString());
        onText(data.toString(), socket, n);
        changed();
      });
      socket.on('close', (code) => {
        codes.push(code);
        changed();
      });
      onConnection(socket, n, request);
      changed();
    });
  });
  const { url, close } = await onLoopback(server);
  return {
    url: url.replace('http', 'ws'),
    handshakes,
    received,
    codes,
    until,
    close: async () => {
      for (const tcp of tcps) tcp.destroy();
      await close();
    },
  };
}
