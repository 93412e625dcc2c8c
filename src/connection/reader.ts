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
import { Receiver } from './receiver.js';
import type { ReceiverHost } from './receiver.js';
import { ProgressPace } from '../progress/progress-pace.js';
import { healthOf, isHealthy } from './reader-host.js';
import type { ReaderHost, ReaderRef } from './reader-host.js';
import { malformed, malformedBy } from '../progress/validate-item.js';
import { PlannedEnd } from './planned-end.js';
import { iteratorOf, outcomeOf, returnQuietly } from '../config/source-words.js';
import { stallWindow } from './stall-window.js';
import { inTurn } from '../host/turn.js';
import { Watchdog } from './watchdog.js';
import type { Watched } from './watchdog.js';

type Batch<T> = IteratorResult<readonly SourceItem<T>[]>;

/** A class: it exists once per connection and its methods are called per network chunk. */
export class Reader<T> implements ReceiverHost, Watched {
  /** The consumer holds the reading up: that silence is ours. */
  isHeldUp = false;
  isOver = false;
  readonly connection: number;
  readonly #self: ReaderRef;
  readonly #stream: ReaderHost<T, Reader<T>>;
  readonly #live: LiveConnection<T>;
  readonly #receiver: Receiver<T>;
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
    stream: ReaderHost<T, Reader<T>>,
    connection: number,
    self: ReaderRef,
  ) {
    const { options, ledger } = stream;
    this.connection = connection;
    this.#self = self;
    this.#live = live;
    this.#stream = stream;
    this.#openedAt = nowMs(options.clock);
    this.#pace = new ProgressPace(this.#openedAt, ledger.chunks);
    this.#catchUp = new CatchUp(stream, connection, (report) => this.send(report));
    this.#receiver = new Receiver(stream, this);
    this.#stallTimeoutMs = this.stallTimeoutMs;
    this.#watchdog = new Watchdog(this, options.clock);
    this.#plannedEnd = new PlannedEnd(options, (isOwn) => this.#rotate(isOwn));
  }

  /** Sends the machine a report, as long as it listens to this connection. */
  send(report: ReconnectReport): void {
    if (this.#self.getSnapshot().status === 'active') this.#stream.report(report);
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
    const { ledger, options } = this.#stream;
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
    return stallWindow(this.#stream, this.#live.connection);
  }

  get progressTimeoutMs(): number | null {
    return this.#stream.options.progressTimeoutMs;
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
    const now = nowMs(this.#stream.options.clock);
    try {
      // A source may give nothing at all.
      const isDone = result.done === true;
      if (this.#hasSign && !isDone) this.#stream.cadence.add(now - this.#watchdog.bytesAt);
      this.#watchdog.bytesAt = now;
      this.#hasSign ||= !isDone;
      if (isDone) this.#eof();
      else this.#accept(result.value, now);
    } catch (error) {
      this.#lose(malformedBy(error));
    }
    if (!this.isOver) this.#live.countHeld();
    if (!this.isOver) this.#report(now);
    if (!this.isOver) this.#waitForDecision();
    if (!this.isOver) this.#readOn();
  };

  readonly #onError = (error: unknown): void => this.#lose(toReconnectError(error));

  #accept(items: readonly SourceItem<T>[], now: number): void {
    if (!Array.isArray(items)) throw malformed('something that is not a batch of items', items);
    const receiver = this.#receiver;
    const hasData = receiver.accept(items, now - this.#stream.startedAt);
    if (hasData) this.#watchdog.dataAt = now;
    this.#stream.ledger.end = this.#outcome;
    if (receiver.end !== null) this.#end(receiver.end);
    else if (receiver.rotateAfterMs !== null) this.#plannedEnd.announce(receiver.rotateAfterMs);
    else if (this.stallTimeoutMs !== this.#stallTimeoutMs) {
      this.#stallTimeoutMs = this.stallTimeoutMs;
      this.#watchdog.rearm();
    }
  }

  #rotate(isOwn: boolean): void {
    if (this.isOver || this.#endByOutcome()) return;
    const proven = this.#leave();
    if (proven !== null) this.#stream.rotate(this, { proven }, isOwn);
  }

  #waitForDecision(): void {
    if (this.#receiver.isUndecided) {
      this.#decision ??= new DecisionTimer(this.#stream.options.clock, () => this.#decide());
      this.#decision.start();
    } else this.#decision?.stop();
  }

  #decide(): void {
    try {
      this.#receiver.decide(nowMs(this.#stream.options.clock) - this.#stream.startedAt);
    } catch (error) {
      this.#lose(malformedBy(error));
    }
  }

  #readOn(): void {
    const { delivery, options } = this.#stream;
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
    const { ledger } = this.#stream;
    const { connection } = this;
    const proves = !this.#isProven && this.#hasHealth(now);
    if (!proves && !this.#pace.isDue(now, ledger.chunks)) return;
    this.#isProven ||= proves;
    this.#pace.mark(now, ledger.chunks);
    if (proves) this.#reportReplay();
    this.#stream.guard.known.digest();
    this.send({ type: 'stream.progress', ledger: ledger.freeze(), proven: proves, connection });
  }

  #hasHealth(now: number): boolean {
    const upMs = now - this.#openedAt;
    return isHealthy(this.#stream, this.#receiver.hasNewData, upMs, this.#hasSign);
  }

  #reportReplay(): void {
    this.#catchUp.reportReplayed(this.#receiver.replayed);
  }

  #eof(): void {
    if (this.#endByOutcome()) return;
    const { source, ledger } = this.#stream;
    if (source.terminal === 'explicit') {
      this.#lose(new ReconnectError('eof', 'the bytes ended without the end marker'));
      return;
    }
    this.#receiver.finish(ledger.lastTimeMs);
    this.#end('complete');
  }

  #end(outcome: NonNullable<Receiver<T>['end']>): void {
    this.#reportReplay();
    if (this.isOver) return;
    const { ledger } = this.#stream;
    const { connection } = this;
    this.#finish();
    this.send({ type: 'stream.ended', outcome, ledger: ledger.freeze(), connection });
  }

  /** Ends the stream where its end was read before: what came is whole, whatever happens to the connection. */
  #endByOutcome(): boolean {
    const outcome = this.#outcome;
    if (outcome === null) return false;
    try {
      this.#receiver.finish(this.#stream.ledger.lastTimeMs);
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
    const endedAt = error.kind === 'stall' ? bytesAt : nowMs(this.#stream.options.clock);
    const upMs = endedAt - this.#openedAt;
    this.#stream.lose(this, error, healthOf(this.#stream, error, proven), upMs);
  }

  /** Nothing more of the connection is taken. Returns whether it was healthy; null: the stream is over. */
  #leave(): boolean | null {
    this.#receiver.leave();
    this.#reportReplay();
    if (this.isOver) return null;
    const proven = this.#hasHealth(nowMs(this.#stream.options.clock));
    this.#finish();
    const { fault } = this.#receiver;
    if (fault === null) return proven;
    this.#stream.lose(this, fault, healthOf(this.#stream, fault, proven), 0);
    return null;
  }

  #finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#plannedEnd.stop();
    this.#receiver.leave();
    this.#decision?.stop();
    this.#watchdog.stop();
    this.#stream.delivery.onRoom = null;
    this.#catchUp.stop();
    this.#stream.tail.leave();
    // Last, since it runs code of the source.
    returnQuietly(this.#iterator);
  }
}
