/** One connection to a durable stream: several requests, since the server ends each of them by plan. */

import type { Connection, ResumePoint, SourceClock } from '../../../machines/source-contract.js';
import { nextRequest, pause, takeRequest } from '../../host/request-pace.js';
import { sourceError } from '../shared/source-error.js';
import type { OpenBody } from '../http/request/open-body.js';
import type { RequestOptions } from '../http/request/request.js';
import { readBody } from './body.js';
import { readEvents } from './events.js';
import type { FirstData } from './events.js';
import { checkFormat, formatOf, isJsonArray, unknownFormat } from './format.js';
import { LogReader } from './log-reader.js';
import type { Batch, Turn } from './log-reader.js';
import type { DurableFormat } from './payload.js';
import { LogPosition, parseCursor } from './position.js';
import type { CursorParts } from './position.js';
import { askContentType, askFrom, offsetAfter } from './request.js';
import type { DurableRequest, LiveMode } from './request.js';

export interface DurableOptions {
  readonly request: RequestOptions;
  readonly live: LiveMode;
  readonly format: DurableFormat | undefined;
  /** The offset from which the caller starts. */
  readonly start: CursorParts;
  readonly clock: SourceClock;
  readonly maxLineBytes: number;
  readonly maxEventBytes: number;
  readonly maxBodyBytes: number | null;
}

/**
 * Servers close a live connection about every minute, by design: that costs no attempt. One that brings nothing new and
 * is over sooner than this, in ms, is a drop, with the backoff of the stream.
 */
const SHORTEST_MS = 1000;
/** The longest wait that is made here, in ms. The stream decides about a longer one that the server asks for. */
const LONGEST_WAIT_MS = 60_000;
/** Interval of signs of life during a wait, in ms: such a wait is no silence of the server. */
const ALIVE_MS = 5000;

/** @throws SourceError if the first request is refused. */
export async function connect(
  options: DurableOptions,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<Connection<unknown>> {
  const { request, live, start } = options;
  const question = { request, live, start: start.offset, at, signal };
  // A catch-up read, which is answered at once; a long poll would not show whether the server is there.
  const catchUp = { ...question, live: null };
  let from = at.cursor === undefined ? start : parseCursor(at.cursor);
  let answer = live === 'sse' && from.offset !== 'now' ? null : await askFrom(from, catchUp);
  // The tail as an offset: otherwise data appended during a drop would be lost.
  if (answer !== null && from.offset === 'now')
    from = { offset: offsetAfter(answer.response).offset, units: 0 };
  if (live === 'sse') {
    await answer?.body?.cancel();
    if (answer !== null) await nextRequest(signal);
    answer = await askFrom(from, question);
  }
  const isOver = { current: false };
  const batches = readOn(answer as OpenBody, new LogPosition(from), options, question, isOver);
  return { batches, close: () => void (isOver.current = true) };
}

async function* readOn(
  first: OpenBody,
  position: LogPosition,
  options: DurableOptions,
  question: DurableRequest,
  isOver: { readonly current: boolean },
): AsyncGenerator<Batch> {
  const { clock, live } = options;
  const { at, signal } = question;
  const reader = new LogReader(position, options.maxEventBytes);
  // From here on the stream has a position, even without data.
  if (at.cursor === undefined) yield [{ type: 'checkpoint', cursor: position.cursorBefore(0) }];
  let answer = first;
  let began = clock.now();
  for (;;) {
    const { next, total } = position;
    const turn: Turn =
      live === 'sse'
        ? yield* readEvents(answer, reader, options, (data) =>
            chooseFormat(data, options.format, question),
          )
        : yield* readBody(answer, reader, options);
    if (turn.isEnd || isOver.current) return;
    const elapsedMs = clock.now() - began;
    const hasData = position.total > total;
    const isMoved = position.next.offset !== next.offset && next.offset !== question.start;
    if (!hasData && elapsedMs < SHORTEST_MS && (live === 'sse' || isMoved)) throw tooShort();
    if (turn.retryMs > LONGEST_WAIT_MS) throw tooShort();
    // A long poll with data and a new offset is followed at once, as the protocol demands. An event stream is meant to
    // stay open: a server that ends it early is not asked more often because it sent data.
    const hasNews = hasData && live === 'long-poll' && position.next.offset !== next.offset;
    const delayMs = hasNews ? 0 : takeRequest(signal);
    yield* wait(Math.max(turn.retryMs, delayMs), clock, signal);
    began = clock.now();
    answer = await askFrom(position.next, question);
  }
}

async function* wait(ms: number, clock: SourceClock, signal: AbortSignal): AsyncGenerator<Batch> {
  for (let left = ms; left > 0 && !signal.aborted; left -= ALIVE_MS) {
    await pause(Math.min(left, ALIVE_MS), clock, signal);
    yield [];
  }
}

/** Finds the format of a log read by events: from the first event, or from the server if that is ambiguous. */
async function chooseFormat(
  { text, isBase64 }: FirstData,
  asked: DurableFormat | undefined,
  question: DurableRequest,
): Promise<DurableFormat> {
  const found = isBase64 ? 'bytes' : isJsonArray(text) ? 'json' : 'text';
  const isSure = asked === undefined ? found !== 'text' : (asked === 'json') === (found === 'json');
  if (isSure) return asked ?? found;
  const contentType = await askContentType(question);
  const format = asked ?? formatOf(contentType);
  if (format === undefined) throw unknownFormat();
  checkFormat(format, contentType);
  return format;
}

function tooShort(): Error {
  const message = 'The server closed the connection at once, and sent nothing new';
  return sourceError('eof', message, { fatal: false });
}
