/** Converts the events of a model's response into items, the same for every provider format. */

import type { EndOutcome, SourceItem } from '../../../../machines/source-contract.js';
import { ReconnectError } from '../../../../machines/errors.js';
import type {
  ModelPart,
  ResponseReader,
  ResponseStep,
  RecordedCalls,
} from '../../../tool-calls/response/answer.js';
import { reportedError } from '../../../tool-calls/response/peer-error.js';
import { eventStep } from '../../../tool-calls/response/steps.js';
import { SourceError, sourceError } from '../../shared/source-error.js';
import { responseItems } from './response-items.js';
import type { SseEvent } from '../../sse/decoder.js';
import { parseEvent } from '../../sse/protocol.js';
import type { NewEvent, ReplayedEvents, WireEvent } from './replayed-events.js';
import type { SseProtocol } from '../../sse/protocol.js';

export interface ResponseFormat {
  /** Returns the cursor after this event. @param id the event's own id */
  readonly cursorOf?: ((event: unknown, id: string | undefined) => string | undefined) | undefined;
  /** Returns the id of the response, if the event has it. @param name the event's name outside of its data */
  readonly keyOf?: ((event: unknown, name: string) => string | undefined) | undefined;
  /** Leaves out repeated events, for a peer that keeps a log of the response. */
  readonly replays?: ReplayedEvents | undefined;
  /** Returns whether the event is the first one of the response that is being read. */
  readonly isBeginning?: ((event: unknown, name: string) => boolean) | undefined;
  /**
   * Returns a new reader, which knows the delivered calls: the response is read from its beginning again.
   * @param isNamedAgain whether the stream has forgotten the id of the response
   */
  readonly readAgain?: ((isNamedAgain: boolean) => ResponseReader) | undefined;
  /** Called after a new event. @param cursor the cursor after it, if it has one */
  readonly onRead?: ((cursor: string | undefined) => void) | undefined;
  /** Called when the peer reported an error. */
  readonly onReport?: ((report: SourceError) => void) | undefined;
}

export interface ResponseProtocol extends SseProtocol<ModelPart> {
  /** The end that was read; null also after an error. */
  readonly outcome: EndOutcome | null;
}

/** The marker after the last event, which is no JSON: introduced by OpenAI, and used by many. */
const DONE = '[DONE]';

/** Names of events that keep a connection alive, or are about it: their data need not be JSON. */
const CONTROL = /^(?:comment|done|heart-?beat|info|keep-?alive|ping)$/i;

export function createResponseProtocol(
  first: ResponseReader,
  { cursorOf, keyOf, replays, isBeginning, readAgain, onRead, onReport }: ResponseFormat,
): ResponseProtocol {
  let reader = first;
  let isBroken = false;
  return {
    get outcome() {
      return isBroken ? null : reader.end;
    },
    read(event, id) {
      try {
        return read(event, id);
      } catch (thrown) {
        isBroken = true;
        if (thrown instanceof SourceError && thrown.kind === 'source') onReport?.(thrown);
        throw thrown;
      }
    },
    finish() {
      if (isBroken) return [];
      const held = takeAll(replays?.release() ?? []);
      reader.endOfBytes?.();
      return [...held.filter(({ type }) => type !== 'end'), ...endItems()];
    },
  };

  function read(event: SseEvent, id: string | undefined): SourceItem<ModelPart>[] {
    const data = event.data.trim();
    // A keep-alive, which some servers send as an event.
    if (data === '' || data === 'null') return [{ type: 'alive' }];
    if (data === DONE) {
      reader.finish();
      return endItems();
    }
    const json = jsonOf(event);
    if (json === undefined) return responseItems([eventStep(event.type, event.data)], event);
    const wire = { event, json, cursor: cursorOf?.(json, id) };
    if (replays === undefined) return readNew(wire);
    return takeAll(replays.take(wire, isBeginning?.(json, event.type)));
  }

  function takeAll(found: readonly NewEvent[]): SourceItem<ModelPart>[] {
    return found.flatMap((one): SourceItem<ModelPart>[] => {
      if (!('type' in one)) return readNew(one);
      if (one.type === 'recalled') return recall(one.events);
      if (one.type === 'reset') reader = readAgain?.(true) ?? reader;
      return [one];
    });
  }

  /** Reads events that were delivered, so that the reader understands what follows. */
  function recall(events: readonly WireEvent[]): SourceItem<ModelPart>[] {
    reader = readAgain?.(false) ?? reader;
    for (const { event, json, cursor } of events) {
      readSafely(reader, json, event.type);
      onRead?.(cursor);
    }
    return reader.isOver ? endItems() : [];
  }

  function readNew({ event, json, cursor }: WireEvent): SourceItem<ModelPart>[] {
    const items = [...identity(keyOf?.(json, event.type)), ...itemsOf(event, json, cursor)];
    onRead?.(cursor);
    return reader.isOver ? [...items, ...endItems()] : items;
  }

  function itemsOf(
    event: SseEvent,
    json: unknown,
    cursor: string | undefined,
  ): SourceItem<ModelPart>[] {
    const steps = readSafely(reader, json, event.type);
    if (steps.length > 0) return responseItems(steps, event, cursor);
    return cursor === undefined ? [] : [{ type: 'checkpoint', cursor }];
  }

  function endItems(): SourceItem<ModelPart>[] {
    const { end, finishWord } = reader;
    if (end === null) return [];
    return [{ type: 'end', outcome: end, ...(finishWord === null ? {} : { detail: finishWord }) }];
  }
}

/** Returns the JSON of an event; undefined for a control event, whose data may be any text or number. */
function jsonOf(event: SseEvent): unknown {
  try {
    const json = parseEvent(event);
    const isObject = typeof json === 'object' && json !== null;
    return isObject || !CONTROL.test(event.type) ? json : undefined;
  } catch (thrown) {
    if (CONTROL.test(event.type)) return undefined;
    if (event.type === 'error') throw toFailure(reportedError(event.data), false);
    throw thrown;
  }
}

function identity(key: string | undefined): SourceItem<ModelPart>[] {
  return key === undefined ? [] : [{ type: 'identity', key }];
}

/** Codes of temporary errors: the same request may work later. */
const TRANSIENT: ReadonlySet<string> = new Set([
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

function readSafely(reader: ResponseReader, event: unknown, type: string): readonly ResponseStep[] {
  const before = reader.end;
  try {
    return reader.read(event, type === 'message' ? undefined : type);
  } catch (thrown) {
    if (!(thrown instanceof ReconnectError) || thrown instanceof SourceError) throw thrown;
    // After the end of a response nothing is requested again.
    throw toFailure(thrown, before !== null || reader.end !== null);
  }
}

function toFailure(error: ReconnectError, hasEnded: boolean): SourceError {
  const { kind, message, code } = error;
  const isTransient = kind === 'source' && code !== undefined && TRANSIENT.has(code);
  return sourceError(kind, message, { fatal: hasEnded || !isTransient, code, cause: error });
}

/** Returns the calls of a stream that were delivered, and are not delivered again. */
export function deliveredOf(calls: RecordedCalls = {}): RecordedCalls {
  return Object.fromEntries(
    Object.entries(calls).filter(([, { status }]) => status === 'complete'),
  );
}
