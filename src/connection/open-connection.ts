/** One attempt to connect: bounded in time, ended by the machine, and never left open behind its back. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import { adopt, ignoreRejection, readQuietly, runQuietly } from '../../machines/thenable.js';
import type { ByteBudget } from '../buffers/byte-budget.js';
import { ConnectionMemory } from '../buffers/byte-budget.js';
import { heldBytesOf } from '../config/source-words.js';
import { nowMs } from '../host/clock.js';
import { setPace } from '../host/request-pace.js';
import type { Clock } from '../host/clock.js';
import { afterPendingInput } from './pending-input.js';

/** A timer that is later than this, in ms, was held up by a blocked event loop, or by a sleep. */
const BLOCKED_MS = 20;
/** A process that is always blocked must give up as well. */
const MAX_EXTENSIONS = 5;

export interface AttemptOptions<T> {
  readonly source: StreamSource<T>;
  readonly at: ResumePoint;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** Counts one more request of the connection, and returns how long it is to wait, in ms. */
  readonly takeRequest: () => number;
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
  readonly #budget: ByteBudget;
  #heldBytes = 0;

  constructor(connection: Connection<T>, controller: AbortController, budget: ByteBudget) {
    this.connection = connection;
    this.#controller = controller;
    this.#budget = budget;
  }

  /** What is not whole counts as what is queued does: beside too much of that, reading stops; alone, it goes on. */
  countHeld(bytes: number = heldBytesOf(this.connection)): void {
    this.#budget.queued += bytes - this.#heldBytes;
    this.#heldBytes = bytes;
  }

  close(): void {
    this.countHeld(0);
    runQuietly(() => this.connection.close());
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
  setPace(controller.signal, { clock, take: options.takeRequest });
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const leave = (error: ReconnectError): void => {
      if (isSettled) return;
      settle();
      controller.abort();
      reject(error);
    };
    const onAbort = (): void => leave(new ReconnectError('network', 'the attempt was given up'));
    const settle = (): void => {
      isSettled = true;
      if (timer !== null) clock.clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const expire = (): void =>
      leave(new ReconnectError('connect-timeout', `no answer within ${timeoutMs} ms`));
    let dueAt = timeoutMs === null ? 0 : nowMs(clock) + timeoutMs;
    let extensions = 0;
    // The answer may have come while this process was busy. For as long as it was blocked, it could not even ask.
    const onTimeout = (): void => {
      if (isSettled || timeoutMs === null) return;
      const lateMs = Math.min(nowMs(clock) - dueAt, timeoutMs);
      if (lateMs < BLOCKED_MS || ++extensions > MAX_EXTENSIONS) {
        afterPendingInput(clock, expire);
        return;
      }
      dueAt = nowMs(clock) + lateMs;
      timer = clock.setTimeout(onTimeout, lateMs);
    };
    let timer = timeoutMs === null ? null : clock.setTimeout(onTimeout, timeoutMs);
    signal.addEventListener('abort', onAbort);
    callOpen(options, controller.signal).then(
      (connection) => {
        if (isSettled) return closeQuietly(connection);
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
        return resolve(new LiveConnection(connection, controller, options.budget));
      },
      (error: unknown) => {
        if (isSettled) return;
        settle();
        controller.abort();
        reject(error);
      },
    );
  });
}

function callOpen<T>(
  { source, at, clock, isOver, aliveAfterMs, budget }: AttemptOptions<T>,
  signal: AbortSignal,
): Promise<Connection<T>> {
  let memory: ConnectionMemory | null = null;
  const host = {
    clock,
    aliveAfterMs,
    get isOver() {
      return isOver();
    },
    get memory() {
      return (memory ??= memoryUntil(signal, budget));
    },
  };
  return new Promise((resolve) => resolve(adopt(source.open(at, signal, host))));
}

/** Most sources hold nothing: it is made for those that ask. */
function memoryUntil(signal: AbortSignal, budget: ByteBudget): ConnectionMemory {
  const memory = new ConnectionMemory(budget);
  if (signal.aborted) memory.release();
  else signal.addEventListener('abort', () => memory.release(), { once: true });
  return memory;
}

/** Closing never waits, and a source that fails at it changes nothing. */
function closeQuietly(connection: unknown): void {
  if (isConnection(connection)) runQuietly(() => connection.close());
}

/** Getters of a source's object may throw. */
function isConnection(value: unknown): value is Connection<unknown> {
  const has = readQuietly(() => {
    const { batches, close } = (value ?? {}) as Partial<Connection<unknown>>;
    ignoreRejection(batches);
    return typeof close === 'function' && typeof batches?.[Symbol.asyncIterator] === 'function';
  });
  return has === true;
}
