/** What one stream does for its machine: opens, reads, and keeps the live objects that no context may hold. */

import type { Failure, ResumePoint, StreamSource } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import { failureOf } from '../../machines/failure.js';
import { isFeed } from '../../machines/feed.js';
import { planOf } from '../../machines/context.js';
import { readQuietly } from '../../machines/thenable.js';
import { toReconnectError } from '../../machines/thrown.js';
import type { ErrorInfo } from '../../machines/errors.js';
import type {
  Loss,
  ClockReading,
  Opened,
  OpenInput,
  ReconnectActor,
  ReconnectCommand,
  ReconnectReport,
} from '../../machines/reconnect.types.js';
import { openConnection } from '../connection/open-connection.js';
import type { LiveConnection } from '../connection/open-connection.js';
import type { ByteBudget } from '../buffers/byte-budget.js';
import { classify } from '../config/classify.js';
import type { LossPlace } from '../config/classify.js';
import { readingOf, nowMs } from '../host/clock.js';
import { CutAges, proxyLimitText } from './cut-ages.js';
import { restartStreamState } from '../../machines/stream-state.js';
import type { DeliveryQueue } from '../delivery/delivery-queue.js';
import type { Progress } from '../progress/progress.js';
import type { ResolvedOptions } from '../config/options.js';
import type { StreamParts } from '../connection/stream-parts.js';
import { Reader } from '../connection/reader.js';
import type { ReaderHost, ReaderRef } from '../connection/reader-host.js';
import { countRequest } from './actors.js';
import type { ActorHost } from './actors.js';
import { connectTimeoutOf } from '../connection/timeouts.js';
import { hasListener, unheardText, warnUnheard } from './unheard.js';
import type { VoidingEvent } from './unheard.js';
import type { UncommittedTail } from '../progress/uncommitted-tail.js';

const NO_IDS =
  'the peer shows no ids: after a drop the stream goes on with what comes, and a gap event is emitted. ' +
  "Write resume: 'live' in the options of the source if that is right";

export class ConnectionManager<T> implements ActorHost, ReaderHost<T> {
  readonly source: StreamSource<T>;
  readonly options: ResolvedOptions;
  readonly progress: Progress;
  readonly delivery: DeliveryQueue<T>;
  readonly tail: UncommittedTail<T>;
  readonly budget: ByteBudget;
  readonly guard: StreamParts<T>['guard'];
  readonly cadence: StreamParts<T>['cadence'];
  startedAt = 0;
  readonly #actor: ReconnectActor;
  #live: { number: number; connection: LiveConnection<T>; release: () => void } | null = null;
  #reader: Reader<T> | null = null;
  #lastError: ReconnectError | null = null;
  #isReleased = false;
  /** The connection that was made begins the stream again. */
  #isStartingOver = false;
  #hasWarned = false;
  #hasNotedIds = false;
  readonly #cutAges = new CutAges();

  constructor(stream: StreamParts<T>, actor: ReconnectActor) {
    this.source = stream.source;
    this.options = stream.options;
    this.progress = stream.progress;
    this.delivery = stream.delivery;
    this.tail = stream.tail;
    this.budget = stream.budget;
    this.guard = stream.guard;
    this.cadence = stream.cadence;
    this.#actor = actor;
  }

  reading(): ClockReading {
    return readingOf(this.options.clock, this.options.random);
  }

