/** The items that no checkpoint covers yet: the one owner of what is held, delivered in advance, and taken back. */

import type { DataItem, ToolCallDelta } from '../machines/contract.js';
import { ReconnectError } from '../machines/errors.js';
import type { StreamState } from '../machines/stream-state.js';
import { NONE } from './none.js';

/** How much may wait for a checkpoint, in bytes. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** What an item costs besides its own bytes, about. */
const ITEM_OVERHEAD_BYTES = 128;
/** How many of the delivered items are kept: as many as are remembered once they are committed. */
const KEPT_ITEMS = 256;

/** Where the items of a tail go. */
export interface TailQueue<T> {
  push(items: readonly DataItem<T>[], toolsBefore: StreamState, isPending: boolean): void;
  /** What was pending is counted now. */
  commit(): void;
  /** What was pending is never counted. */
  retract(): void;
}

/** What a checkpoint commits. */
export interface CommittedTail<T> {
  /** Delivered already, and counted here. */
  readonly delivered: DeliveredTail;
  /** Still to be delivered. */
  readonly held: readonly DataItem<T>[];
}

/** Items that were delivered before their checkpoint. They are counted, not kept: a feed may never send one. */
export class DeliveredTail {
  chunks = 0;
  bytes = 0;
  chars = 0;
  /** The last of them. */
  last: DataItem<unknown>[] = NONE;
  toolCalls: ToolCallDelta[] = NONE;

  add(items: readonly DataItem<unknown>[]): void {
    if (this.last.length === 0) this.last = [];
    for (const item of items) {
      this.bytes += item.bytes;
      this.chars += item.chars ?? 0;
      this.last.push(item);
      if (item.toolCall !== undefined) this.toolCalls = [...this.toolCalls, ...item.toolCall];
    }
    this.chunks += items.length;
    if (this.last.length > 2 * KEPT_ITEMS) this.last = this.last.slice(-KEPT_ITEMS);
  }
}

/** A class: it exists once per stream, and its methods are called per item. */
export class UncommittedTail<T> {
  readonly #isEager: boolean;
  readonly #queue: TailQueue<T>;
  #held: DataItem<T>[] = NONE;
  #delivered: DeliveredTail | null = null;
  /** Memory that the tail takes, about. */
  #heldBytes = 0;
  #isLeft = false;

  /** @param mode `eager`: items are delivered as they come. `commit`: they are held until they are committed. */
  constructor(mode: 'commit' | 'eager', queue: TailQueue<T>) {
    this.#isEager = mode === 'eager';
    this.#queue = queue;
  }

  get isEmpty(): boolean {
    return this.#delivered === null && this.#held.length === 0;
  }

  /** Items that were delivered already. */
  get delivered(): number {
    return this.#delivered?.chunks ?? 0;
  }

  get size(): number {
    return this.#held.length + this.delivered;
  }

  /** All items of the tail, where all are kept; else none. */
  get items(): readonly DataItem<unknown>[] {
    const delivered = this.#delivered;
    if (delivered === null) return this.#held;
    return delivered.last.length === this.size ? delivered.last : NONE;
  }

  /** The connection that brought these items is gone: the next one brings them again, unless the stream is over. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /**
   * Takes items that have no checkpoint yet.
   * @param tools the tool calls before them
   * @throws ReconnectError `limit`
   */
  add(items: readonly DataItem<T>[], tools: StreamState): void {
    for (const item of items) this.#charge(item);
    if (this.#isEager) this.#deliver(items, tools);
    else if (this.#held.length === 0) this.#held = [...items];
    else for (const item of items) this.#held.push(item);
  }

  /** Ends the tail, since a checkpoint covers it or the stream is over, and returns what is to be recorded. */
  commit(): CommittedTail<T> | null {
    if (this.isEmpty) return null;
    const committed = { delivered: this.#delivered ?? new DeliveredTail(), held: this.#held };
    if (this.#delivered !== null) this.#queue.commit();
    this.clear();
    return committed;
  }

  /** Takes the items back, since they come again, and returns how many of them were delivered. */
  retract(): number {
    const { delivered } = this;
    if (delivered > 0) this.#queue.retract();
    this.clear();
    return delivered;
  }

  /** Delivers what is held although no checkpoint came: no connection will bring it again. */
  deliver(tools: StreamState): void {
    const held = this.#held;
    this.#held = NONE;
    if (held.length > 0) this.#deliver(held, tools);
  }

  /** The connection is left. */
  leave(): void {
    this.#isLeft = !this.isEmpty;
  }

  clear(): void {
    this.#held = NONE;
    this.#delivered = null;
    this.#heldBytes = 0;
    this.#isLeft = false;
  }

  #deliver(items: readonly DataItem<T>[], tools: StreamState): void {
    this.#queue.push(items, tools, true);
    (this.#delivered ??= new DeliveredTail()).add(items);
  }

  /** What was delivered takes no room, but for the tool calls in it. */
  #charge({ bytes, toolCall }: DataItem<T>): void {
    if (this.#isEager && toolCall === undefined) return;
    this.#heldBytes += bytes + ITEM_OVERHEAD_BYTES;
    if (this.#heldBytes <= MAX_HELD_BYTES) return;
    const advice = this.#isEager ? '' : ", or use delivery: 'eager'";
    throw new ReconnectError(
      'limit',
      `more than ${MAX_HELD_BYTES} bytes came after the last checkpoint: send ids with the events${advice}`,
    );
  }
}
