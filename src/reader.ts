/** The hot path: reads one connection batch by batch, and reports what may change the state. */

import type { EndOutcome, SourceItem } from '../machines/contract.js';
import { isFeed } from '../machines/feed.js';
import { ReconnectError } from '../machines/errors.js';
import { toReconnectError } from '../machines/thrown.js';
import type { ReconnectReport, StopCommand } from '../machines/reconnect.types.js';
import type { LiveConnection } from './attempt.js';
import { nowMs } from './clock.js';
import { DecisionTimer } from './decision-timer.js';
import { Intake } from './intake.js';
import type { IntakeHost } from './intake.js';
import type { StreamDesk } from './stream-desk.js';
import { malformed } from './item-check.js';
import { isQuiet, outcomeOf, returnQuietly } from './source-words.js';
import type { ReaderRef } from './stream-machine.js';
import { stallTimeoutOf } from './timeouts.js';
import { Watchdog } from './watchdog.js';
import type { Watched } from './watchdog.js';

/** A report on progress at most this often, in ms: an inspector stays readable, the machine idle. */
const PROGRESS_MS = 100;
/** And at least this often, for streams so fast that no clock ticks between: tens per 100,000 chunks. */
const PROGRESS_CHUNKS = 16_384;

/** Silence after the protocol's end, in ms: what may still come, such as the usage, follows it at once. */
const END_GRACE_MS = 2000;
/** The stream as its readers see it. */
export interface ReaderDesk<T> extends StreamDesk<T> {
  /** Monotonic time at which the stream began: chunk times count from it. */
  readonly startedAt: number;
  report(report: ReconnectReport): void;
  /** The connection is lost. */
  lose(reader: Reader<T>, error: ReconnectError, health: ConnectionHealth): void;
}

/** What the machine is told of a connection that is left: see `Loss`. */
export interface ConnectionHealth {
  readonly proven: boolean;
  readonly spared?: true;
}

type Batch<T> = IteratorResult<readonly SourceItem<T>[]>;

/** A class: it exists once per connection and its methods are called per network chunk. */
export class Reader<T> implements IntakeHost, Watched {
  /** The consumer holds the reading up: that silence is ours. */
  isHeldUp = false;
  isOver = false;
  readonly connection: number;
  readonly #self: ReaderRef;
  readonly #desk: ReaderDesk<T>;
  readonly #live: LiveConnection<T>;
  readonly #intake: Intake<T>;
  readonly #watchdog: Watchdog;
  readonly #openedAt: number;
  #iterator: AsyncIterator<readonly SourceItem<T>[]> | null = null;
  /** The window that the watchdog waits for. */
  #stallTimeoutMs: number | null;
  #decision: DecisionTimer | null = null;
  #isProven = false;
  /** A batch came: even an empty one is a sign of life. */
  #hasSign = false;
  /** Items whose replay was told. */
  #replayTold = 0;
  #reportedAt: number;
  #reportedChunks: number;

  constructor(live: LiveConnection<T>, desk: ReaderDesk<T>, connection: number, self: ReaderRef) {
    const { options, ledger } = desk;
    this.connection = connection;
    this.#self = self;
    this.#live = live;
    this.#desk = desk;
    this.#openedAt = this.#reportedAt = nowMs(options.clock);
    this.#reportedChunks = ledger.chunks;
    this.#intake = new Intake(desk, this);
    this.#stallTimeoutMs = this.stallTimeoutMs;
    this.#watchdog = new Watchdog(this, options.clock);
  }

