/** The events of a model's answer as items: the same for every dialect. */

import type { SourceItem } from '../../../machines/contract.js';
import { ReconnectError } from '../../../machines/errors.js';
import type { AnswerPart, AnswerReader, AnswerStep } from '../../tool-calls/answer.js';
import { OpenFailure, openFailure } from '../failure.js';
import { answerItems } from '../sse/answer-items.js';
import type { SseEvent } from '../sse/decoder.js';
import { parseEvent } from '../sse/protocol.js';
import type { SseProtocol } from '../sse/protocol.js';

export interface AnswerDialect {
  /** `event`: the reader's end is the end. `eof`: more may come, until the bytes end or `[DONE]` comes. */
  readonly endsAt: 'event' | 'eof';
  /** The cursor after this event. @param id the event's own id */
  readonly cursorOf?: ((event: unknown, id: string | undefined) => string | undefined) | undefined;
  /** Which answer it is, where the event tells. */
  readonly keyOf?: ((event: unknown) => string | undefined) | undefined;
  /** Whether the event was there before: left out. */
  readonly isOld?: ((event: unknown) => boolean) | undefined;
}

/** What OpenAI began, and many took over: not JSON, after the last event. */
const DONE = '[DONE]';

export function createAnswerProtocol(
  reader: AnswerReader,
  { endsAt, cursorOf, keyOf, isOld }: AnswerDialect,
): SseProtocol<AnswerPart> {
  return {
    read(event, id) {
      if (event.data.trim() === DONE) return [{ type: 'end', outcome: reader.end ?? 'incomplete' }];
      const json = parseEvent(event);
      if (isOld?.(json) === true) return [];
      const items = [...identity(keyOf?.(json)), ...itemsOf(event, json, cursorOf?.(json, id))];
      if (endsAt === 'event' && reader.end !== null)
        items.push({ type: 'end', outcome: reader.end });
      return items;
    },
    finish: () => (reader.end === null ? [] : [{ type: 'end', outcome: reader.end }]),
  };

  function itemsOf(
    event: SseEvent,
    json: unknown,
    cursor: string | undefined,
  ): SourceItem<AnswerPart>[] {
    const steps = readSafely(reader, json);
    if (steps.length > 0) return answerItems(steps, event.data.length, cursor);
    return cursor === undefined ? [] : [{ type: 'checkpoint', cursor }];
  }
}

function identity(key: string | undefined): SourceItem<AnswerPart>[] {
  return key === undefined ? [] : [{ type: 'identity', key }];
}

/** Errors of a peer that pass: the same request may work later. */
const WEATHER: ReadonlySet<string> = new Set([
  'api_error',
  'internal_error',
  'overloaded_error',
  'rate_limit_error',
  'rate_limit_exceeded',
  'server_error',
  'timeout_error',
  'INTERNAL',
  'RESOURCE_EXHAUSTED',
  'UNAVAILABLE',
]);

function readSafely(reader: AnswerReader, event: unknown): readonly AnswerStep[] {
  try {
    return reader.read(event);
  } catch (thrown) {
    if (!(thrown instanceof ReconnectError) || thrown instanceof OpenFailure) throw thrown;
    const { kind, message, code } = thrown;
    const fatal = kind !== 'source' || code === undefined || !WEATHER.has(code);
    throw openFailure(kind, message, { fatal, code, cause: thrown });
  }
}
