/** Reads a body: each network chunk becomes a batch. The hot path of every HTTP source. */

import type { Connection, SourceItem } from '../../../../machines/source-contract.js';
import { chain, ignoreRejection, runQuietly } from '../../../../machines/thenable.js';
import { beginTurn } from '../../../host/turn.js';
import {
  amended,
  configFailure,
  describeType,
  SourceError,
  sourceError,
} from '../../shared/source-error.js';
import { factsOf } from './body-facts.js';
import type { BodyFacts } from './body-facts.js';
import { networkFailure } from './network-error.js';

export interface BodyDecoder<T> {
  /** True once the end marker was read: the rest of the body is not read. */
  readonly ended: boolean;
  /** Set when the body cannot be read any further. Items before the failure are still delivered. */
  readonly failure: SourceError | undefined;
  /** What of an item has arrived that is not whole, about, in bytes. @default 0 */
  readonly heldBytes?: number | undefined;
  decode(chunk: Uint8Array): readonly SourceItem<T>[];
  /** Called when the bytes end. Returns the last items, or the reason why this is no ordinary end. */
  finish(): readonly SourceItem<T>[] | SourceError | undefined;
}

export function bodyConnection<T>(
  body: ReadableStream<Uint8Array>,
  decoder: BodyDecoder<T>,
): Connection<T> {
  return new BodyConnection(readerOf(body), decoder, factsOf(body));
}

/** Returns a connection of one batch, for responses without a body. */
export function singleBatch<T>(items: readonly SourceItem<T>[]): Connection<T> {
  let left = true;
  const next = (): Promise<Result<T>> => {
    const result: Result<T> = left ? { done: false, value: items } : DONE;
    left = false;
    return Promise.resolve(result);
  };
  const close = (): void => void (left = false);
  return { batches: { [Symbol.asyncIterator]: () => ({ next }) }, close };
}

type Result<T> = IteratorResult<readonly SourceItem<T>[], undefined>;

const DONE: { readonly done: true; readonly value: undefined } = { done: true, value: undefined };

/**
 * The connection and its own iterator: one object. Handlers are bound once and each step is one `then`:
 * an async generator would cost twice as much.
 */
class BodyConnection<T> implements Connection<T>, AsyncIterableIterator<readonly SourceItem<T>[]> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder: BodyDecoder<T>;
  readonly #facts: BodyFacts;
  #closed = false;
  #failure: SourceError | undefined;

  constructor(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    decoder: BodyDecoder<T>,
    facts: BodyFacts,
  ) {
    this.#reader = reader;
    this.#decoder = decoder;
    this.#facts = facts;
  }

  get batches(): this {
    return this;
  }

  get heldBytes(): number {
    return this.#decoder.heldBytes ?? 0;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<T>> {
    if (!this.#closed) return this.#read();
    const failure = this.#failure;
    this.#failure = undefined;
    return failure ? Promise.reject(failure) : Promise.resolve(DONE);
  }

  return(): Promise<Result<T>> {
    this.close();
    return Promise.resolve(DONE);
  }

  /** Cancels the body, which frees the socket; `releaseLock` alone would leak it. */
  close(): void {
    this.#failure = undefined;
    this.#cancel();
  }

  #cancel(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#facts.release();
    runQuietly(() => this.#reader.cancel());
  }

  #read(): Promise<Result<T>> {
    try {
      return chain(this.#reader.read(), this.#onChunk, this.#onError);
    } catch (error) {
      // The reader of a custom fetch may throw.
      return Promise.reject(networkFailure(error, 'The connection broke'));
    }
  }

  readonly #onChunk = (result: ReadableStreamReadResult<Uint8Array>): Result<T> => {
    if (this.#closed) return DONE;
    if (result.done) return this.#finish();
    const chunk: unknown = result.value;
    if (!isBytes(chunk)) {
      this.#cancel();
      throw sourceError('protocol', `expected a body of bytes, got ${describeType(chunk)}`, {
        fatal: true,
      });
    }
    beginTurn();
    const items = this.#decoder.decode(chunk);
    const failure = this.#decoder.failure;
    if (failure) {
      this.#cancel();
      if (items.length === 0) throw this.#redacted(failure);
      this.#failure = this.#redacted(failure);
    } else if (this.#decoder.ended) {
      this.#cancel();
    }
    return { done: false, value: items };
  };

  readonly #onError = (error: unknown): Result<T> => {
    const wasClosed = this.#closed;
    // A broken body holds no socket; the reader of a custom fetch may report an error and still hold one.
    this.#cancel();
    if (wasClosed) return DONE;
    throw networkFailure(error, 'The connection broke');
  };

  /** Redacts a failure: what a peer reports may repeat the request. */
  #redacted(failure: SourceError): SourceError {
    const message = this.#facts.redact(failure.message);
    return message === failure.message ? failure : amended(failure, message);
  }

  #finish(): Result<T> {
    this.#facts.release();
    this.#closed = true;
    const last = this.#decoder.finish();
    if (last instanceof SourceError) throw this.#redacted(last);
    // The last event may be an error, after items.
    const failure = this.#decoder.failure;
    if (last === undefined || last.length === 0) {
      if (failure) throw this.#redacted(failure);
      return DONE;
    }
    if (failure) this.#failure = this.#redacted(failure);
    return { done: false, value: last };
  }
}

/** Not `instanceof`: a test environment may have a `Uint8Array` of its own. */
function isBytes(chunk: unknown): chunk is Uint8Array {
  return ArrayBuffer.isView(chunk) && 'subarray' in chunk && 'BYTES_PER_ELEMENT' in chunk
    ? chunk.BYTES_PER_ELEMENT === 1
    : false;
}

/** @throws SourceError if the body of a custom fetch returns no reader */
function readerOf(body: ReadableStream<Uint8Array>): ReadableStreamDefaultReader<Uint8Array> {
  const reader: unknown = body.getReader();
  const { read, cancel } = (reader ?? {}) as Partial<ReadableStreamDefaultReader<Uint8Array>>;
  if (typeof read === 'function' && typeof cancel === 'function')
    return reader as ReadableStreamDefaultReader<Uint8Array>;
  ignoreRejection(reader);
  const write = 'fetch: globalThis.fetch';
  throw configFailure('getReader() to give a reader', describeType(reader), write);
}
