/** Parses messages into items when they arrive, in order, and holds the items until they are read. */

import type { SourceItem, SourceMemory } from '../../../machines/source-contract.js';
import { follow } from '../../../machines/thenable.js';
import { isThenable, SourceError, sourceError } from '../shared/source-error.js';
import { ask, askAsync, toItems, wrongResponse } from '../shared/to-items.js';
import type { ItemReaders } from '../shared/to-items.js';
import { toRotationItem } from '../shared/rotation.js';
import type { Rotation } from '../shared/rotation.js';
import { Fifo } from '../../buffers/fifo.js';
import { sizeOf } from './socket/message.js';
import type { WebSocketMessage } from './socket/message.js';

export interface InboxOptions<T> extends ItemReaders<T> {
  readonly maxBufferedBytes: number;
  readonly parse: ((message: WebSocketMessage) => unknown) | undefined;
  /** Whether `parse` returns a list of items. */
  readonly parsesMany: boolean;
  /** Returns the planned end that an item announces. */
  readonly rotation: Rotation<T> | undefined;
  readonly isAck: ((item: T) => string | readonly string[] | undefined) | undefined;
}

export interface InboxHost {
  /** Called after a message was read. @param hasItems false for a message that is only a sign of life */
  onParsed(hasItems: boolean): void;
  /** Called when the item that ends the stream arrived. */
  onEnd(): void;
  onAck(id: string): void;
  onFailure(failure: SourceError): void;
}

/** A Blob has to be read first. */
type Arrival = WebSocketMessage | PromiseLike<WebSocketMessage>;

interface Entry {
  readonly message: Arrival;
  readonly size: number;
}

/** Memory of a message besides its bytes. */
const OVERHEAD_BYTES = 128;

/** Limit of what is passed on at once: the rest waits here, where it is counted. */
const BATCH_SIZE = 1024;
const BATCH_BYTES = 256 * 1024;

export class Inbox<T> {
  /** Messages that wait, as they arrived. */
  bytes = 0;
  /** Whether an item had an id. */
  hasIds = false;
  readonly #options: InboxOptions<T>;
  readonly #host: InboxHost;
  readonly #arrived = new Fifo<Entry>();
  readonly #items = new Fifo<SourceItem<T>>();
  #isParsing = false;
  /** Messages go to `receive` one by one, and are no items. */
  #isHeld = false;
  #receiver: ((message: Arrival) => void) | null = null;
  #isOver = false;

  readonly #memory: SourceMemory | undefined;

  constructor(options: InboxOptions<T>, host: InboxHost, memory?: SourceMemory) {
    this.#options = options;
    this.#host = host;
    this.#memory = memory;
  }

  get hasItems(): boolean {
    return this.#items.length > 0;
  }

  /** Returns whether messages are not parsed yet. */
  get isBusy(): boolean {
    return !this.#isOver && (this.#isParsing || this.#arrived.length > 0);
  }

