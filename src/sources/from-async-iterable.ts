/** The source `fromAsyncIterable()`: a generator, an SDK's stream, a queue, or any other iterable. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/source-contract.js';
import { errorCode } from '../../machines/error-code.js';
import { ignoreRejection, readable, runQuietly } from '../../machines/thenable.js';
import { withPeerError } from '../tool-calls/response/peer-error.js';
import { checkIterableOptions } from './iterable/options.js';
import type { CheckedIterableOptions, IterableOptions } from './iterable/options.js';
import { iteratorConnection } from './iterable/batches.js';
import type { AnyIterator } from './iterable/batches.js';
import {
  configFailure,
  isThenable,
  describeType,
  SourceError,
  sourceError,
} from './shared/source-error.js';
import { abortedFailure, networkFailure, untilAborted } from './http/response/network-error.js';

export type AnyIterable<T> = AsyncIterable<T> | Iterable<T>;

/** Returns the iterable that continues at `at`: skip `at.items` items, or start after `at.cursor`. */
export type Iterate<T> = (
  at: ResumePoint,
  signal: AbortSignal,
) => AnyIterable<T> | PromiseLike<AnyIterable<T>>;

/**
 * Reads an iterable. A function is called at each attempt. An iterable itself can be read only
 * once, so a drop ends the stream as failed.
 *
 * @example
 * ```ts
 * import { fromAsyncIterable } from 'stream-reconnect/sources';
 *
 * const words = ['to', 'be', 'or', 'not'];
 * const source = fromAsyncIterable(async function* (at) {
 *   yield* words.slice(at.items); // as many items were received before
 * });
 * ```
 * @throws ReconnectError `config` where an argument cannot work.
 */
export function fromAsyncIterable<T>(
  iterate: Iterate<T> | AnyIterable<T>,
  options: IterableOptions<T> = {},
): StreamSource<T> {
  const once = typeof iterate !== 'function';
  if (once && !isIterable(iterate)) {
    const write = '(at, signal) => an iterable that goes on at `at.items`';
    throw configFailure('a function or an iterable', describeType(iterate), write);
  }
  const checked = checkIterableOptions(options, once);
  const { name, resume, terminal, reopen } = checked;
  let used = false;
  return Object.freeze({ name, resume, terminal, reopen, open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<T>> {
    if (signal.aborted) throw abortedFailure(signal);
    if (once && used) throw usedUp();
    used = true;
    const iterable = once ? iterate : await call(iterate, at, signal);
    return connect(iterable, checked);
  }
}

function usedUp(): SourceError {
  const write = 'give a function instead: (at, signal) => an iterable that goes on at `at.items`';
  return sourceError('not-resumable', `An iterable can be read only once; ${write}`, {
    fatal: true,
  });
}

async function call<T>(
  iterate: Iterate<T>,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    const answer: unknown = iterate(at, signal);
    return isThenable(answer) ? await untilAborted(answer, signal, release) : answer;
  } catch (error) {
    throw sourceFailure(error, 'The function that opens the iterable threw');
  }
}

function connect<T>(iterable: unknown, options: CheckedIterableOptions<T>): Connection<T> {
  if (!isIterable(iterable)) {
    const write = 'a function that returns one, such as an async generator function';
    throw configFailure('an iterable', describeType(iterable), write);
  }
  let iterator: unknown;
  try {
    iterator = iteratorOf(iterable);
  } catch (error) {
    throw sourceFailure(error, 'The iterable threw when it was asked for its iterator');
  }
  if (typeof (iterator as { next?: unknown } | null | undefined)?.next !== 'function') {
    throw sourceError('protocol', 'The iterable gave no iterator with next()', { fatal: true });
  }
  return iteratorConnection(iterator as AnyIterator, options, (error) =>
    sourceFailure(error, 'The iterable threw'),
  );
}

/** Closes an iterable that comes after the attempt was left. */
function release(late: unknown): void {
  runQuietly(() =>
    isIterable(late) ? (iteratorOf(late) as AnyIterator | undefined)?.return?.() : undefined,
  );
}

/** Returns a failure that is retried, since nothing is known about it: with the code of a network error, if it has one. */
function sourceFailure(thrown: unknown, what: string): SourceError {
  const error = readable(thrown);
  if (error instanceof SourceError) return error;
  if (errorCode(error) !== undefined) return networkFailure(error, what);
  const text = error instanceof Error ? error.message : error;
  const message = typeof text === 'string' && text !== '' ? text : undefined;
  const shown = withPeerError(what, { message, codes: [] });
  return sourceError('source', shown, { fatal: false, cause: error });
}

function isIterable(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

function iteratorOf(iterable: object): unknown {
  const open = iterable as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  const iterator: unknown = open[Symbol.asyncIterator]?.() ?? open[Symbol.iterator]?.();
  // A promise is no iterator, and its rejection would be unhandled.
  ignoreRejection(iterator);
  return iterator;
}