  /** Tells the machine, as long as it listens to this connection. */
  send(report: ReconnectReport): void {
    if (this.#self.getSnapshot().status === 'active') this.#desk.report(report);
  }

  /** Begins to read. */
  start(): void {
    this.#pull();
  }

  /** Answers the machine's question in the same turn; nothing of this connection is heard after it. */
  stop(command: StopCommand): void {
    const isLeft = command.type === 'pause' || command.type === 'retryNow';
    // No request follows an end that was read.
    if (isLeft && !this.isOver && this.#endByOutcome()) return;
    const { ledger, options } = this.#desk;
    const { connection } = this;
    const proven = this.#hasHealth(nowMs(options.clock));
    this.#finish();
    this.send({ type: 'stream.stopped', command, ledger: ledger.freeze(), proven, connection });
  }

  /** Lets go without a word: the machine has left. */
  dispose(): void {
    this.#finish();
    this.#live.close();
  }

  /** The host came back: see whether the connection did. */
  probe(): void {
    this.#watchdog.probe();
  }

  get stallTimeoutMs(): number | null {
    const { options, source, ledger } = this.#desk;
    const stallMs = isQuiet(this.#live.connection)
      ? null
      : stallTimeoutOf(options, source, ledger.hasCursor);
    return this.#outcome === null ? stallMs : Math.min(stallMs ?? Infinity, END_GRACE_MS);
  }

  get progressTimeoutMs(): number | null {
    return this.#desk.options.progressTimeoutMs;
  }

  /** The protocol's end, where it was read although the connection goes on. */
  get #outcome(): EndOutcome | null {
    return outcomeOf(this.#live.connection);
  }

  onSilence(error: ReconnectError, silentMs: number): void {
    const { connection } = this;
    if (this.#outcome === null) this.send({ type: 'stream.stalled', silentMs, connection });
    this.#lose(error);
  }

  #pull(): void {
    try {
      this.#iterator ??= this.#live.connection.batches[Symbol.asyncIterator]();
      const next: unknown = this.#iterator.next();
      const promise =
        next instanceof Promise ? (next as Promise<Batch<T>>) : Promise.resolve(next as Batch<T>);
      promise.then(this.#onBatch, this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }

  // Bound once: per network chunk there is one `then` and no closure.
  readonly #onBatch = (result: Batch<T>): void => {
    if (this.isOver) return;
    const now = nowMs(this.#desk.options.clock);
    this.#watchdog.bytesAt = now;
    this.#hasSign ||= result.done !== true;
    try {
      if (result.done === true) this.#eof();
      else this.#accept(result.value, now);
    } catch (error) {
      this.#lose(toProtocolError(error));
    }
    if (!this.isOver) this.#report(now);
    if (!this.isOver) this.#waitForDecision();
    if (!this.isOver) this.#readOn();
  };

  readonly #onError = (error: unknown): void => this.#lose(toReconnectError(error));

  #accept(items: readonly SourceItem<T>[], now: number): void {
    if (!Array.isArray(items)) throw malformed('something that is not a batch of items');
    const intake = this.#intake;
    const hasData = intake.accept(items, now - this.#desk.startedAt);
    if (hasData) this.#watchdog.dataAt = now;
    if (intake.end !== null) this.#end(intake.end);
    else if (this.stallTimeoutMs !== this.#stallTimeoutMs) {
      this.#stallTimeoutMs = this.stallTimeoutMs;
      this.#watchdog.rearm();
    }
  }

  #waitForDecision(): void {
    if (this.#intake.isUndecided) {
      this.#decision ??= new DecisionTimer(this.#desk.options.clock, () => this.#decide());
      this.#decision.start();
    } else this.#decision?.stop();
  }

  #decide(): void {
    try {
      this.#intake.decide(nowMs(this.#desk.options.clock) - this.#desk.startedAt);
    } catch (error) {
      this.#lose(toProtocolError(error));
    }
  }

  #readOn(): void {
    const { delivery } = this.#desk;
    if (delivery.hasRoom) {
      this.#pull();
      return;
    }
    this.isHeldUp = true;
    delivery.onRoom = () => {
      if (this.isOver) return;
      this.isHeldUp = false;
      this.#watchdog.bytesAt = this.#watchdog.dataAt = nowMs(this.#desk.options.clock);
      this.#pull();
    };
  }

  #report(now: number): void {
    const { ledger } = this.#desk;
    const { connection } = this;
    const proves = !this.#isProven && this.#hasHealth(now);
    const chunks = ledger.chunks - this.#reportedChunks;
    const isDue =
      chunks > 0 && (now - this.#reportedAt >= PROGRESS_MS || chunks >= PROGRESS_CHUNKS);
    if (!proves && !isDue) return;
    this.#isProven ||= proves;
    this.#reportedAt = now;
    this.#reportedChunks = ledger.chunks;
    if (proves) this.#reportReplay();
    this.#desk.guard.known.digest();
    this.send({ type: 'stream.progress', ledger: ledger.freeze(), proven: proves, connection });
  }

  /** New data, and uptime where that is asked for, or a feed that is alive: the attempts start again from 0. */
  #hasHealth(now: number): boolean {
    const { resetAfterMs, aliveAfterMs, maxBackoffMs } = this.#desk.options.policy;
    const upMs = now - this.#openedAt;
    if (this.#intake.hasNewData && (resetAfterMs === null || upMs >= resetAfterMs)) return true;
    if (!this.#isFeed || aliveAfterMs === null) return false;
    return upMs >= aliveAfterMs && (this.#hasSign || upMs >= maxBackoffMs);
  }

  get #isFeed(): boolean {
    const { source, ledger } = this.#desk;
    return isFeed(source, ledger.cursor);
  }

  /** A replay is told when new data proves it over, or when the connection is. */
  #reportReplay(): void {
    const items = this.#intake.replayed - this.#replayTold;
    if (items === 0) return;
    this.#replayTold += items;
    this.send({ type: 'stream.replayed', items, connection: this.connection });
  }

  #eof(): void {
    if (this.#endByOutcome()) return;
    const { source, ledger } = this.#desk;
    if (source.terminal === 'explicit') {
      this.#lose(new ReconnectError('eof', 'the bytes ended without the end marker'));
      return;
    }
    this.#intake.finish(ledger.lastTimeMs);
    this.#end('complete');
  }

  #end(outcome: NonNullable<Intake<T>['end']>): void {
    this.#reportReplay();
    if (this.isOver) return;
    const { ledger } = this.#desk;
    const { connection } = this;
    this.#finish();
    this.send({ type: 'stream.ended', outcome, ledger: ledger.freeze(), connection });
  }

  /** Ends the stream where its end was read before: what came is whole, whatever happens to the connection. */
  #endByOutcome(): boolean {
    const outcome = this.#outcome;
    if (outcome === null) return false;
    try {
      this.#intake.finish(this.#desk.ledger.lastTimeMs);
    } catch {
      // What is held cannot be taken: then the loss is one.
      return false;
    }
    if (!this.isOver) this.#end(outcome);
    return true;
  }

  #lose(error: ReconnectError): void {
    if (this.isOver || this.#endByOutcome()) return;
    this.#intake.leave();
    this.#reportReplay();
    if (this.isOver) return;
    const proven = this.#hasHealth(nowMs(this.#desk.options.clock));
    this.#finish();
    // A quiet feed is left by us, and says nothing of its peer: the waits grow, and cost no attempt.
    const isOurs = error.kind === 'stall' && this.#isFeed;
    this.#desk.lose(this, error, isOurs ? { proven, spared: true } : { proven });
  }

  #finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#intake.leave();
    this.#decision?.stop();
    this.#watchdog.stop();
    this.#desk.delivery.onRoom = null;
    this.#desk.tail.leave();
    // Last, since it runs code of the source.
    returnQuietly(this.#iterator);
  }
}

/** A source may give anything. */
function toProtocolError(error: unknown): ReconnectError {
  return error instanceof ReconnectError ? error : malformed('what cannot be read', error);
}
