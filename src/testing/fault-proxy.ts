/** A TCP proxy on loopback before any server: it breaks connections of every protocol, byte by byte. */

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrong } from '../../machines/config.js';
import { createFacts } from './facts.js';
import { reset, write } from './socket-write.js';

/** What befalls one connection. Bytes are those from the server to the client, heads and framing included. */
export interface ProxyFault {
  /** The connection is reset at once. */
  readonly refuse?: boolean | undefined;
  /** Ended after so many bytes, by FIN or RST; or nothing more comes over it, and it stays open. */
  readonly cut?: { readonly kind: 'fin' | 'rst' | 'stall'; readonly at: number } | undefined;
  /** Passed on in pieces of at most so many bytes. */
  readonly sliceBytes?: number | undefined;
  /** Each piece is held back so long, in ms. */
  readonly delayMs?: number | undefined;
}

export interface FaultProxyOptions {
  /** Where the server is: `http://127.0.0.1:8080`; of the URL only host and port count. */
  readonly target: string;
  /** What befalls the nth connection, from 0; what comes after them is passed on. @default nothing */
  readonly script?: readonly ProxyFault[] | ((nth: number) => ProxyFault) | undefined;
}

export interface FaultProxy {
  /** As the target, at the port of the proxy, without a slash at the end. */
  readonly url: string;
  /** Connections so far. */
  readonly connections: number;
  /** Those that are open. */
  readonly live: number;
  /** Bytes passed on to clients. */
  readonly bytes: number;
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  /** Breaks all open connections now; `stall` leaves them open and mute. */
  cut(kind: 'fin' | 'rst' | 'stall'): void;
  /** Nobody listens any more: new connections are refused by the system. Open ones stay. */
  down(): Promise<void>;
  /** Listens again, at the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a proxy on 127.0.0.1 at a free port. It knows no protocol, so it stands before a server of SSE,
 * of WebSockets or of anything else over TCP.
 *
 * @throws ReconnectError kind `config`
 *
 * ```ts
 * const proxy = await faultProxy({
 *   target: 'http://127.0.0.1:8080',
 *   script: [{ cut: { kind: 'rst', at: 700 } }, { sliceBytes: 1 }],
 * });
 * ```
 */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { script = [] } = options;
  const target = parseTarget(options.target);
  const { until, changed } = createFacts();
  const lines = new Set<Line>();
  let [connections, bytes] = [0, 0];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const nth = connections++;
    const fault = (typeof script === 'function' ? script(nth) : script[nth]) ?? {};
    if (fault.refuse === true) reset(client);
    else open(client, fault);
    changed();
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `${target.protocol}//127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    get live() {
      return lines.size;
    },
    get bytes() {
      return bytes;
    },
    idle: () => until(() => lines.size === 0),
    cut: (kind) => {
      for (const line of lines) line.cut(kind);
    },
    down,
    up: () => (server.listening ? Promise.resolve() : listen(server, port)),
    close,
    [Symbol.asyncDispose]: close,
  };

  function open(client: Socket, fault: ProxyFault): void {
    const upstream = connect({ host: target.hostname, port: Number(target.port) || 80 });
    const line = new Line(client, upstream, fault, (passed) => (bytes += passed));
    lines.add(line);
    client.once('close', () => {
      lines.delete(line);
      changed();
    });
  }

  /** The port is free at once; the server's own promise of it waits for open connections. */
  function down(): Promise<void> {
    if (server.listening) server.close();
    return Promise.resolve();
  }

  async function close(): Promise<void> {
    await down();
    for (const line of lines) line.close();
    await until(() => lines.size === 0);
  }
}

/** A connection and its other half. */
class Line {
  readonly #client: Socket;
  readonly #over = new AbortController();
  #isMute = false;

  constructor(
    client: Socket,
    upstream: Socket,
    fault: ProxyFault,
    onPassed: (bytes: number) => void,
  ) {
    this.#client = client;
    const over = (): void => {
      this.#over.abort();
      upstream.destroy();
    };
    client.on('error', over).once('close', over);
    // A mute line would keep the half of the connection that nobody listens to any more.
    client.once('end', () => this.#isMute && client.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream);
    // What is held back when the connection ends is lost, as on a real line.
    void this.#passOn(upstream, fault, onPassed).catch(() => client.destroy());
  }

  close(): void {
    this.#client.destroy();
  }

  cut(kind: 'fin' | 'rst' | 'stall'): void {
    this.#isMute = true;
    if (kind === 'rst') reset(this.#client);
    if (kind === 'fin') this.#client.destroySoon();
  }

  async #passOn(
    upstream: Socket,
    { cut, sliceBytes = Infinity, delayMs = 0 }: ProxyFault,
    onPassed: (bytes: number) => void,
  ): Promise<void> {
    let left = cut?.at ?? Infinity;
    for await (const chunk of upstream as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length; from += sliceBytes) {
        if (delayMs > 0) await sleep(delayMs, undefined, { signal: this.#over.signal });
        const piece = chunk.subarray(from, Math.min(from + sliceBytes, from + left, chunk.length));
        if (this.#isMute) continue;
        left -= piece.length;
        onPassed(piece.length);
        // Written out before anything else happens to the socket, or the client sees less.
        await write(this.#client, piece, 'flushed');
        if (cut !== undefined && left === 0) this.cut(cut.kind);
      }
    }
    if (!this.#isMute) this.#client.end();
  }
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function parseTarget(target: unknown): URL {
  const url = typeof target === 'string' && URL.canParse(target) ? new URL(target) : null;
  if (url === null || url.hostname === '')
    throw wrong('target', "a URL with host and port, such as 'http://127.0.0.1:8080'", target);
  return url;
}
