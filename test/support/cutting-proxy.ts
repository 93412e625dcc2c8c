/** A proxy on loopback before a real server: cuts the body of an answer after so many bytes. */

import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { onLoopback } from '../../src/testing/loopback.js';

/** `eof`: the bytes end as if all were there. */
export interface Cut {
  readonly at: number;
  readonly how: 'rst' | 'eof';
}

export interface CuttingProxy {
  /** `http://127.0.0.1:port`, in place of that of the server. */
  readonly url: string;
  /** Requests so far since `reset`. */
  readonly requests: readonly IncomingMessage[];
  /** Bytes of the bodies that were passed on whole. */
  readonly passed: number;
  /** How the next answers are cut; after them all pass. */
  reset(cuts: readonly (Cut | 503)[]): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  let requests: IncomingMessage[] = [];
  let cuts: readonly (Cut | 503)[] = [];
  let passed = 0;
  const server = createServer({ keepAliveTimeout: 1 }, (req, res) => {
    const cut = cuts[requests.push(req) - 1];
    if (cut === 503) {
      res.writeHead(503, { connection: 'close' }).end();
      return;
    }
    const { method, headers, url: path = '/' } = req;
    const upstream = request(new URL(path, target), { method, headers, agent: false });
    upstream.on('error', () => res.socket?.destroy());
    res.on('close', () => upstream.destroy());
    req.pipe(upstream);
    upstream.on('response', (answer) =>
      forward(answer, req.socket, cut, (bytes) => (passed += bytes)),
    );
  });
  const { url, close } = await onLoopback(server);
  return {
    url,
    get requests() {
      return requests;
    },
    get passed() {
      return passed;
    },
    reset: (next) => {
      requests = [];
      passed = 0;
      cuts = next;
    },
    close,
  };
}

/** The end of the connection is the end of the body: no length and no chunks give a cut away. */
function forward(
  answer: IncomingMessage,
  socket: Socket,
  cut: Cut | undefined,
  onPassed: (bytes: number) => void,
): void {
  const fields = Object.entries(answer.headers).filter(
    ([name]) => !['connection', 'content-length', 'transfer-encoding', 'keep-alive'].includes(name),
  );
  const head = [
    `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`,
    ...fields.map(([name, value]) => `${name}: ${String(value)}`),
    'connection: close',
    '\r\n',
  ].join('\r\n');
  socket.write(head);
  let left = cut?.at ?? Infinity;
  const end = (): void => void (cut?.how === 'rst' ? socket.resetAndDestroy() : socket.end());
  answer.on('data', (chunk: Buffer) => {
    if (left < 0) return;
    const part = chunk.subarray(0, left);
    left -= part.length;
    onPassed(part.length);
    if (left > 0) return void socket.write(part);
    left = -1;
    answer.destroy();
    // Written out before it is reset, or the client sees less.
    socket.write(part, () => end());
  });
  answer.on('error', () => {});
  answer.on('end', () => left >= 0 && socket.end());
}
