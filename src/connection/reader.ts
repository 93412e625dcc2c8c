/** The hot path: reads one connection batch by batch, and reports what may change the state. */

import type { EndOutcome, SourceItem } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import { follow } from '../../machines/thenable.js';
import { toReconnectError } from '../../machines/thrown.js';
import type { ReconnectReport, StopCommand } from '../../machines/reconnect.types.js';
import type { LiveConnection } from './open-connection.js';
import { CatchUp } from './catch-up.js';
import { nowMs } from '../host/clock.js';
import { DecisionTimer } from './decision-timer.js';
import { Intake } from './receiver.js';
import type { IntakeHost } from './receiver.js';
import { ProgressPace } from '../progress/progress-pace.js';
import { healthOf, isHealthy } from './reader-host.js';
import type { ReaderDesk, ReaderRef } from './reader-host.js';
import { malformed, malformedBy } from '../progress/validate-item.js';
import { PlannedEnd } from './planned-end.js';
import { iteratorOf, outcomeOf, returnQuietly } from '../config/source-words.js';
import { stallWindow } from './stall-window.js';
import { inTurn } from '../host/turn.js';
import { Watchdog } from './watchdog.js';
import type { Watched } from './watchdog.js';

type Batch<T> = IteratorResult<readonly SourceItem<T>[]>;

/** A class: it exists once per connection and its methods are called per network chunk. */
export class Reader<T> implements IntakeHost, Watched {
  /** The consumer holds the reading up: that silence is ours. */
  isHeldUp = false;
  isOver = false;
  readonly connection: number;
  readonly #self: ReaderRef;
  readonly #desk: ReaderDesk<T, Reader<T>>;
  readonly #live: LiveConnection<T>;
  readonly #intake: Intake<T>;
  readonly #watchdog: Watchdog;
  readonly #openedAt: number;
  readonly #catchUp: CatchUp;
  readonly #pace: ProgressPace;
  readonly #plannedEnd: PlannedEnd;
  #iterator: AsyncIterator<readonly SourceItem<T>[]> | null = null;
  /** The window that the watchdog waits for. */
  #stallTimeoutMs: number | null;
  #decision: DecisionTimer | null = null;
  #isProven = false;
  /** A batch came: even an empty one is a sign of life. */
  #hasSign = false;

