/** Reads one response to a long poll, or to a catch-up read: what follows the offset, in pieces as they arrive. */

import type { DataItem } from '../../../machines/source-contract.js';
import { sourceError } from '../shared/source-error.js';
import { bodyConnection } from '../http/response/body-reader.js';
import type { BodyDecoder } from '../http/response/body-reader.js';
import type { OpenBody } from '../http/request/open-body.js';
import { serverDelayMs } from '../http/response/retry-after.js';
import { checkFormat, formatOf } from './format.js';
import { UP_TO_DATE } from './log-reader.js';
import type { Batch, LogReader, Turn } from './log-reader.js';
import type { DurableFormat, Payload } from './payload.js';
import { isClosed, offsetAfter } from './request.js';

export interface BodyOptions {
  /** The content of the log, as the caller states it. */
  readonly format: DurableFormat | undefined;
  /** Null: no limit. */
  readonly maxBodyBytes: number | null;
}

export async function* readBody(
  answer: OpenBody,
  reader: LogReader,
  { format, maxBodyBytes }: BodyOptions,
): AsyncGenerator<Batch, Turn> {
  const { response, body } = answer;
  const next = offsetAfter(response);
  const { headers } = response;
  const retryMs = serverDelayMs((name) => headers.get(name)) ?? 0;
  let size = 0;
  if (body !== null) {
    const type = headers.get('content-type');
    if (format !== undefined) checkFormat(format, type);
    const payload = reader.payloadOf(format ?? formatOf(type) ?? 'json');
    payload.begin();
    const connection = bodyConnection(body, new Chunks());
    try {
      for await (const chunks of connection.batches) {
        for (const { data } of chunks as readonly DataItem<Uint8Array>[]) {
          size += data.length;
          if (maxBodyBytes !== null && size > maxBodyBytes) throw tooLong();
          // Empty batches too: a sign of life.
          yield [];
          yield* payload.read(data);
        }
      }
    } finally {
      await connection.close();
    }
    checkWhole(response, payload, size);
    yield* payload.end();
  }
  const isEnd = isClosed(response);
  if (size === 0 && !isFramed(answer) && reader.doubts(next)) return { isEnd: false, retryMs };
  yield isEnd ? reader.close(next) : reader.advance(next);
  if (!isEnd && headers.get('stream-up-to-date')?.toLowerCase() === 'true') yield [UP_TO_DATE];
  return { isEnd, retryMs };
}

/** Detects cuts that are no error of fetch: without a length and without chunks the bytes simply end. */
function checkWhole({ headers }: Response, payload: Payload, size: number): void {
  const length = headers.has('content-encoding') ? null : headers.get('content-length');
  const isCut = length === null ? size === 0 && payload.isNeverEmpty : size < Number(length);
  if (isCut) throw sourceError('eof', 'The response was cut', { fatal: false });
}

/** Returns whether HTTP itself shows that an empty body is complete. */
function isFramed({ response: { headers }, body }: OpenBody): boolean {
  return body === null || headers.has('content-length') || headers.has('transfer-encoding');
}

function tooLong(): Error {
  return sourceError('limit', 'The response is longer than maxBodyBytes', { fatal: true });
}

/** Passes network chunks on unchanged. */
class Chunks implements BodyDecoder<Uint8Array> {
  readonly ended = false;
  readonly failure = undefined;

  decode(data: Uint8Array): readonly DataItem<Uint8Array>[] {
    return [{ type: 'data', data, bytes: data.length }];
  }

  finish(): undefined {
    return undefined;
  }
}
