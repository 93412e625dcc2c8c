/** The items that no checkpoint covers yet: the one owner of what is held, delivered in advance, and taken back. */

import type { DataItem, ToolCallDelta } from '../../machines/source-contract.js';
import { ITEM_OVERHEAD_BYTES, overBudget, weightOf } from '../buffers/byte-budget.js';
import type { ByteBudget } from '../buffers/byte-budget.js';
import type { ToolsView } from './call-table.js';
import { EMPTY } from './empty.js';
import { digestOf } from '../replay/committed-items.js';
import type { Unit } from '../replay/committed-items.js';

/** How many of the delivered items are kept: as many as are remembered once they are committed. */
const KEPT_ITEMS = 256;
/** Items are kept as they are up to this size, in bytes: of larger ones only what recognises them. */
const MAX_KEPT_BYTES = 64 * 1024;

/** Where the items of a tail go. */
export interface TailQueue<T> {
  push(
    items: readonly DataItem<T>[],
    toolsBefore: ToolsView,
    bytes: number,
    chars: number,
    state: 'pending',
  ): void;
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
  last: Unit[] = EMPTY;
  toolCalls: ToolCallDelta[] = EMPTY;
  #keptBytes = 0;

  add(items: readonly DataItem<unknown>[]): void {
    if (this.last.length === 0) this.last = [];
    for (const item of items) {
      this.bytes += item.bytes;
      this.chars += item.chars ?? 0;
      this.#keep(item);
      if (item.toolCall === undefined) continue;
      if (this.toolCalls.length === 0) this.toolCalls = [];
      this.toolCalls.push(...item.toolCall);
    }
    this.chunks += items.length;
    if (this.last.length > 2 * KEPT_ITEMS) this.last = this.last.slice(-KEPT_ITEMS);
  }

  #keep(item: DataItem<unknown>): void {
    this.last.push(item);
    this.#keptBytes += item.bytes;
    if (this.#keptBytes <= MAX_KEPT_BYTES) return;
    this.last = this.last.map(digestOf);
    this.#keptBytes = 0;
  }
}

/** A class: it exists once per stream, and its methods are called per item. */
export class UncommittedTail<T> {
  readonly #isEager: boolean;
  readonly #queue: TailQueue<T>;
  readonly #budget: ByteBudget;
  #held: DataItem<T>[] = EMPTY;
  #delivered: DeliveredTail | null = null;
  /** Memory that the tail takes, about. */
  #heldBytes = 0;
  #isLeft = false;

  /** @param mode `eager`: items are delivered as they come. `commit`: they are held until they are committed. */
  constructor(mode: 'commit' | 'eager', queue: TailQueue<T>, budget: ByteBudget) {
    this.#isEager = mode === 'eager';
    this.#queue = queue;
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#delivered === null && this.#held.length === 0;
  }

  /** Items that were delivered already. */
  get delivered(): number {
    return this.#delivered?.chunks ?? 0;
  }

  /** Calls that were delivered whole. */
  get deliveredCalls(): readonly ToolCallDelta[] {
    const calls = this.#delivered?.toolCalls ?? EMPTY;
    return calls.length === 0 ? EMPTY : calls.filter(({ done }) => done === true);
  }

  get size(): number {
    return this.#held.length + this.delivered;
  }

  /** All items of the tail, where all are kept; else none. */
  get items(): readonly Unit[] {
    const delivered = this.#delivered;
    if (delivered === null) return this.#held;
    return delivered.last.length === this.size ? delivered.last : EMPTY;
  }

  /** The connection that brought these items is gone: the next one brings them again, unless the stream is over. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /**
   * Takes items that have no checkpoint yet.
   * @param tools the tool calls before them
   * @throws ReconnectError `limit`; what came before the item that is too much is kept
   */
  add(items: readonly DataItem<T>[], tools: ToolsView): void {
    if (this.#isEager) {
      this.#deliver(items, tools);
      this.#chargeCalls(items);
      return;
    }
    if (this.#held.length === 0) this.#held = [];
    for (const item of items) {
      this.#charge(weightOf(item), "or use delivery: 'eager'");
      this.#held.push(item);
    }
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
  deliver(tools: ToolsView): void {
    const held = this.#held;
    this.#held = EMPTY;
    this.#budget.hold(-this.#heldBytes);
    this.#heldBytes = 0;
    if (held.length > 0) this.#deliver(held, tools);
  }

  /** The connection is left. */
  leave(): void {
    this.#isLeft = !this.isEmpty;
  }

  clear(): void {
    this.#held = EMPTY;
    this.#delivered = null;
    this.#budget.hold(-this.#heldBytes);
    this.#heldBytes = 0;
    this.#isLeft = false;
  }

  #deliver(items: readonly DataItem<T>[], tools: ToolsView): void {
    const delivered = (this.#delivered ??= new DeliveredTail());
    const { bytes, chars } = delivered;
    delivered.add(items);
    this.#queue.push(items, tools, delivered.bytes - bytes, delivered.chars - chars, 'pending');
  }

  /** What was delivered takes no room, but for the tool calls in it. */
  #chargeCalls(items: readonly DataItem<T>[]): void {
    for (const item of items)
      if (item.toolCall !== undefined)
        this.#charge(2 * ITEM_OVERHEAD_BYTES * item.toolCall.length + weightOf(item), '');
  }

  /** One item is held in any case: it may be larger than the budget. */
  #charge(bytes: number, advice: string): void {
    const isWithin = this.#budget.hold(bytes);
    this.#heldBytes += bytes;
    if (isWithin || this.#heldBytes === bytes) return;
    this.#budget.hold(-bytes);
    this.#heldBytes -= bytes;
    const what = 'came after the last checkpoint: send ids with the events';
    throw overBudget(this.#budget, advice === '' ? what : `${what}, ${advice}`);
  }
}
