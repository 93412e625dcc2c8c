/** What comes in is recorded, held until its checkpoint, and handed on. Synchronous: no time passes here. */

import { clampTimerMs } from '../../machines/backoff.js';
import type { DataItem, EndOutcome, SourceItem } from '../../machines/source-contract.js';
import type { ReconnectError } from '../../machines/errors.js';
import type { ReconnectReport } from '../../machines/reconnect.types.js';
import { isFeed, leavesGap } from '../../machines/feed.js';
import { isPlain, isPlainData } from '../progress/progress.js';
import { checkItem } from '../progress/validate-item.js';
import { EMPTY } from '../progress/empty.js';
import type { Accepted } from '../replay/replay-guard.js';
import { ToolCallReports } from '../progress/tool-call-reports.js';
import type { ReceivedUnit, StreamParts } from './stream-parts.js';

type ReportedGap = Extract<SourceItem<unknown>, { type: 'gap' }>;

/** Sends the machine what the receiver finds. */
export interface ReceiverHost {
  /** Nothing more of this connection is taken. */
  readonly isOver: boolean;
  send(report: ReconnectReport): void;
  /** The replay is over. */
  onUpToDate(): void;
}

/** A class: it exists once per connection and its methods are called per item. */
export class Receiver<T> {
  /** New items were committed, more than before a restart: the connection is of use. */
  hasNewData = false;
  /** In how many ms the peer will end this connection by plan: set once it said so. */
  rotateAfterMs: number | null = null;
  /** The end marker, once it came. */
  end: EndOutcome | null = null;
  /** What was received could not be kept when the connection was left. */
  fault: ReconnectError | null = null;
  readonly #stream: StreamParts<T>;
  readonly #host: ReceiverHost;
  readonly #calls: ToolCallReports;
  /** Every item stands for itself: none waits for a checkpoint, and none may be old. */
  #isPlain = false;
  #isLeft = false;

  constructor(stream: StreamParts<T>, host: ReceiverHost) {
    const { progress, guard, source } = stream;
    this.#stream = stream;
    this.#host = host;
    this.#calls = new ToolCallReports(progress, host);
    const canReplay = source.resume !== 'live' && source.leavesOutReplays !== true;
    guard.begin(progress.chunks > 0 && progress.hasCursor && canReplay);
    this.#look();
  }

  /** An item is held that may be the beginning of a replay, or new. */
  get isUndecided(): boolean {
    return !this.#isPlain && this.#stream.guard.isUndecided;
  }

  /**
   * Takes one batch. Returns whether data was in it.
   * @throws ReconnectError kind `limit`; `protocol` for a malformed item.
   */
  accept(items: readonly SourceItem<T>[], timeMs: number): boolean {
    // The common case, in one pass and without a copy.
    const plain = this.#isPlain ? this.#recordPlain(items, timeMs) : 0;
    if (plain > 0 && plain === items.length) return true;
    let hasData = plain > 0;
    this.#isPlain = false;
    // A listener may stop the stream in the middle of a batch: the rest of it comes again, or never.
    for (let n = plain; n < items.length && this.end === null && !this.#host.isOver;) {
      const uncommitted = this.#acceptUncommitted(items, n);
      if (uncommitted > 0) {
        hasData = true;
        n += uncommitted;
        continue;
      }
      const item = items[n++] as SourceItem<T>;
      this.#acceptOne(item, timeMs);
      this.#calls.send();
      if (item.type === 'data') hasData = true;
    }
    this.#look();
    return hasData;
  }

  /** Nothing came that would show whether the held item is old: it is delivered. */
  decide(timeMs: number): void {
    this.#takeAll(this.#stream.guard.release(), timeMs);
    this.#look();
    this.#calls.send();
  }

  /** The connection is left: what is held comes again, if it was new. */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    const { progress, guard, source, tail } = this.#stream;
    if (this.#isPlain && !progress.hasCalls) return;
    guard.leave();
    // Whoever received a call may have run it: it stays known, although what came around it comes again.
    this.fault = this.#calls.keep(tail.deliveredCalls);
    if (leavesGap(source, progress.cursor)) this.#calls.cutOpen();
    this.#calls.send();
    tail.leave();
  }

