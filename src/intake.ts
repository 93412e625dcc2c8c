/** What comes in is recorded, held until its checkpoint, and handed on. Synchronous: no time passes here. */

import { clampTimerMs } from '../machines/backoff.js';
import type {
  DataItem,
  EndOutcome,
  SourceItem,
  StreamSource,
  ToolCallDelta,
} from '../machines/contract.js';
import { ReconnectError } from '../machines/errors.js';
import type { ReconnectReport } from '../machines/reconnect.types.js';
import type { Delivery } from './delivery.js';
import type { Ledger } from './ledger.js';
import { checkItem } from './item-check.js';
import { NONE } from './none.js';
import type { ResolvedOptions } from './options.js';
import { ReplayFilter } from './replay-filter.js';

/** Items that may wait for their checkpoint before that is an error. */
const MAX_PENDING = 100_000;

/** What belongs to the stream, whatever its connections do. */
export interface StreamDesk<T> {
  readonly source: StreamSource<T>;
  readonly options: ResolvedOptions;
  readonly ledger: Ledger;
  readonly delivery: Delivery<T>;
}

/** Who tells the machine what the intake finds. */
export interface IntakeHost {
  /** Nothing more of this connection is taken. */
  readonly isOver: boolean;
  send(report: ReconnectReport): void;
}

/** What is told when the item is accepted. */
type Finding = Omit<Extract<ReconnectReport, { type: 'stream.toolCall' }>, 'ledger'>;

/** A class: it exists once per connection and its methods are called per item. */
export class Intake<T> {
  /** Items that wait for their checkpoint (`commit`), or were handed out before it (`eager`). */
  pending: DataItem<T>[] = NONE;
  /** New items were committed, more than before a restart: the connection is of use. */
  hasNewData = false;
  /** The end marker, once it came. */
  end: EndOutcome | null = null;
  readonly #desk: StreamDesk<T>;
  readonly #host: IntakeHost;
  readonly #replay: ReplayFilter | null;
  #findings: Finding[] = NONE;
  /** Items left out because their ids say that their turn was over. */
  #late = 0;

  constructor(desk: StreamDesk<T>, host: IntakeHost) {
    const { ledger } = desk;
    this.#desk = desk;
    this.#host = host;
    this.#replay = ledger.chunks > 0 && ledger.hasCursor ? new ReplayFilter(ledger) : null;
  }