  async open(input: OpenInput, signal: AbortSignal): Promise<Opened> {
    this.#noteMissingIds();
    const { source, options, progress, delivery, tail, guard } = this;
    let connection: LiveConnection<T>;
    try {
      connection = await openConnection({
        source,
        at: this.#resumePoint(input),
        clock: options.clock,
        budget: this.budget,
        takeRequest: () => countRequest(this.#actor, options.clock),
        isOver: () => this.#actor.getSnapshot().status !== 'active',
        aliveAfterMs: options.policy.aliveAfterMs,
        timeoutMs: connectTimeoutOf(options, source, input.fresh),
        signal,
      });
    } catch (thrown) {
      const error = toReconnectError(thrown);
      // oxlint-disable-next-line only-throw-error -- a Loss is plain data: inspectors see it
      throw this.#lossOfAttempt(error, input.attempt);
    }
    const keepsDelivered = connection.connection.keepsDelivered === true;
    if (input.restarting && !keepsDelivered) {
      this.#isStartingOver = true;
      progress.clear();
      delivery.clear();
      tail.clear();
      guard.clear();
    }
    this.#hold(input.connection, connection, signal);
    const opened = { connection: input.connection, reading: this.reading() };
    return keepsDelivered ? { ...opened, keepsDelivered } : opened;
  }

  read(number: number, self: ReaderRef): void {
    const live = this.#live;
    if (live === null || live.number !== number) {
      this.#readNothing(number);
      return;
    }
    live.release();
    const { options, progress } = this;
    if (this.startedAt === 0) this.startedAt = nowMs(options.clock) - progress.lastTimeMs;
    const reader = new Reader<T>(live.connection, this, number, self);
    this.#live = null;
    this.#reader = reader;
    if (this.#isStartingOver) this.#noteUnheard('restarted');
    this.#isStartingOver = false;
    reader.read();
  }

  /** The host came back: see whether the connection did. */
  probe(): void {
    this.#reader?.probe();
  }

  /** Sends a command: one that leaves the connection with what came over it. */
  command(command: ReconnectCommand): void {
    const { status, context } = this.#actor.getSnapshot();
    // A closed stream takes no more commands; XState would warn about each.
    if (status !== 'active') return;
    // A connection that could not be replaced is kept.
    const isKept = command.type === 'retryNow' && planOf(context).action === 'refuse';
    const received = isKept ? {} : this.#reader?.leave(command.type);
    const event = { ...command, ...received, reading: this.reading() };
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send(event);
  }

  leaveConnection(number: number): void {
    if (this.#reader?.connection !== number) return;
    this.#reader.dispose();
    this.#reader = null;
  }

  /** No reader will come for the connection that was made. */
  closeUnread(): void {
    const live = this.#live;
    this.#live = null;
    live?.release();
    live?.connection.close();
  }

  /** Nothing is wanted any more, and the machine will not say so. */
  release(): void {
    this.#isReleased = true;
    this.#reader?.dispose();
    this.closeUnread();
    this.#reader = null;
  }

  report(report: ReconnectReport): void {
    // Of a stream that has ended nothing is reported; XState would warn.
    if (this.#actor.getSnapshot().status !== 'active') return;
    this.#actor.send(report);
    if (report.type === 'stream.reset') this.#noteUnheard('reset');
  }

  toLoss(error: ReconnectError, agedMs: number | null): Loss {
    const limitMs = agedMs === null ? null : this.#cutAges.add(agedMs);
    if (limitMs !== null) {
      const message = proxyLimitText(limitMs);
      this.report({ type: 'stream.diagnostic', code: 'proxy-limit', message });
    }
    return this.#loss(error, { phase: 'reading', attempt: 0 });
  }

  /** The stream failed: what came without a checkpoint is delivered, since no reconnect will bring it again. */
  deliverTail(): void {
    this.tail.deliver(this.progress.tools);
  }

  /** `reset`: a new stream, of which nothing is known. */
  forget(): void {
    this.progress.clear();
    this.progress.forgetCalls();
    this.progress.maxChunks = 0;
    this.delivery.clear();
    this.tail.clear();
    this.guard.clear();
  }

  /** The error behind these facts, with its cause where it is still known. */
  errorOf(info: ErrorInfo): ReconnectError {
    const last = this.#lastError;
    const { kind, message, status, code } = info;
    if (last !== null && last.kind === kind && failureOf(last, 'reading').error.message === message)
      return last;
    const body = last?.body;
    return new ReconnectError(kind, message, { status, code, body, cause: last ?? undefined });
  }

  #resumePoint({ attempt, restarting, fresh }: OpenInput): ResumePoint {
    if (!restarting) return this.progress.resumePoint(attempt, fresh);
    const { toolCalls } = restartStreamState(this.progress.tools.state);
    return { items: 0, bytes: 0, chars: 0, toolCalls, fresh, attempt };
  }

  /** Keeps the connection for the reader; one that the machine no longer wants is closed. */
  #hold(number: number, connection: LiveConnection<T>, signal: AbortSignal): void {
    const drop = (): void => {
      connection.close();
      if (this.#live?.number === number) this.#live = null;
    };
    if (signal.aborted || this.#isReleased) return drop();
    this.closeUnread();
    signal.addEventListener('abort', drop, { once: true });
    this.#live = { number, connection, release: () => signal.removeEventListener('abort', drop) };
  }

  /** The peer of a source that resumes by ids shows none. */
  #noteMissingIds(): void {
    const { source, progress } = this;
    const isFeedByDefault = source.resume !== 'live' && isFeed(source, progress.cursor);
    if (!isFeedByDefault || progress.chunks === 0 || this.#hasNotedIds) return;
    this.#hasNotedIds = true;
    this.report({ type: 'stream.diagnostic', code: 'no-ids', message: NO_IDS });
  }

  /** What was delivered may come again, and the consumer does not know. */
  #noteUnheard(type: VoidingEvent): void {
    if (!this.delivery.hasDelivered || hasListener(this.#actor, type)) return;
    this.report({ type: 'stream.diagnostic', code: 'unheard', message: unheardText(type) });
    if (!this.#hasWarned) warnUnheard(type);
    this.#hasWarned = true;
  }

  #readNothing(number: number): void {
    const error = new ReconnectError(
      'source',
      'the host reported a connection that this stream did not make',
    );
    this.report({ type: 'stream.dropped', ...this.toLoss(error, null), connection: number });
  }

  #lossOfAttempt(error: ReconnectError, attempt: number): Loss {
    const loss = this.#loss(error, { phase: 'opening', attempt });
    // Read only now: a host that says so with every attempt that fails is to be believed.
    return this.#isOffline() ? Object.freeze({ ...loss, uncounted: true }) : loss;
  }

  #isOffline(): boolean {
    return readQuietly(() => this.options.environment?.isOnline) === false;
  }

  #loss(error: ReconnectError, where: LossPlace): Loss {
    this.#lastError = error;
    return Object.freeze({ failure: this.#classify(error, where), reading: this.reading() });
  }

  #classify(error: ReconnectError, where: LossPlace): Failure {
    const { classify: hook } = this.options;
    if (hook === undefined) return failureOf(error, where.phase);
    try {
      return classify(error, where, hook);
    } catch {
      this.#actor.send({
        type: 'stream.diagnostic',
        code: 'classify',
        message: 'classify() threw or gave a promise; the library decided by itself',
      });
      return failureOf(error, where.phase);
    }
  }
}