  /** The stream is over: what waits for a checkpoint, or for a proof, is not waiting any more. */
  finish(timeMs: number): void {
    const { guard, progress } = this.#stream;
    const { chunks } = progress;
    if (guard.isTrusting) this.#reportGap({ from: progress.cursor ?? chunks, to: chunks });
    // They came on this connection, so what the one before brought is not brought again.
    for (const { unit } of guard.release())
      if (unit.type === 'data') this.#data(unit, false, timeMs);
    this.#commitTail(timeMs);
    this.#calls.send();
  }

  #look(): void {
    this.#isPlain = this.#stream.tail.isEmpty && this.#stream.guard.isIdle;
  }

  /** Records items up to the first that does not stand for itself, and queues them. Returns how many. */
  #recordPlain(items: readonly SourceItem<T>[], timeMs: number, mayHold = true): number {
    const { progress, delivery, source } = this.#stream;
    const holds = mayHold && source.resume === 'cursor';
    const { bytes, chars } = progress;
    const count = progress.record(items, holds, timeMs);
    if (count === 0) return 0;
    this.#countNews();
    const plain = (count === items.length ? items : items.slice(0, count)) as DataItem<T>[];
    delivery.push(plain, progress.tools, progress.bytes - bytes, progress.chars - chars);
    return count;
  }

  /** Items without an id in a row: they wait for the same checkpoint, and are delivered together. Returns how many. */
  #acceptUncommitted(items: readonly SourceItem<T>[], from: number): number {
    const { progress, tail, guard } = this.#stream;
    if (tail.isLeft || !this.#holds() || !guard.isIdle) return 0;
    let to = from;
    for (; to < items.length; to++) {
      const item = items[to] as SourceItem<T>;
      if (item.type !== 'data' || item.id !== undefined || item.toolCall !== undefined) break;
      if (!isPlainData(item)) break;
    }
    if (to > from) tail.add(items.slice(from, to) as DataItem<T>[], progress.tools);
    return to - from;
  }

  #acceptOne(item: SourceItem<T>, timeMs: number): void {
    checkItem(item);
    switch (item.type) {
      case 'data':
      case 'checkpoint':
        return this.#recognise(item, timeMs);
      case 'identity':
        return this.#identify(item.key);
      case 'retry':
        return this.#stream.progress.advise(clampTimerMs(item.ms));
      case 'upToDate':
        return this.#host.onUpToDate();
      case 'rotate':
        this.rotateAfterMs = item.afterMs ?? 0;
        return;
      case 'gap':
        return void this.#reportGap({ from: item.from, to: item.to });
      case 'replayed':
        this.#stream.guard.addSkipped(item.items);
        return;
      case 'diagnostic':
        return this.#note(item.code, item.message);
      case 'reset':
        return this.#reset(item.scope, item.why);
      case 'end':
        this.finish(timeMs);
        this.end = item.outcome;
        return;
      case 'alive':
    }
  }

  #recognise(item: ReceivedUnit<T>, timeMs: number): void {
    const { guard, progress, tail } = this.#stream;
    const position = { cursor: progress.cursor, items: progress.chunks };
    const accepted = guard.take(item, position, tail.isLeft ? EMPTY : tail.items);
    this.#retractReplayed();
    const message = guard.takeComplaint();
    if (message !== null) this.#note('ids-useless', message);
    this.#takeAll(accepted, timeMs);
  }

  #takeAll(accepted: readonly Accepted<ReceivedUnit<T>>[], timeMs: number): void {
    for (const { unit, gap, isLate } of accepted) {
      // What a listener stopped comes again.
      if (!this.#retractLeft() || !this.#reportGap(gap)) return;
      if (unit.type === 'data') this.#data(unit, isLate, timeMs);
      else if (!isLate) this.#checkpoint(unit.cursor, timeMs);
    }
  }

  #data(item: DataItem<T>, isLate: boolean, timeMs: number): void {
    const { tail, progress } = this.#stream;
    if (item.id === undefined && this.#holds()) return tail.add([item], progress.tools);
    this.#commitTail(timeMs);
    this.#commit(item, timeMs, isLate);
  }

  #checkpoint(cursor: string, timeMs: number): void {
    const { progress, delivery } = this.#stream;
    this.#commitTail(timeMs);
    progress.commit(cursor);
    delivery.checkpoint(cursor);
  }

  /** Another stream than the one so far: nothing of that will go on. */
  #identify(key: string): void {
    const { progress } = this.#stream;
    if (progress.key !== null && progress.key !== key)
      this.#reset('all', 'the peer began another stream');
    progress.key = key;
  }

  /** What came right before a replay that is proven now may be part of it. */
  #retractReplayed(): void {
    const { tail, guard } = this.#stream;
    if (!guard.takeProof(tail.isLeft ? EMPTY : tail.items)) return;
    guard.addSkipped(tail.size);
    this.#retract('the server sent these items again');
  }

  /** What the connection before this one brought without a checkpoint comes again now. False: the stream was stopped. */
  #retractLeft(): boolean {
    if (this.#stream.tail.isLeft)
      this.#retract('the connection was left before their checkpoint came');
    return !this.#host.isOver;
  }

  /** False: the stream was stopped. */
  #reportGap(gap: Pick<ReportedGap, 'from' | 'to'> | null): boolean {
    if (gap !== null) {
      this.#calls.cutOpen();
      this.#host.send({ type: 'stream.gap', ...gap });
    }
    return !this.#host.isOver;
  }

  #commitTail(timeMs: number): void {
    const { progress, tail } = this.#stream;
    const committed = tail.commit();
    if (committed === null) return;
    const { delivered, held } = committed;
    progress.recordTail(delivered, timeMs);
    for (const delta of delivered.toolCalls) this.#calls.add(delta);
    this.#countNews();
    this.#commitHeld(held, timeMs);
  }

  /** In runs: an entry of the queue for each item would be slow where there are many. */
  #commitHeld(held: readonly DataItem<T>[], timeMs: number): void {
    for (let from = 0; from < held.length;) {
      let to = from;
      while (to < held.length && isPlain(held[to])) to++;
      this.#recordPlain(held.slice(from, to), timeMs, false);
      if (to < held.length) this.#commit(held[to] as DataItem<T>, timeMs, false);
      from = to + 1;
    }
  }

  #commit(item: DataItem<T>, timeMs: number, isLate: boolean): void {
    const { progress, delivery } = this.#stream;
    const { tools } = progress;
    progress.recordOne(item, timeMs, !isLate);
    this.#countNews();
    // A late id is no place to go on from.
    const one = [isLate ? { ...item, id: undefined } : item];
    delivery.push(one, tools, item.bytes, item.chars ?? 0);
    for (const delta of item.toolCall ?? []) this.#calls.add(delta);
  }

  #note(code: string, message: string): void {
    this.#host.send({ type: 'stream.diagnostic', code, message });
  }

  #countNews(): void {
    const { progress, source } = this.#stream;
    // Of a feed nothing is old.
    if (progress.chunks > progress.maxChunks || isFeed(source, progress.cursor))
      this.hasNewData = true;
  }

  /** A stream that has shown a cursor is held to it; one that never did has nothing to wait for. */
  #holds(): boolean {
    return this.#stream.source.resume === 'cursor' && this.#stream.progress.hasCursor;
  }

  #reset(scope: 'all' | 'pending', why: string): void {
    const { progress, delivery, tail, guard } = this.#stream;
    if (scope === 'pending') {
      guard.leave();
      return this.#retract(why);
    }
    const items = progress.chunks + tail.delivered;
    for (const part of [tail, guard, delivery, progress]) part.clear();
    this.#host.send({ type: 'stream.reset', scope, why, items, progress: progress.freeze() });
  }

  /** Items that were not delivered yet are taken back without an event: nobody has seen them. */
  #retract(why: string): void {
    const { progress, tail } = this.#stream;
    const items = tail.retract();
    if (items === 0) return;
    const frozen = progress.freeze();
    this.#host.send({ type: 'stream.reset', scope: 'pending', why, items, progress: frozen });
  }
}
