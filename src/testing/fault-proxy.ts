/** A TCP proxy on loopback in front of any server: it breaks connections of every protocol, at an exact byte. */

// Projects whose `lib` is older than `Symbol.asyncDispose` use these types too.
/// <reference lib="esnext.disposable" preserve="true" />

import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_TIMER_MS, configError } from '../../machines/config.js';
import { ReconnectError } from '../../machines/errors.js';
import { createWaiter } from './wait-until.js';
import { checkBytes, checkKind } from './validate-faults.js';
import { listen } from '../loopback/listen.js';
import { reset, write } from '../loopback/socket-write.js';

/** What happens to one connection. Bytes are counted from the server to the client, heads and framing included. */
export interface ProxyFault {
  /** Resets the connection at once. */
  readonly refuse?: boolean | undefined;
  /** Ends the connection after `at` bytes, by FIN or RST; `stall` leaves it open and silent. */
  readonly cut?: { readonly kind: 'fin' | 'rst' | 'stall'; readonly at: number } | undefined;
  /** Passes data on in pieces of at most this many bytes. */
  readonly sliceBytes?: number | undefined;
  /** Delays each piece by this many ms. */
  readonly delayMs?: number | undefined;
}

export interface FaultProxyOptions {
  /** The address of the server: `http://127.0.0.1:8080`. Only host and port are used. */
  readonly target: string;
  /** What happens to the nth connection, from 0; further connections are passed on unchanged. @default nothing */
  readonly script?: readonly ProxyFault[] | ((nth: number) => ProxyFault) | undefined;
}

export interface FaultProxy {
  /** The target's URL with the port of the proxy, without a slash at the end. */
  readonly url: string;
  /** Number of connections so far. */
  readonly connections: number;
  /** Errors that your script threw: those connections were refused. */
  readonly errors: readonly unknown[];
  /** Number of open connections. */
  readonly live: number;
  /** Number of bytes passed on to clients. */
  readonly bytes: number;
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  /** Breaks all open connections now; `stall` leaves them open and silent. */
  cut(kind: 'fin' | 'rst' | 'stall'): void;
  /** Stops listening: the system refuses new connections. Open ones stay. */
  down(): Promise<void>;
  /** Listens again, at the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a proxy on 127.0.0.1 at a free port. It is independent of the protocol, so it works with SSE,
 * WebSockets and anything else over TCP.
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
  if (typeof script !== 'function') checkScript(script);
  const { until, changed } = createWaiter();
  const lines = new Set<Line>();
  const errors: unknown[] = [];
  let [connections, bytes] = [0, 0];
  let isClosed = false;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const fault = faultOf(connections++);
    if (fault.refuse === true) reset(client);
    else open(client, fault);
    changed();
  });
  const port = await listen(server);
  return {
    url: `${target.protocol}//127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    errors,
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
    up,
    close,
    [Symbol.asyncDispose]: close,
  };

  /** Reports a script that throws, or returns something that is no fault, and refuses the connection. */
  function faultOf(nth: number): ProxyFault {
    if (typeof script !== 'function') return script[nth] ?? {};
    try {
      const fault = script(nth);
      checkFault(`script(${nth})`, fault);
      return fault;
    } catch (error) {
      errors.push(error);
      return { refuse: true };
    }
  }

  function open(client: Socket, fault: ProxyFault): void {
    const upstream = connect(addressOf(target));
    const line = new Line(client, upstream, fault, (passed) => (bytes += passed));
    lines.add(line);
    client.once('close', () => {
      lines.delete(line);
      changed();
    });
  }

  /** Resolves when the port is free, which is at once; the callback of `server.close` waits for open connections. */
  function down(): Promise<void> {
    if (server.listening) server.close();
    return Promise.resolve();
  }

  async function up(): Promise<void> {
    if (isClosed) throw new ReconnectError('usage', 'the proxy is closed: start another one');
    if (!server.listening) await listen(server, port);
  }

  async function close(): Promise<void> {
    isClosed = true;
    await down();
    for (const line of lines) line.close();
    await until(() => lines.size === 0);
  }
}

/** A connection of a client, with the one to the server. */
class Line {
  readonly #client: Socket;
  readonly #over = new AbortController();
  #isMute = false;
  /** The client has ended its side. */
  #isLeft = false;

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
    client.once('end', () => {
      this.#isLeft = true;
      this.#release();
    });
    upstream.on('error', () => client.destroy());
    client.pipe(upstream);
    // Delayed data is lost when the connection ends, as on a real network.
    void this.#passOn(upstream, fault, onPassed).catch(() => client.destroy());
  }

  close(): void {
    this.#client.destroy();
  }

  cut(kind: 'fin' | 'rst' | 'stall'): void {
    this.#isMute = true;
    if (kind === 'rst') reset(this.#client);
    if (kind === 'fin') this.#client.destroySoon();
    this.#release();
  }

  /** Without this, a stalled connection would keep its other half open for ever. */
  #release(): void {
    if (this.#isMute && this.#isLeft) this.#client.destroy();
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
        // Flushed before anything else happens to the socket, or the client would receive less.
        await write(this.#client, piece, 'flushed');
        if (cut !== undefined && left === 0) this.cut(cut.kind);
      }
    }
    if (!this.#isMute) this.#client.end();
  }
}

function parseTarget(target: unknown): URL {
  const url = typeof target === 'string' && URL.canParse(target) ? new URL(target) : null;
  if (url === null || url.hostname === '')
    throw configError(
      'target',
      "a URL with host and port, such as 'http://127.0.0.1:8080'",
      target,
    );
  return url;
}

function addressOf({ protocol, hostname, port }: URL): { host: string; port: number } {
  const usual = protocol === 'https:' || protocol === 'wss:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/gu, ''), port: port === '' ? usual : Number(port) };
}

function checkScript(script: unknown): void {
  if (!Array.isArray(script))
    throw configError('script', 'a list of faults, or a function', script);
  script.forEach((fault: unknown, n) => checkFault(`script[${n}]`, fault));
}

function checkFault(place: string, fault: unknown): asserts fault is ProxyFault {
  if (typeof fault !== 'object' || fault === null)
    throw configError(place, 'a fault, such as { refuse: true } or {}', fault);
  const { cut, sliceBytes, delayMs } = fault as ProxyFault;
  if (cut !== undefined) {
    checkKind(`${place}.cut.kind`, cut.kind, ['fin', 'rst', 'stall']);
    checkBytes(`${place}.cut.at`, cut.at, 'a number of bytes');
  }
  if (sliceBytes !== undefined)
    checkBytes(`${place}.sliceBytes`, sliceBytes, 'a number of bytes', 1);
  if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= MAX_TIMER_MS))
    throw configError(`${place}.delayMs`, `a number of ms, 0 to ${MAX_TIMER_MS}`, delayMs);
}
