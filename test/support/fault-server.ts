/** A peer on loopback whose first answers break: by which fault, and where, is data. */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { onLoopback } from '../../src/testing/loopback.js';
import { createFacts } from '../../src/testing/facts.js';
import type { PeerRequest, SourcePeer } from './source-peer.js';

export type FaultKind =
  /** In the middle of a chunk, by FIN or by RST. */
  | 'fin'
  | 'rst'
  /** The bytes end as if all were there: with the last chunk, by the end of the connection, in a gzip stream. */
  | 'clean eof'
  | 'close-delimited eof'
  | 'gzip cut short'
  /** Silence on an open connection: in the body, and before the head. */
  | 'stall'
  | 'no head'
  | 'reset before the head'
  | '503';

export interface Fault {
  readonly kind: FaultKind;
  /** Where in the body, from 0 to 1. */
  readonly at: number;
}

export interface FaultServer {
  readonly url: string;
  readonly requests: readonly PeerRequest[];
  /** Resolves when no socket that carried a request is open. */
  idle(): Promise<void>;
  /** Resolves at the nth request. */
  requested(n: number): Promise<void>;
  close(): Promise<void>;
}

/** @param faults what befalls the nth answer; after them all are whole */
export async function startFaultServer(
  peer: SourcePeer<never>,
  faults: readonly Fault[],
): Promise<FaultServer> {
  const requests: PeerRequest[] = [];
  const busy = new Set<Socket>();
  const { until, changed } = createFacts();
  const server = createServer({ keepAliveTimeout: 1 }, (req, res) => {
    busy.add(req.socket);
    void readBody(req).then((body) => {
      const request = requestOf(req, body);
      const fault = faults[requests.push(request) - 1];
      changed();
      respond(res, req.socket, peer, request, fault);
    });
  });
  server.on('connection', (socket) => {
    socket.on('close', () => {
      busy.delete(socket);
      changed();
    });
  });
  const { url, close } = await onLoopback(server);
  return {
    url: `${url}/answers`,
    requests,
    idle: () => until(() => busy.size === 0),
    requested: (n) => until(() => requests.length >= n),
    close,
  };
}

function respond(
  res: ServerResponse,
  socket: Socket,
  peer: SourcePeer<never>,
  request: PeerRequest,
  fault: Fault | undefined,
): void {
  const bytes = Buffer.from(peer.body(request));
  const status = peer.status?.(request) ?? 200;
  const fields = { 'content-type': peer.contentType, ...peer.headers?.(request) };
  if (fault === undefined) {
    res.writeHead(status, { ...fields, connection: 'close' }).end(bytes);
    return;
  }
  const part = bytes.subarray(0, Math.floor(bytes.length * fault.at));
  const head = (...more: string[]): string =>
    [
      `HTTP/1.1 ${status} ${status === 206 ? 'Partial Content' : 'OK'}`,
      ...Object.entries(fields).flatMap(([name, value]) =>
        name === 'content-length' ? [] : [`${name}: ${value}`],
      ),
      ...more,
      '\r\n',
    ].join('\r\n');
  const chunked = (data: Buffer, announced: number): Buffer =>
    Buffer.concat([Buffer.from(`${announced.toString(16)}\r\n`), data]);
  switch (fault.kind) {
    case 'no head':
      return;
    case 'reset before the head':
      socket.resetAndDestroy();
      return;
    case '503':
      res.writeHead(503, { 'retry-after': '0', connection: 'close' }).end();
      return;
    case 'clean eof':
      res.writeHead(status, {
        ...withoutLength(fields),
        connection: 'close',
        'transfer-encoding': 'chunked',
      });
      res.end(part);
      return;
    case 'close-delimited eof':
      socket.end(Buffer.concat([Buffer.from(head('Connection: close')), part]));
      return;
    case 'gzip cut short': {
      const packed = gzipSync(bytes);
      const cut = packed.subarray(0, Math.floor(packed.length * fault.at));
      socket.end(
        Buffer.concat([Buffer.from(head('Content-Encoding: gzip', 'Connection: close')), cut]),
      );
      return;
    }
    case 'stall':
      socket.write(
        Buffer.concat([
          Buffer.from(head('Transfer-Encoding: chunked')),
          chunked(part, part.length + 9),
        ]),
      );
      return;
    case 'fin':
    case 'rst':
      socket.write(
        Buffer.concat([
          Buffer.from(head('Transfer-Encoding: chunked')),
          chunked(part, part.length + 9),
        ]),
        () => (fault.kind === 'fin' ? socket.end() : socket.resetAndDestroy()),
      );
  }
}

function withoutLength(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'content-length'));
}

function requestOf(req: IncomingMessage, body: string): PeerRequest {
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [name, String(value)]),
  );
  return {
    method: req.method ?? '',
    url: new URL(req.url ?? '/', 'http://127.0.0.1'),
    headers,
    body,
  };
}

async function readBody(req: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of req.setEncoding('utf8')) body += String(chunk);
  return body;
}
