/** The hot path: reads one connection batch by batch, and reports what may change the state. */

import type { EndOutcome, SourceItem } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import { follow } from '../../machines/thenable.js';
import { toReconnectError } from '../../machines/thrown.js';
import type {
  Received,
  ReconnectCommand,
  ReconnectReport,
} from '../../machines/reconnect.types.js';
import type { LiveConnection } from './open-connection.js';
import { CatchUp } from './catch-up.js';
import { nowMs } from '../host/clock.js';
import { DecisionTimer } from './decision-timer.js';
import { Receiver } from './receiver.js';
import type { ReceiverHost } from './receiver.js';
import { healthOf, isHealthy } from './reader-host.js';
import type { ReaderHost, ReaderRef } from './reader-host.js';
import { malformed, malformedBy } from '../progress/validate-item.js';
import { PlannedEnd } from './planned-end.js';
import { iteratorOf, outcomeOf, returnQuietly } from '../config/source-words.js';
import { inTurn } from '../host/turn.js';
import { Watchdog } from './watchdog.js';
import type { SilenceHost } from './watchdog.js';

type Batch<T> = IteratorResult<readonly SourceItem<T>[]>;

/** Where one planned end is too many. */
const PLANNED = 'the peer ends one connection after the other';

/** A class: it exists once per connection and its methods are called per network chunk. */
export class Reader<T> implements ReceiverHost, SilenceHost {
  isOver = false;
  readonly connection: number;
  readonly #self: ReaderRef;
  readonly #stream: ReaderHost<T>;
  readonly #live: LiveConnection<T>;
  readonly #receiver: Receiver<T>;
  readonly #watchdog: Watchdog<T>;
  readonly #openedAt: number;
  readonly #chunksBefore: number;
  /** Made for a source that says when what was missed is over. */
  #catchUp: CatchUp | null = null;
  /** Made where an end is planned. */
  #plannedEnd: PlannedEnd | null = null;
  #iterator: AsyncIterator<readonly SourceItem<T>[]> | null = null;
  #decision: DecisionTimer | null = null;
  #isProven = false;
  /** Items left out as old that were reported. */
  #replayed = 0;
  /** A batch came: even an empty one is a sign of life. */
  #hasSign = false;

