/** One attempt to connect: bounded in time, ended by the machine, and never left open behind its back. */

import type { Connection, ResumePoint, StreamSource } from '../machines/contract.js';
import { ReconnectError } from '../machines/errors.js';
import { ignoreRejection } from '../machines/thenable.js';
import type { Clock } from './clock.js';

export interface AttemptOptions<T> {
  readonly source: StreamSource<T>;
  readonly at: ResumePoint;
  readonly clock: Clock;
  /** The stream is closed for good. */
  readonly isOver: () => boolean;
  /** Uptime that counts as health, in ms. */
  readonly aliveAfterMs: number | null;
  /** Null: no limit. */
  readonly timeoutMs: number | null;
  /** The machine left the attempt. */
  readonly signal: AbortSignal;
}

/** An open connection with the controller that ends everything that belongs to it. */
export class LiveConnection<T> {
  readonly connection: Connection<T>;
  readonly #controller: AbortController;

  constructor(connection: Connection<T>, controller: AbortController) {
    this.connection = connection;
    this.#controller = controller;
  }

  close(): void {
    closeQuietly(this.connection);
    this.#controller.abort();
  }
}

/**
 * Opens a connection.
 * @throws what the source throws, or ReconnectError kind `connect-timeout`, `protocol`, `network`.
 */
export function openConnection<T>(options: AttemptOptions<T>): Promise<LiveConnection<T>> {
  const { source, clock, timeoutMs, signal } = options;
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    let isLeft = false;
    const leave = (error: ReconnectError): void => {
      settle();
      isLeft = true;
      controller.abort();
      reject(error);
    };
    const onAbort = (): void => leave(new ReconnectError('network', 'the attempt was given up'));
    const settle = (): void => {
      if (timer !== null) clock.clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const onTimeout = (): void =>
      leave(new ReconnectError('connect-timeout', `no answer within ${timeoutMs} ms`));
    const timer = timeoutMs === null ? null : clock.setTimeout(onTimeout, timeoutMs);
    signal.addEventListener('abort', onAbort);
    callOpen(options, controller.signal).then(
      (connection) => {
        if (isLeft) return closeQuietly(connection);
        settle();
        if (!isConnection(connection)) {
          controller.abort();
          return reject(
            new ReconnectError(
              'protocol',
              `${source.name}: open() gave no connection with batches and close()`,
            ),
          );
        }
        return resolve(new LiveConnection(connection, controller));
      },
      (error: unknown) => {
        if (isLeft) return;
        settle();
        controller.abort();
        reject(error);
      },
    );
  });
}

async function callOpen<T>(
  { source, at, clock, isOver, aliveAfterMs }: AttemptOptions<T>,
  signal: AbortSignal,
): Promise<Connection<T>> {
  const host = {
    clock,
    aliveAfterMs,
    get isOver() {
      return isOver();
    },
  };
  return source.open(at, signal, host);
}

/** Closing never waits, and a source that fails at it changes nothing. */
function closeQuietly(connection: unknown): void {
  if (!isConnection(connection)) return;
  try {
    ignoreRejection(connection.close());
  } catch {
    // The connection is released either way.
  }
}

/** Getters of a source's object may throw. */
function isConnection(value: unknown): value is Connection<unknown> {
  try {
    const { batches, close } = (value ?? {}) as Partial<Connection<unknown>>;
    return typeof close === 'function' && typeof batches?.[Symbol.asyncIterator] === 'function';
  } catch {
    return false;
  }
}
