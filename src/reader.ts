/** The hot path: reads one connection, keeps the ledger, delivers, and reports what may change the state. */

import { clampTimerMs } from '../machines/backoff.js';
import type {
  Connection,
  DataItem,
  SourceItem,
  StreamSource,
  ToolCallDelta,
} from '../machines/contract.js';
import { ReconnectError } from '../machines/errors.js';
import type { ReconnectReport, StopCommand } from '../machines/reconnect.types.js';
import { toReconnectError } from './classify.js';
import type { Clock } from './clock.js';
import type { Delivery } from './delivery.js';
import type { Ledger } from './ledger.js';
import { ReplayFilter } from './replay-filter.js';
import { Watchdog } from './watchdog.js';

/** A report on progress at most this often, in ms: an inspector stays readable, the machine idle. */
const PROGRESS_MS = 100;
/** And at least this often, for streams so fast that no clock ticks between: tens per 100,000 chunks. */
const PROGRESS_CHUNKS = 8192;

export interface ReaderOptions<T> {
  readonly connection: number;
  readonly source: StreamSource<T>;
  readonly ledger: Ledger;
  readonly delivery: Delivery<T>;
  readonly clock: Clock;
  readonly streamStartedAt: number;
  readonly mode: 'commit' | 'eager';
  readonly resumed: boolean;
  readonly stallTimeoutMs: number | null;
  readonly progressTimeoutMs: number | null;
  readonly resetAfterMs: number | null;
  /** Items that may wait for their checkpoint. */
  readonly maxPending: number;
  send(report: ReconnectReport): void;
  /** The connection is lost; what was not committed comes along. */
  lose(error: ReconnectError, pending: readonly DataItem<T>[], proven: boolean): void;
}

/** A class: it exists once per connection and its methods are called per chunk. */
export class Reader<T> {
  readonly #o: ReaderOptions<T>;
  readonly #iterator: AsyncIterator<readonly SourceItem<T>[]>;
  readonly #watchdog: Watchdog;
  readonly #openedAt: number;
  readonly #onBatch = (result: IteratorResult<readonly SourceItem<T>[]>): void =>
    this.#receive(result);
  readonly #onError = (error: unknown): void => this.#lose(toReconnectError(error));
  readonly #replay: ReplayFilter | null;
  /** Items that wait for their checkpoint (`commit`), or were handed out before it (`eager`). */
  #pending: DataItem<T>[] = [];
  #over = false;
  #isHeldUp = false;
  #hasNewData = false;
  #isProven = false;
  #isReplayReported = false;
  #reportedAt: number;
  #reportedChunks: number;