  constructor(live: LiveConnection<T>, stream: ReaderHost<T>, connection: number, self: ReaderRef) {
    const { options, source, progress } = stream;
    this.connection = connection;
    this.#self = self;
    this.#live = live;
    this.#stream = stream;
    this.#openedAt = nowMs(options.clock);
    this.#chunksBefore = progress.chunks;
    progress.markReported(this.#openedAt);
    if (source.reportsUpToDate === true) this.#catchUp = this.#newCatchUp();
    this.#receiver = new Receiver(stream, this);
    this.#watchdog = new Watchdog(stream, live.connection, this);
    if (options.rotateAfterMs !== null) this.#plannedEnd = this.#newPlannedEnd();
  }

  /** Sends the machine a report, as long as it listens to this connection. */
  send(report: ReconnectReport): void {
    if (this.#self.getSnapshot().status === 'active') this.#stream.report(report);
  }

  /** Returns what came over the connection where this command leaves it: nothing more of it is taken then. */
  leave(command: ReconnectCommand['type']): Received {
    const isForGood = command === 'close' || command === 'cancel';
    if (this.isOver || !(isForGood || command === 'pause' || command === 'retryNow')) return {};
    // No request follows an end that was read.
    if (!isForGood && this.#endByOutcome()) return {};
    const healthy = !isForGood && this.#hasHealth(nowMs(this.#stream.options.clock));
    this.#finish();
    return { progress: this.#stream.progress.freeze(), healthy };
  }

  /** The machine has left the connection. */
  dispose(): void {
    if (!this.isOver) {
      this.#finish();
      // By an event that did not carry what came.
      this.#reportProgress(false);
    }
    this.#live.close();
  }

  /** The host came back: see whether the connection did. */
  probe(): void {
    this.#watchdog.probe();
  }

  /** The protocol's end, where it was read although the connection goes on. */
  get #outcome(): EndOutcome | null {
    return outcomeOf(this.#live.connection);
  }

  onUpToDate(): void {
    (this.#catchUp ??= this.#newCatchUp()).reportUpToDate();
  }

  onSilence(error: ReconnectError, silentMs: number): void {
    if (this.#outcome === null)
      this.send({ type: 'stream.stalled', silentMs, connection: this.connection });
    this.#lose(error);
  }

  /** Asks for the next batch. Bound once, as below. */
  readonly read = (): void => {
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
      if (this.#hasSign && !isDone && this.#stream.options.stallTimeoutMs === 'auto')
        this.#stream.cadence.add(now - this.#watchdog.bytesAt);
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
    this.#stream.progress.end = this.#outcome;
    if (receiver.end !== null) this.#end(receiver.end);
    else if (receiver.rotateAfterMs !== null)
      (this.#plannedEnd ??= this.#newPlannedEnd()).announce(receiver.rotateAfterMs);
    else this.#watchdog.adjust();
  }

  #newCatchUp(): CatchUp {
    return new CatchUp(this.#stream, this, this.#openedAt, this.#chunksBefore);
  }

  #newPlannedEnd(): PlannedEnd {
    return new PlannedEnd(this.#stream.options, (isOwn) => this.#rotate(isOwn));
  }

  #rotate(isOwn: boolean): void {
    if (this.isOver || this.#endByOutcome()) return;
    this.#break(new ReconnectError('network', PLANNED), isOwn);
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
    if (delivery.hasRoom) return inTurn(clock, this.read);
    const watchdog = this.#watchdog;
    watchdog.isHeldUp = true;
    delivery.onRoom = () => {
      if (this.isOver) return;
      watchdog.isHeldUp = false;
      watchdog.bytesAt = watchdog.dataAt = nowMs(clock);
      inTurn(clock, this.read);
    };
  }

  #report(now: number): void {
    const { progress } = this.#stream;
    const proves = !this.#isProven && this.#hasHealth(now);
    if (!proves && !progress.isReportDue(now)) return;
    this.#isProven ||= proves;
    progress.markReported(now);
    if (proves) this.#reportReplay();
    this.#stream.guard.known.digest();
    this.#reportProgress(proves);
  }

  #reportProgress(healthy: boolean): void {
    const progress = this.#stream.progress.freeze();
    this.send({ type: 'stream.progress', progress, healthy, connection: this.connection });
  }

  #hasHealth(now: number): boolean {
    const { hasNewData } = this.#receiver;
    const upMs = now - this.#openedAt;
    return this.#isProven || isHealthy(this.#stream, hasNewData, upMs, this.#hasSign);
  }

  /** A replay is reported when new data proves it over, or when the connection is. */
  #reportReplay(): void {
    const items = this.#stream.guard.skipped - this.#replayed;
    if (items === 0) return;
    this.#replayed += items;
    this.send({ type: 'stream.replayed', items, connection: this.connection });
  }

  #eof(): void {
    if (this.#endByOutcome()) return;
    const { source, progress } = this.#stream;
    if (source.terminal === 'explicit')
      return this.#lose(new ReconnectError('eof', 'the bytes ended without the end marker'));
    this.#receiver.finish(progress.lastTimeMs);
    this.#end('complete');
  }

  #end(outcome: NonNullable<Receiver<T>['end']>): void {
    this.#reportReplay();
    if (this.isOver) return;
    this.#finish();
    const progress = this.#stream.progress.freeze();
    this.send({ type: 'stream.ended', outcome, progress, connection: this.connection });
  }

  /** Ends the stream where its end was read before: what came is whole, whatever happens to the connection. */
  #endByOutcome(): boolean {
    const outcome = this.#outcome;
    if (outcome === null) return false;
    try {
      this.#receiver.finish(this.#stream.progress.lastTimeMs);
    } catch {
      // What is held cannot be taken: then the loss is one.
      return false;
    }
    if (!this.isOver) this.#end(outcome);
    return true;
  }

  #lose(error: ReconnectError): void {
    if (this.isOver || this.#endByOutcome()) return;
    if (this.#plannedEnd?.explains(error) === true) return this.#rotate(false);
    this.#break(error);
  }

  /**
   * Nothing more of the connection is taken, and its loss is reported.
   * @param isOwn for one that is left by plan: by ours, not the peer's
   */
  #break(error: ReconnectError, isOwn?: boolean): void {
    const stream = this.#stream;
    const { bytesAt } = this.#watchdog;
    this.#receiver.leave();
    this.#reportReplay();
    if (this.isOver) return;
    const now = nowMs(stream.options.clock);
    const healthy = this.#hasHealth(now);
    this.#finish();
    const { fault } = this.#receiver;
    const lost = fault ?? error;
    const upMs = fault === null ? (lost.kind === 'stall' ? bytesAt : now) - this.#openedAt : 0;
    const isPlanned = isOwn !== undefined && fault === null;
    const loss = stream.toLoss(lost, isPlanned ? null : upMs);
    const left = { ...loss, progress: stream.progress.freeze(), connection: this.connection };
    if (isPlanned) this.send({ type: 'stream.rotated', ...left, healthy, isOwn });
    else this.send({ type: 'stream.dropped', ...left, ...healthOf(stream, lost, healthy) });
  }

  #finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#plannedEnd?.stop();
    this.#receiver.leave();
    this.#decision?.stop();
    this.#watchdog.stop();
    this.#stream.delivery.onRoom = null;
    this.#catchUp?.stop();
    // Last, since it runs code of the source.
    returnQuietly(this.#iterator);
  }
}
