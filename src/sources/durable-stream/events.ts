/** Reads Durable Streams over server-sent events: data events, each followed by a control event with the offset. */

import type { SourceItem } from '../../../machines/source-contract.js';
import { fieldsOf, textOf } from '../../json/fields.js';
import { sourceError } from '../shared/source-error.js';
import { bodyConnection } from '../http/response/body-reader.js';
import type { OpenBody } from '../http/request/open-body.js';
import { createSseDecoder } from '../sse/decoder.js';
import type { SseEvent } from '../sse/decoder.js';
import { fromBase64 } from './base64.js';
import { UP_TO_DATE } from './log-reader.js';
import type { Batch, LogReader, Turn } from './log-reader.js';
import { BATCH_SIZE } from './payload.js';
import type { DurableFormat } from './payload.js';
import { checkOffset } from './position.js';
import type { StreamOffset } from './position.js';
import { isClosed, offsetAfter } from './request.js';

export interface EventsOptions {
  readonly maxLineBytes: number;
  readonly maxEventBytes: number;
}

/** The first data event, from which the format is found. */
export interface FirstData {
  readonly text: string;
  readonly isBase64: boolean;
}

export async function* readEvents(
  { response, body }: OpenBody,
  reader: LogReader,
  options: EventsOptions,
  chooseFormat: (first: FirstData) => Promise<DurableFormat>,
): AsyncGenerator<Batch, Turn> {
  if (body === null) {
    if (!isClosed(response)) return { isEnd: false, retryMs: 0 };
    yield reader.close(offsetAfter(response));
    return { isEnd: true, retryMs: 0 };
  }
  const isBase64 = response.headers.get('stream-sse-data-encoding')?.toLowerCase() === 'base64';
  const turn = new EventTurn(reader, isBase64);
  const connection = bodyConnection(body, createSseDecoder(options, ''));
  try {
    for await (const items of connection.batches) {
      const text = turn.format === null ? items.map(dataOf).find(isPresent) : undefined;
      if (text !== undefined) turn.format = await chooseFormat({ text, isBase64 });
      yield* grouped(turn.take(items));
      if (turn.isEnd) return turn;
    }
  } finally {
    await connection.close();
  }
  if (!turn.isOpen) return turn;
  const message = 'The connection ended before the offset of its data arrived';
  throw sourceError('eof', message, { fatal: false });
}

/** What one connection has received so far. */
class EventTurn implements Turn {
  isEnd = false;
  retryMs = 0;
  format: DurableFormat | null = null;
  /** Whether data arrived that no offset covers yet. */
  isOpen = false;
  readonly #reader: LogReader;
  readonly #isBase64: boolean;

  constructor(reader: LogReader, isBase64: boolean) {
    this.#reader = reader;
    this.#isBase64 = isBase64;
  }

  *take(items: readonly SourceItem<SseEvent>[]): Generator<Batch> {
    for (const item of items) {
      if (item.type === 'retry') {
        this.retryMs = item.ms;
        yield [item];
      } else if (item.type === 'data') {
        const data = dataOf(item);
        if (data !== undefined) yield* this.#data(data);
        else if (item.data.type === 'control') yield this.#control(item.data);
        if (this.isEnd) return;
      }
    }
  }

  /** Reads a data event, which is complete: the standard dispatches no other. */
  *#data(text: string): Generator<Batch> {
    this.isOpen = true;
    const payload = this.#reader.payloadOf(this.format ?? 'json');
    payload.begin();
    yield* payload.read(this.#isBase64 ? fromBase64(text) : text);
    yield* payload.end();
  }

  #control(event: SseEvent): Batch {
    const control = readControl(event, this.#reader.position.next);
    if (control === null) return [];
    this.isOpen = false;
    this.isEnd = control.isClosed;
    if (control.isClosed) return this.#reader.close(control);
    const batch = this.#reader.advance(control);
    return control.isUpToDate ? [...batch, UP_TO_DATE] : batch;
  }
}

/** Returns the payload of a data event; undefined for an unknown event. */
function dataOf(item: SourceItem<SseEvent>): string | undefined {
  if (item.type !== 'data') return undefined;
  const { type, data } = item.data;
  return type === 'data' || type === 'message' ? data : undefined;
}

function isPresent(text: string | undefined): text is string {
  return text !== undefined;
}

/** Yields few large batches instead of one per event; an empty batch is a sign of life. */
function* grouped(batches: Iterable<Batch>): Generator<Batch> {
  let group: SourceItem<unknown>[] = [];
  for (const batch of batches) {
    for (const item of batch) group.push(item);
    if (group.length < BATCH_SIZE) continue;
    yield group;
    group = [];
  }
  yield group;
}

interface Control extends StreamOffset {
  readonly isClosed: boolean;
  readonly isUpToDate: boolean;
}

/** Parses a control event; null if it has no position. Unknown fields are ignored. */
function readControl(event: SseEvent, last: StreamOffset): Control | null {
  const fields = fieldsOf(parse(event.data));
  const offset = textOf(fields['streamNextOffset']);
  const isEnd = fields['streamClosed'] === true;
  if (offset === undefined || offset === '')
    return isEnd ? { ...last, isClosed: true, isUpToDate: false } : null;
  return {
    offset: checkOffset(offset),
    cursor: textOf(fields['streamCursor']),
    isClosed: isEnd,
    isUpToDate: fields['upToDate'] === true,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