  /** Items left out because they were committed before. */
  get replayed(): number {
    return (this.#replay?.skipped ?? 0) + this.#late;
  }

  /**
   * Takes one batch; tells whether data was in it.
   * @throws ReconnectError kind `limit`; `protocol` for a malformed item.
   */
  accept(items: readonly SourceItem<T>[], timeMs: number): boolean {
    const plain = this.#acceptPlain(items, timeMs);
    let hasData = plain > 0;
    // A listener may stop the stream in the middle of a batch: the rest of it comes again, or never.
    for (let n = plain; n < items.length && this.end === null && !this.#host.isOver; n++) {
      const item = items[n] as SourceItem<T>;
      this.#acceptOne(item, timeMs);
      this.#tell();
      if (item.type === 'data') hasData = true;
    }
    return hasData;
  }

  /** The connection is left before the checkpoint of what was handed out. */
  retract(): void {
    if (this.pending.length === 0 || this.#desk.options.delivery === 'commit') return;
    this.#reset('pending', 'the connection was left before their checkpoint came');
  }

  /** The bytes ended, and that is the end: what is pending is whole. */
  finish(timeMs: number): void {
    this.#commitPending(timeMs);
    this.#tell();
  }

  /** The common case, in one pass and without a copy: every item stands for itself. */
  #acceptPlain(items: readonly SourceItem<T>[], timeMs: number): number {
    const { ledger, delivery } = this.#desk;
    const { resume, contiguous } = this.#desk.source;
    if (this.pending.length > 0 || contiguous !== undefined) return 0;
    if (!(this.#replay?.isOver ?? true)) return 0;
    const count = ledger.record(items, resume === 'cursor', timeMs);
    if (count === 0) return 0;
    if (ledger.chunks > ledger.peak) this.hasNewData = true;
    delivery.push(
      (count === items.length ? items : items.slice(0, count)) as readonly DataItem<T>[],
      ledger.tools,
    );
    return count;
  }

  #acceptOne(item: SourceItem<T>, timeMs: number): void {
    const { ledger, delivery } = this.#desk;
    checkItem(item);
    switch (item.type) {
      case 'data':
        if (!(this.#replay?.isOld(item.id) ?? false)) this.#data(item, timeMs);
        else if (item.id !== undefined) this.#dropReplayed();
        return;
      case 'checkpoint':
        if (this.#replay?.isOld(item.cursor) ?? false) {
          this.#dropReplayed();
          return;
        }
        if (!this.#hasTurn(item.cursor, undefined)) return;
        this.#commitPending(timeMs);
        ledger.commit(item.cursor);
        delivery.checkpoint(item.cursor);
        return;
      case 'identity':
        this.#identify(item.key);
        return;
      case 'retry':
        ledger.advise(clampTimerMs(item.ms));
        return;
      case 'alive':
        return;
      case 'reset':
        this.#reset(item.scope, item.why);
        return;
      case 'end':
        this.#commitPending(timeMs);
        this.end = item.outcome;
        return;
    }
  }

  /** Another stream than the one so far: nothing of that will go on. */
  #identify(key: string): void {
    const { ledger } = this.#desk;
    if (ledger.key !== null && ledger.key !== key)
      this.#reset('all', 'the peer began another stream');
    ledger.key = key;
  }

  /** An old id covers what came before it on this connection: those items are old too. */
  #dropReplayed(): void {
    if (this.pending.length === 0) return;
    if (this.#replay !== null) this.#replay.skipped += this.pending.length;
    if (this.#desk.options.delivery === 'commit') this.pending = NONE;
    else this.#reset('pending', 'the server sent these items again');
  }

  #data(item: DataItem<T>, timeMs: number): void {
    const { options, delivery, ledger } = this.#desk;
    if (item.id === undefined && this.#holds()) {
      if (this.pending.length >= MAX_PENDING) throw tooManyPending(MAX_PENDING);
      if (this.pending.length === 0) this.pending = [item];
      else this.pending.push(item);
      if (options.delivery === 'eager') delivery.push([item], ledger.tools, true);
      return;
    }
    if (item.id !== undefined && !this.#hasTurn(item.id, item.follows)) return;
    this.#commitPending(timeMs);
    this.#commit(item, timeMs, true);
  }

  #commitPending(timeMs: number): void {
    const { pending } = this;
    if (pending.length === 0) return;
    this.pending = NONE;
    const isHeld = this.#desk.options.delivery === 'commit';
    for (const item of pending) this.#commit(item, timeMs, isHeld);
    if (!isHeld) this.#desk.delivery.commit();
  }

  #commit(item: DataItem<T>, timeMs: number, handOut: boolean): void {
    const { ledger, delivery } = this.#desk;
    const toolsBefore = ledger.tools;
    ledger.recordOne(item, timeMs);
    if (ledger.chunks > ledger.peak) this.hasNewData = true;
    if (handOut) delivery.push([item], toolsBefore);
    for (const delta of item.toolCall ?? []) this.#toolCall(delta);
  }

  #toolCall(delta: ToolCallDelta): void {
    const { ledger } = this.#desk;
    const status = ledger.calls.apply(delta);
    if (status === null) return;
    const name = ledger.tools.toolCalls[delta.id]?.name ?? null;
    this.#note({ type: 'stream.toolCall', id: delta.id, name, status });
  }

  /**
   * Whether what has this id is taken. Where ids tell that something is missing before it, so does the stream;
   * where they tell that its turn is over, it is left out.
   */
  #hasTurn(to: string, follows: string | undefined): boolean {
    const { source, ledger } = this.#desk;
    const from = ledger.cursor;
    if (from === null || from === '') return true;
    const relation = follows === undefined || follows === from ? relate(source, from, to) : false;
    if (relation === 'old') {
      this.#late += 1;
      this.#dropReplayed();
      return false;
    }
    if (!relation) this.#host.send({ type: 'stream.gap', from, to });
    // Whoever stopped the stream there has nothing of what comes after the gap.
    return !this.#host.isOver;
  }

  #note(finding: Finding): void {
    if (this.#findings.length === 0) this.#findings = [finding];
    else this.#findings.push(finding);
  }

  /** Tells what was found, once the account is whole: a listener may stop the stream, or ask for it. */
  #tell(): void {
    if (this.#findings.length === 0) return;
    const findings = this.#findings;
    this.#findings = NONE;
    const ledger = this.#desk.ledger.freeze();
    for (const finding of findings) this.#host.send({ ...finding, ledger });
  }

  /** A stream that has shown a cursor is held to it; one that never did has nothing to wait for. */
  #holds(): boolean {
    return this.#desk.source.resume === 'cursor' && this.#desk.ledger.hasCursor;
  }

  #reset(scope: 'all' | 'pending', why: string): void {
    const { ledger, delivery, options } = this.#desk;
    const waiting = options.delivery === 'eager' ? this.pending.length : 0;
    const unseen = delivery.takeBack(waiting);
    this.pending = NONE;
    if (scope === 'all') {
      if (this.#replay !== null) this.#replay.isOver = true;
      delivery.clear();
      ledger.clear();
    } else if (unseen === waiting) return;
    this.#host.send({ type: 'stream.reset', scope, why, ledger: ledger.freeze() });
  }
}

/** A function of the caller, or of a source. */
function relate<T>(source: StreamSource<T>, from: string, to: string): boolean | 'old' {
  try {
    return source.contiguous?.(from, to) ?? true;
  } catch (cause) {
    const threw = new ReconnectError('callback', 'contiguous threw', { cause });
    throw Object.assign(threw, { fatal: true });
  }
}

function tooManyPending(limit: number): ReconnectError {
  return new ReconnectError(
    'limit',
    `more than ${limit} items without an id came after one with an id: send ids with every event, or use delivery: 'eager'`,
  );
}