  constructor(connection: Connection<T>, options: ReaderOptions<T>) {
    this.#o = options;
    this.#openedAt = this.#reportedAt = options.clock.now();
    this.#reportedChunks = options.ledger.chunks;
    this.#replay =
      options.resumed && options.ledger.cursor !== null ? new ReplayFilter(options.ledger) : null;
    this.#watchdog = new Watchdog({
      clock: options.clock,
      stallTimeoutMs: options.stallTimeoutMs,
      progressTimeoutMs: options.progressTimeoutMs,
      isHeldUp: () => this.#isHeldUp,
      onSilence: (error, silentMs) => {
        options.send({ type: 'stream.stalled', silentMs, connection: options.connection });
        this.#lose(error);
      },
    });
    this.#iterator = connection.batches[Symbol.asyncIterator]();
  }

  /** Begins to read. */
  start(): void {
    this.#pull();
  }

  /** Answers the machine's question in the same turn; nothing of this connection is heard after it. */
  stop(command: StopCommand): void {
    if (this.#over) return;
    const { ledger, connection, send } = this.#o;
    this.#finish();
    send({ type: 'stream.stopped', command, ledger: ledger.freeze(), connection });
  }

  /** Lets go without a word: the machine has left. */
  dispose(): void {
    this.#finish();
  }

  #pull(): void {
    let next: unknown;
    try {
      next = this.#iterator.next();
    } catch (error) {
      return this.#lose(toReconnectError(error));
    }
    if (next instanceof Promise) next.then(this.#onBatch, this.#onError);
    else
      Promise.resolve(next as IteratorResult<readonly SourceItem<T>[]>).then(
        this.#onBatch,
        this.#onError,
      );
  }

  #receive(result: IteratorResult<readonly SourceItem<T>[]>): void {
    if (this.#over) return;
    const now = this.#o.clock.now();
    this.#watchdog.bytesAt = now;
    try {
      if (result.done === true) return this.#eof();
      this.#accept(result.value, now);
    } catch (error) {
      return this.#lose(error instanceof ReconnectError ? error : malformed(error));
    }
    if (this.#over) return;
    this.#report(now);
    if (this.#over) return;
    if (this.#o.delivery.hasRoom) return this.#pull();
    this.#isHeldUp = true;
    this.#o.delivery.onRoom = () => this.#resume();
  }

  #resume(): void {
    if (this.#over) return;
    this.#isHeldUp = false;
    this.#watchdog.bytesAt = this.#watchdog.dataAt = this.#o.clock.now();
    this.#pull();
  }

  /** The common case: every item is its own checkpoint, nothing is pending, nothing is replayed. */
  #accept(items: readonly SourceItem<T>[], now: number): void {
    const { ledger, delivery, streamStartedAt } = this.#o;
    const timeMs = Math.trunc(now - streamStartedAt);
    const isOpen = this.#replay === null || this.#replay.isOver;
    const holds = this.#holds();
    let plain = 0;
    if (isOpen && this.#pending.length === 0) {
      for (; plain < items.length; plain++) {
        const item = items[plain] as SourceItem<T>;
        if (item.type !== 'data' || item.toolCall !== undefined || (item.id === undefined && holds))
          break;
        ledger.record(item, timeMs);
      }
    }
    if (plain > 0) {
      this.#hasNewData = true;
      this.#watchdog.dataAt = now;
      const all = plain === items.length;
      delivery.push((all ? items : items.slice(0, plain)) as readonly DataItem<T>[], ledger.tools);
    }
    for (let n = plain; n < items.length && !this.#over; n++)
      this.#acceptOne(items[n] as SourceItem<T>, timeMs);
  }

  #acceptOne(item: SourceItem<T>, timeMs: number): void {
    const { ledger, delivery, connection, send } = this.#o;
    switch (item.type) {
      case 'data':
        this.#watchdog.dataAt = this.#watchdog.bytesAt;
        if (this.#replay?.isOld(item.id) ?? false) return;
        return this.#data(item, timeMs);
      case 'checkpoint':
        if (this.#replay?.isOld(item.cursor) ?? false) return;
        this.#commitPending(timeMs);
        ledger.commit(item.cursor);
        return delivery.checkpoint(item.cursor);
      case 'retry':
        return ledger.advise(clampTimerMs(item.ms));
      case 'alive':
        return;
      case 'reset':
        return this.#reset(item.scope, item.why);
      case 'end':
        this.#commitPending(timeMs);
        this.#reportReplay();
        if (this.#over) return;
        this.#finish();
        return send({
          type: 'stream.ended',
          outcome: item.outcome,
          ledger: ledger.freeze(),
          connection,
        });
    }
  }

  #data(item: DataItem<T>, timeMs: number): void {
    const { mode, delivery, ledger, maxPending } = this.#o;
    if (item.id === undefined && this.#holds()) {
      this.#pending.push(item);
      if (mode === 'eager') delivery.push([item], ledger.tools);
      if (this.#pending.length > maxPending) throw tooManyPending(maxPending);
      return;
    }
    this.#commitPending(timeMs);
    this.#commit(item, timeMs, true);
  }

  #commitPending(timeMs: number): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    for (const item of pending) this.#commit(item, timeMs, this.#o.mode === 'commit');
  }

  #commit(item: DataItem<T>, timeMs: number, handOut: boolean): void {
    const { ledger, delivery } = this.#o;
    const toolsBefore = ledger.tools;
    ledger.record(item, timeMs);
    this.#hasNewData = true;
    if (handOut) delivery.push([item], toolsBefore);
    if (item.toolCall !== undefined) for (const delta of item.toolCall) this.#toolCall(delta);
  }

  #toolCall(delta: ToolCallDelta): void {
    const { ledger, send } = this.#o;
    const status = ledger.toolCall(delta);
    if (status === null) return;
    const name = ledger.tools.toolCalls[delta.id]?.name ?? null;
    send({ type: 'stream.toolCall', id: delta.id, name, status, ledger: ledger.freeze() });
  }

  /** A stream that has shown a cursor is held to it; one that never did has nothing to wait for. */
  #holds(): boolean {
    return this.#o.source.resume === 'cursor' && this.#o.ledger.cursor !== null;
  }

  #reset(scope: 'all' | 'pending', why: string): void {
    const { ledger, delivery, send } = this.#o;
    delivery.takeBack(this.#pending.length);
    this.#pending = [];
    if (scope === 'all') {
      delivery.clear();
      ledger.clear();
    }
    send({ type: 'stream.reset', scope, why, ledger: ledger.freeze() });
  }

  #report(now: number): void {
    const { ledger, connection, send, resetAfterMs } = this.#o;
    const hasHealth =
      this.#hasNewData && (resetAfterMs === null || now - this.#openedAt >= resetAfterMs);
    const proves = hasHealth && !this.#isProven;
    const chunks = ledger.chunks - this.#reportedChunks;
    if (
      !proves &&
      (chunks === 0 || (now - this.#reportedAt < PROGRESS_MS && chunks < PROGRESS_CHUNKS))
    )
      return;
    this.#isProven ||= hasHealth;
    this.#reportedAt = now;
    this.#reportedChunks = ledger.chunks;
    if (proves) this.#reportReplay();
    send({ type: 'stream.progress', ledger: ledger.freeze(), proven: proves, connection });
  }

  /** A replay is told once: when new data proves it over, or when the connection is. */
  #reportReplay(): void {
    const items = this.#replay?.skipped ?? 0;
    if (items === 0 || this.#isReplayReported) return;
    this.#isReplayReported = true;
    this.#o.send({ type: 'stream.replayed', items, connection: this.#o.connection });
  }

  #eof(): void {
    const { source, ledger, connection, send } = this.#o;
    if (source.terminal === 'explicit') {
      return this.#lose(new ReconnectError('eof', 'the bytes ended without the end marker'));
    }
    this.#commitPending(ledger.lastTimeMs);
    this.#reportReplay();
    if (this.#over) return;
    this.#finish();
    send({ type: 'stream.ended', outcome: 'complete', ledger: ledger.freeze(), connection });
  }

  #lose(error: ReconnectError): void {
    if (this.#over) return;
    this.#reportReplay();
    if (this.#over) return;
    const pending = this.#pending;
    this.#finish();
    const { resetAfterMs, clock } = this.#o;
    const uptime = clock.now() - this.#openedAt;
    this.#o.lose(
      error,
      pending,
      this.#hasNewData && (resetAfterMs === null || uptime >= resetAfterMs),
    );
  }

  #finish(): void {
    this.#over = true;
    this.#pending = [];
    this.#watchdog.stop();
    this.#o.delivery.onRoom = null;
  }
}

function malformed(cause: unknown): ReconnectError {
  return new ReconnectError('source', 'the source gave something that is not a batch of items', {
    cause,
  });
}

function tooManyPending(limit: number): ReconnectError {
  return new ReconnectError(
    'limit',
    `more than ${limit} items without an id came after one with an id: send ids with every event, or use delivery: 'eager'`,
  );
}
