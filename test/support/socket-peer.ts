/** A WebSocket peer on loopback with a numbered log: how each connection goes wrong is data. */

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { onLoopback } from '../../src/loopback/listen.js';
import { createWaiter } from '../../src/testing/wait-until.js';

/** What befalls the nth handshake or connection; without one it is served to the end. */
export interface SocketFault {
  /** The handshake gets no answer, or this one. */
  readonly handshake?:
    | 'no answer'
    | { readonly status: number; readonly headers?: Record<string, string> };
  /** So many messages of this connection come before it. */
  readonly after?: number;
  /** What happens then; nothing: silence. */
  readonly does?: (socket: WebSocket, tcp: Socket) => void;
}

export interface SocketPeer {
  readonly url: string;
  readonly handshakes: readonly IncomingMessage[];
  /** What the clients sent, oldest first. */
  readonly received: readonly string[];
  /** Resolves when this holds, looked at whenever something happened. */
  until(fact: () => boolean): Promise<void>;
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export const WORDS = Array.from({ length: 20 }, (_, n) => `word ${n + 1} é🌍`);

/** @param end how a connection that is served to the end closes */
export async function startSocketPeer(
  faults: readonly SocketFault[],
  end: (socket: WebSocket) => void = (socket) => socket.close(1000),
): Promise<SocketPeer> {
  const handshakes: IncomingMessage[] = [];
  const received: string[] = [];
  const open = new Set<Socket>();
  const { until, changed } = createWaiter();
  const server = createServer();
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (names) => [...names][0] ?? false,
  });
  server.on('connection', (tcp) => {
    open.add(tcp);
    tcp.on('error', () => {});
    tcp.on('close', () => {
      open.delete(tcp);
      changed();
    });
  });
  server.on('upgrade', (request: IncomingMessage, tcp: Socket, head: Buffer) => {
    const fault = faults[handshakes.push(request) - 1];
    changed();
    if (fault?.handshake === 'no answer') {
      // Read, or the client's leaving would not be seen.
      tcp.resume().on('end', () => tcp.destroy());
      return;
    }
    if (fault?.handshake !== undefined) {
      const { status, headers = {} } = fault.handshake;
      const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      tcp.end(`HTTP/1.1 ${status} No\r\nconnection: close\r\n${fields.join('')}\r\n`);
      return;
    }
    sockets.handleUpgrade(request, tcp, head, (socket) => serve(socket, tcp, fault));
  });
  const { url, close } = await onLoopback(server);
  return {
    url: `${url.replace('http', 'ws')}/feed`,
    handshakes,
    received,
    until,
    idle: () => until(() => open.size === 0),
    close: async () => {
      for (const tcp of open) tcp.destroy();
      await close();
    },
  };

  function serve(socket: WebSocket, tcp: Socket, fault: SocketFault | undefined): void {
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      received.push(text);
      changed();
      const { after } = (text.startsWith('{"after"') ? JSON.parse(text) : {}) as { after?: number };
      if (after === undefined) return;
      const rest = WORDS.slice(after, fault === undefined ? undefined : after + (fault.after ?? 0));
      for (const [n, word] of rest.entries())
        socket.send(JSON.stringify({ seq: String(after + n + 1), word }));
      if (fault === undefined) end(socket);
      else fault.does?.(socket, tcp);
    });
  }
}