  /**
   * Returns whether there is room for a message of this size. One that is larger than the limit passes alone.
   * @param unparsed bytes that wait inside the socket
   */
  fits(size: number, unparsed = 0): boolean {
    const { maxBufferedBytes } = this.#options;
    const free = Math.min(maxBufferedBytes - this.bytes, this.#memory?.free ?? Infinity);
    return unparsed <= maxBufferedBytes && (this.bytes === 0 || size + unparsed <= free);
  }

  /** Returns whether reading should stop, as long as something waits. */
  get isFull(): boolean {
    return !this.fits(1);
  }

  /** Returns whether there is room again. */
  get isLow(): boolean {
    return this.bytes <= this.#options.maxBufferedBytes / 2;
  }

  add(message: Arrival): void {
    if (this.#isOver) return;
    const size = OVERHEAD_BYTES + (isThenable(message) ? 0 : sizeOf(message));
    this.#hold(size);
    this.#arrived.push({ message, size });
    this.#run();
  }

  /** Returns some of the waiting items, oldest first. */
  take(): readonly SourceItem<T>[] {
    const items: SourceItem<T>[] = [];
    let bytes = 0;
    while (items.length < BATCH_SIZE && bytes < BATCH_BYTES) {
      const item = this.#items.shift();
      if (item === undefined) break;
      items.push(item);
      bytes += costOf(item);
    }
    this.#hold(-bytes);
    return items;
  }

  /** Holds messages for `receive` from here on. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Turns messages into items from here on. */
  release(): void {
    this.#isHeld = false;
    this.#receiver = null;
    this.#run();
  }

  /** Returns the next held message. */
  receive(): Promise<WebSocketMessage> {
    return new Promise((resolve) => {
      this.#receiver = resolve;
      this.#run();
    });
  }

  /** Drops all messages, and those that still come. */
  clear(): void {
    this.#isOver = true;
    this.#arrived.clear();
    this.#items.clear();
    this.#hold(-this.bytes);
  }

  #run(): void {
    while (!this.#isParsing && !this.#isOver) {
      if (this.#isHeld && this.#receiver === null) return;
      const next = this.#arrived.shift();
      if (next === undefined) return;
      if (this.#isHeld) this.#deliver(next);
      else this.#parse(next);
    }
  }

  #deliver({ message, size }: Entry): void {
    const receiver = this.#receiver;
    this.#receiver = null;
    this.#hold(-size);
    receiver?.(message);
  }

  #parse({ message, size }: Entry): void {
    const { parse = (one: WebSocketMessage): unknown => one } = this.#options;
    try {
      const value = isThenable(message)
        ? message.then(parse, unreadable)
        : askAsync('parse', parse, message);
      if (isThenable(value)) this.#await(value, size, message);
      else this.#add(value, size, message);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Awaits a promise of `parse`; later messages wait, so that items keep their order. */
  #await(value: PromiseLike<unknown>, size: number, message: Arrival): void {
    this.#isParsing = true;
    const settle = (use: () => void): void => {
      this.#isParsing = false;
      if (this.#isOver) return;
      try {
        use();
      } catch (thrown) {
        this.#fail(thrown);
      }
      this.#run();
    };
    follow(
      value,
      (settled) => settle(() => this.#add(settled, size, message)),
      (cause: unknown) => settle(() => raise(cause)),
    );
  }

  #add(value: unknown, size: number, message: Arrival): void {
    // `parse` may have closed the stream.
    if (this.#isOver) return;
    this.#hold(-size);
    const values = this.#listOf(value).filter((data) => !this.#isAck(data));
    const bytes = Math.ceil((size - OVERHEAD_BYTES) / Math.max(1, values.length));
    // The text of a message identifies an item only if the message has one item.
    const raw = typeof message === 'string' && !this.#options.parsesMany ? message : undefined;
    for (const data of values) {
      if (this.#isRotation(data)) continue;
      const [item, end] = toItems(data, bytes, this.#options, raw);
      if (item !== undefined) this.#push(item);
      if (item?.type === 'data' && item.id !== undefined) this.hasIds = true;
      if (end === undefined) continue;
      this.#push(end);
      this.#isOver = true;
      this.#arrived.clear();
      this.#host.onEnd();
      break;
    }
    this.#host.onParsed(values.length > 0);
  }

  /** Returns whether the item announces a planned end, and is no data. */
  #isRotation(data: T): boolean {
    const { rotation } = this.#options;
    const item = rotation === undefined ? undefined : toRotationItem(rotation, data);
    if (item !== undefined) this.#push(item);
    return item !== undefined;
  }

  #hold(bytes: number): void {
    this.bytes += bytes;
    this.#memory?.hold(bytes);
  }

  #push(item: SourceItem<T>): void {
    this.#items.push(item);
    this.#hold(costOf(item));
  }

  #listOf(value: unknown): readonly T[] {
    if (value === undefined) return [];
    if (!this.#options.parsesMany) return [value as T];
    if (Array.isArray(value)) return (value as (T | undefined)[]).filter(isItem);
    throw wrongResponse('parseMany', 'a list of items', value);
  }

  /** Returns whether the item only acknowledges what was sent. */
  #isAck(data: T): boolean {
    const { isAck } = this.#options;
    if (isAck === undefined) return false;
    const answer: unknown = ask('isAck', isAck, data);
    if (answer === undefined || answer === false) return false;
    const ids: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
    for (const id of ids) {
      if (typeof id !== 'string') throw wrongResponse('isAck', 'ids, or undefined', answer);
      this.#host.onAck(id);
    }
    return true;
  }

  #fail(thrown: unknown): void {
    this.#isOver = true;
    this.#arrived.clear();
    this.#host.onFailure(
      thrown instanceof SourceError
        ? thrown
        : sourceError('protocol', 'The message cannot be read', { fatal: true, cause: thrown }),
    );
  }
}

function costOf(item: SourceItem<unknown>): number {
  return OVERHEAD_BYTES + (item.type === 'data' ? item.bytes : 0);
}

function isItem<T>(item: T | undefined): item is T {
  return item !== undefined;
}

function unreadable(cause: unknown): never {
  throw sourceError('protocol', 'The message cannot be read', { fatal: true, cause });
}

/** The failure of a promise of `parse` that rejected. */
function raise(cause: unknown): never {
  if (cause instanceof SourceError) throw cause;
  throw sourceError('callback', 'parse threw', { fatal: true, cause });
}