  constructor(
    live: LiveConnection<T>,
    desk: ReaderDesk<T, Reader<T>>,
    connection: number,
    self: ReaderRef,
  ) {
    const { options, ledger } = desk;
    this.connection = connection;
    this.#self = self;
    this.#live = live;
    this.#desk = desk;
    this.#openedAt = nowMs(options.clock);
    this.#pace = new ProgressPace(this.#openedAt, ledger.chunks);
    this.#catchUp = new CatchUp(desk, connection, (report) => this.send(report));
    this.#intake = new Intake(desk, this);
    this.#stallTimeoutMs = this.stallTimeoutMs;
    this.#watchdog = new Watchdog(this, options.clock);
    this.#plannedEnd = new PlannedEnd(options, (isOwn) => this.#rotate(isOwn));
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
    return stallWindow(this.#desk, this.#live.connection);
  }

  get progressTimeoutMs(): number | null {
    return this.#desk.options.progressTimeoutMs;
  }

  /** The protocol's end, where it was read although the connection goes on. */
  get #outcome(): EndOutcome | null {
    return outcomeOf(this.#live.connection);
  }

  onUpToDate(): void {
    this.#catchUp.reportUpToDate();
  }

  onSilence(error: ReconnectError, silentMs: number): void {
    const { connection } = this;
    if (this.#outcome === null) this.send({ type: 'stream.stalled', silentMs, connection });
    this.#lose(error);
  }

  // Bound once, as below.
  readonly #pull = (): void => {
    if (this.isOver) return;
    try {
      this.#iterator ??= iteratorOf(this.#live.connection);
      follow(this.#iterator.next(), this.#onBatch, this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  };

  // Bound once: per network chunk there is one `then` and no closure.
  readonly #onBatch = (result: Batch<T>): void => {
    if (this.isOver) return;
    const now = nowMs(this.#desk.options.clock);
    try {
      // A source may give nothing at all.
      const isDone = result.done === true;
      if (this.#hasSign && !isDone) this.#desk.cadence.add(now - this.#watchdog.bytesAt);
      this.#watchdog.bytesAt = now;
      this.#hasSign ||= !isDone;
      if (isDone) this.#eof();
      else this.#accept(result.value, now);
    } catch (error) {
      this.#lose(malformedBy(error));
    }
    if (!this.isOver) this.#report(now);
    if (!this.isOver) this.#waitForDecision();
    if (!this.isOver) this.#readOn();
  };

  readonly #onError = (error: unknown): void => this.#lose(toReconnectError(error));

  #accept(items: readonly SourceItem<T>[], now: number): void {
    if (!Array.isArray(items)) throw malformed('something that is not a batch of items', items);
    const intake = this.#intake;
    const hasData = intake.accept(items, now - this.#desk.startedAt);
    if (hasData) this.#watchdog.dataAt = now;
    this.#desk.ledger.end = this.#outcome;
    if (intake.end !== null) this.#end(intake.end);
    else if (intake.rotateAfterMs !== null) this.#plannedEnd.announce(intake.rotateAfterMs);
    else if (this.stallTimeoutMs !== this.#stallTimeoutMs) {
      this.#stallTimeoutMs = this.stallTimeoutMs;
      this.#watchdog.rearm();
    }
  }

  #rotate(isOwn: boolean): void {
    if (this.isOver || this.#endByOutcome()) return;
    const proven = this.#leave();
    if (proven !== null) this.#desk.rotate(this, { proven }, isOwn);
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
      this.#lose(malformedBy(error));
    }
  }

  #readOn(): void {
    const { delivery, options } = this.#desk;
    const { clock } = options;
    if (delivery.hasRoom) return inTurn(clock, this.#pull);
    this.isHeldUp = true;
    delivery.onRoom = () => {
      if (this.isOver) return;
      this.isHeldUp = false;
      this.#watchdog.bytesAt = this.#watchdog.dataAt = nowMs(clock);
      inTurn(clock, this.#pull);
    };
  }

  #report(now: number): void {
    const { ledger } = this.#desk;
    const { connection } = this;
    const proves = !this.#isProven && this.#hasHealth(now);
    if (!proves && !this.#pace.isDue(now, ledger.chunks)) return;
    this.#isProven ||= proves;
    this.#pace.mark(now, ledger.chunks);
    if (proves) this.#reportReplay();
    this.#desk.guard.known.digest();
    this.send({ type: 'stream.progress', ledger: ledger.freeze(), proven: proves, connection });
  }

  #hasHealth(now: number): boolean {
    const upMs = now - this.#openedAt;
    return isHealthy(this.#desk, this.#intake.hasNewData, upMs, this.#hasSign);
  }

  #reportReplay(): void {
    this.#catchUp.reportReplayed(this.#intake.replayed);
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
    if (this.#plannedEnd.explains(error)) return this.#rotate(false);
    const { bytesAt } = this.#watchdog;
    const proven = this.#leave();
    if (proven === null) return;
    const endedAt = error.kind === 'stall' ? bytesAt : nowMs(this.#desk.options.clock);
    const upMs = endedAt - this.#openedAt;
    this.#desk.lose(this, error, healthOf(this.#desk, error, proven, upMs), upMs);
  }

  /** Nothing more of the connection is taken. Returns whether it was healthy; null: the stream is over. */
  #leave(): boolean | null {
    this.#intake.leave();
    this.#reportReplay();
    if (this.isOver) return null;
    const proven = this.#hasHealth(nowMs(this.#desk.options.clock));
    this.#finish();
    const { fault } = this.#intake;
    if (fault === null) return proven;
    this.#desk.lose(this, fault, healthOf(this.#desk, fault, proven, 0), 0);
    return null;
  }

  #finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#plannedEnd.stop();
    this.#intake.leave();
    this.#decision?.stop();
    this.#watchdog.stop();
    this.#desk.delivery.onRoom = null;
    this.#catchUp.stop();
    this.#desk.tail.leave();
    // Last, since it runs code of the source.
    returnQuietly(this.#iterator);
  }
}
