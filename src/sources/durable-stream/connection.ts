/** One connection to a durable stream: as many requests as the server's planned rotation makes of it. */

import type { Connection, ResumePoint, SourceItem } from '../../../machines/contract.js';
import { openFailure } from '../failure.js';
import { bodyConnection } from '../http/body-batches.js';
import type { OpenBody } from '../http/open-body.js';
import type { RequestOptions } from '../http/request.js';
import { createProtocolDecoder } from '../sse/protocol.js';
import type { ProtocolLimits } from '../sse/protocol.js';
import { durableEvents } from './events.js';
import { byteItems } from './messages.js';
import type { DurableFormat } from './messages.js';
import { askFrom, isClosed, placeAfter } from './request.js';
import type { DurablePlace, LiveMode } from './request.js';

export interface DurableOptions extends ProtocolLimits {
  readonly request: RequestOptions;
  readonly live: LiveMode;
  readonly format: DurableFormat;
  readonly maxBodyBytes: number;
}

type Batch = readonly SourceItem<unknown>[];

/**
 * Servers close a live connection about every minute, by design: that costs no attempt. One that brings nothing new
 * and is over sooner than this, in ms, is no rotation: asking on at once would be a storm.
 */
const SHORTEST_TURN_MS = 1000;

/** @throws OpenFailure where the first request is refused. */
export async function connect(
  options: DurableOptions,
  start: string,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<Connection<unknown>> {
  const { request, live } = options;
  let place: DurablePlace = { offset: start };
  // The tail as an offset: what is appended while the connection breaks would be lost otherwise.
  if (start === 'now') {
    const { response, body } = await askFrom(place, { request, live: null, at, signal });
    await body?.cancel();
    place = placeAfter(response);
  }
  const question = { request, live, at, signal };
  const first = await askFrom(place, question);
  const isOver = { current: false };
  const batches = readOn(first, place, at.cursor === undefined, {
    ask: (from) => askFrom(from, question),
    read:
      live === 'sse'
        ? (answer, from) => readEvents(answer, from, options)
        : (answer, from) => readBody(answer, from, options),
    isOver,
  });
  return { batches, close: () => void (isOver.current = true) };
}

interface Turns {
  readonly ask: (from: DurablePlace) => Promise<OpenBody>;
  /** Gives the place behind what was read, or null at the end of the stream. */
  readonly read: (
    answer: OpenBody,
    from: DurablePlace,
  ) => AsyncGenerator<Batch, DurablePlace | null>;
  readonly isOver: { readonly current: boolean };
}

async function* readOn(
  first: OpenBody,
  start: DurablePlace,
  isNew: boolean,
  turns: Turns,
): AsyncGenerator<Batch> {
  // From here on what comes is held until the place behind it is told.
  if (isNew) yield [{ type: 'checkpoint', cursor: start.offset }];
  let place = start;
  let answer = first;
  for (;;) {
    const began = performance.now();
    const next = yield* turns.read(answer, place);
    if (next === null || turns.isOver.current) return;
    const isIdle = next.offset === place.offset;
    if (isIdle && performance.now() - began < SHORTEST_TURN_MS) return;
    place = next;
    answer = await turns.ask(place);
  }
}

/** The bytes of a rotation end behind a control event; everywhere else they were cut. */
async function* readEvents(
  { response, body }: OpenBody,
  from: DurablePlace,
  options: DurableOptions,
): AsyncGenerator<Batch, DurablePlace | null> {
  if (body === null) return from;
  const isBase64 = response.headers.get('stream-sse-data-encoding') === 'base64';
  const events = durableEvents(from, options.format, isBase64);
  const connection = bodyConnection(body, createProtocolDecoder(events, options));
  try {
    for await (const batch of connection.batches) {
      yield batch;
      if (batch.at(-1)?.type === 'end') return null;
    }
  } finally {
    await connection.close();
  }
  if (events.hasOpenData)
    throw openFailure('eof', 'The bytes ended before the place behind them was told', {
      fatal: false,
    });
  return events.place;
}

/** One answer to a long poll: whole, or not at all. */
async function* readBody(
  { response, body }: OpenBody,
  from: DurablePlace,
  { format, maxBodyBytes }: DurableOptions,
): AsyncGenerator<Batch, DurablePlace | null> {
  const place = placeAfter(response);
  const payload = body === null ? new Uint8Array() : yield* collect(body, maxBodyBytes);
  checkWhole(response, payload, place.offset !== from.offset);
  const data = byteItems(payload, format);
  const items: Batch =
    place.offset === from.offset ? data : [...data, { type: 'checkpoint', cursor: place.offset }];
  if (!isClosed(response)) {
    yield items;
    return place;
  }
  yield [...items, { type: 'end', outcome: 'complete' }];
  return null;
}

/** Not every cut is an error of fetch: without a length and without chunks the bytes simply end. */
function checkWhole({ headers }: Response, payload: Uint8Array, hasData: boolean): void {
  const length = headers.has('content-encoding') ? null : headers.get('content-length');
  const isCut =
    (hasData && payload.length === 0) || (length !== null && payload.length < Number(length));
  if (isCut) throw openFailure('eof', 'The answer was cut', { fatal: false });
}

/** Reads it whole; each chunk is a sign of life. */
async function* collect(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Batch, Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const connection = bodyConnection<never>(body, {
    ended: false,
    failure: undefined,
    decode: (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes)
        throw openFailure('limit', 'The answer is longer than maxBodyBytes', { fatal: true });
      return [];
    },
    finish: () => undefined,
  });
  try {
    for await (const batch of connection.batches) yield batch;
  } finally {
    await connection.close();
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
