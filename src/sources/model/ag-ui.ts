/** The source `agUi()`: AG-UI over POST, as TanStack AI and other agent servers with a log of the run speak it. */

import type { Connection, ResumePoint, StreamSource } from '../../../machines/source-contract.js';
import { agUiReader } from '../../tool-calls/formats/ag-ui.js';
import type { AgUiPlace, AgUiReader } from '../../tool-calls/formats/ag-ui.js';
import type { ModelPart } from '../../tool-calls/response/answer.js';
import { fieldsOf, textOf } from '../../json/fields.js';
import { configFailure } from '../shared/source-error.js';
import { bodyConnection, singleBatch } from '../http/response/body-reader.js';
import { openBody } from '../http/request/open-body.js';
import { reopenBy } from '../http/options.js';
import { checkCursor, isSendable, toHeaderBytes } from '../http/request/validate-request.js';
import { withOutcome } from './shared/response-outcome.js';
import { createResponseProtocol, deliveredOf } from './shared/response-protocol.js';
import type { ResponseProtocol } from './shared/response-protocol.js';
import { checkModelOptions, MODEL_OPTIONS } from './shared/options.js';
import type { ModelOptions } from './shared/options.js';
import { rejectedPosition } from './shared/unknown-run.js';
import { ReplayedEvents } from './shared/replayed-events.js';
import { checkKnown, checkString } from '../shared/validate-options.js';
import { EVENT_STREAM } from '../sse/decoder.js';
import { createProtocolDecoder } from '../sse/protocol.js';

export interface AgUiOptions extends ModelOptions {
  url: NonNullable<ModelOptions['url']>;
  /**
   * The id of the run, for a server that keeps a log of it. Sent as `X-Run-Id` with every request.
   * @default the id in `RUN_STARTED`, once that came
   */
  runId?: string | undefined;
}

const AG_UI_OPTIONS = { ...MODEL_OPTIONS, runId: true } as const satisfies Record<
  keyof AgUiOptions,
  true
>;

/**
 * Reads a run. A drop sends the same request again with `Last-Event-ID` and `X-Run-Id`: a server with a log
 * continues it and runs nothing twice. If events have no ids, there is no log, and a drop ends the stream as failed.
 *
 * @example
 * ```ts
 * import { agUi } from 'stream-reconnect/sources';
 *
 * const body = { threadId: 'thread-1', runId: 'run-1', messages: [], tools: [], context: [] };
 * const source = agUi({ url: '/api/chat', body });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function agUi(options: AgUiOptions): StreamSource<ModelPart> {
  checkKnown('agUi', options, AG_UI_OPTIONS);
  const { name, request, ...limits } = checkModelOptions(options, { name: 'ag-ui' });
  const runId = checkRunId(options.runId);
  let run = createRun();
  return Object.freeze({
    name,
    resume: 'cursor',
    terminal: 'explicit',
    reopen: reopenBy(request),
    // Ids are optional per event.
    delivery: 'eager',
    leavesOutReplays: true,
    open,
  });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<ModelPart>> {
    const { key = runId } = at;
    const cursor = at.cursor === '' ? undefined : at.cursor;
    if (cursor === undefined) run = createRun();
    else {
      checkCursor(cursor);
      run.checkProgress();
    }
    const { body } = await openBody(
      {
        request,
        contentTypes: [EVENT_STREAM],
        withCursor: cursor !== undefined,
        framing: 'events',
        addHeaders: (headers) => {
          headers['content-type'] ??= 'application/json';
          if (cursor !== undefined) headers['last-event-id'] = toHeaderBytes(cursor);
          const named = runId ?? (cursor === undefined ? undefined : key);
          if (named !== undefined && isSendable(named)) headers['x-run-id'] = toHeaderBytes(named);
        },
        refusal: cursor === undefined ? undefined : rejectedPosition,
      },
      at,
      signal,
    );
    const protocol = run.follow(at, cursor);
    if (body === null)
      return singleBatch([{ type: 'end', outcome: run.reader.end ?? 'incomplete' }]);
    const connection = bodyConnection(body, createProtocolDecoder(protocol, limits));
    const current = run;
    return withOutcome(
      connection,
      // Results of tools may follow, however long they take; a server with a log is asked for them.
      () => (current.reader.mayGoOn ? null : protocol.outcome),
      () => (current.reader.mayGoOn && current.hasLog ? null : protocol.outcome),
    );
  }
}

interface Run {
  readonly reader: AgUiReader;
  /** Events have ids: the server can be asked whether more comes. */
  readonly hasLog: boolean;
  /** Returns the protocol that reads a connection from this point. */
  follow(at: ResumePoint, cursor: string | undefined): ResponseProtocol;
  /** See `ReplayedEvents`. */
  checkProgress(): void;
}

function createRun(): Run {
  let reader = agUiReader();
  let isNew = true;
  const replays = new ReplayedEvents();
  /** Where the reader was after each of the last events. */
  const places = new Map<string, AgUiPlace>();
  let hasLog = false;
  return {
    get reader() {
      return reader;
    },
    get hasLog() {
      return hasLog;
    },
    follow,
    checkProgress: () => replays.checkProgress(),
  };

  function follow(at: ResumePoint, cursor: string | undefined): ResponseProtocol {
    reader.begin(at.toolCalls ?? {}, cursor === undefined ? null : places.get(cursor));
    if (cursor !== undefined) hasLog = true;
    replays.follow(at, cursor, isNew && cursor !== undefined);
    isNew = false;
    let isKnown = at.key !== undefined;
    let hasNews = cursor === undefined;
    const protocol = createResponseProtocol(reader, {
      cursorOf: (_, id) => id,
      // The first run identifies the log; other runs may follow in it.
      keyOf: (event) => {
        const id = isKnown ? undefined : runOf(event);
        isKnown ||= id !== undefined;
        return id;
      },
      replays,
      isBeginning: (event) => at.key !== undefined && runOf(event) === at.key,
      readAgain: (isNamedAgain) => {
        if (isNamedAgain) isKnown = false;
        reader = agUiReader();
        reader.begin(deliveredOf(at.toolCalls));
        places.clear();
        return reader;
      },
      onRead: (id) => {
        hasNews = true;
        if (id === undefined) return;
        hasLog = id !== '';
        keepPlace(places, id, reader.place);
      },
    });
    return {
      get outcome() {
        return protocol.outcome;
      },
      read: (event, id) => protocol.read(event, id),
      // In doubt the log is requested once more: if nothing follows, that was the end.
      finish: () => (reader.mayGoOn && hasLog && hasNews ? [] : (protocol.finish?.() ?? [])),
    };
  }
}

/** Number of positions that are kept: as many as events are remembered. */
const MAX_PLACES = 256;

function keepPlace(places: Map<string, AgUiPlace>, id: string, place: AgUiPlace): void {
  places.delete(id);
  places.set(id, place);
  const [oldest] = places.keys();
  if (places.size > MAX_PLACES && oldest !== undefined) places.delete(oldest);
}

/** Returns the id of the run that an event names: TanStack AI announces it before the first event. */
function runOf(event: unknown): string | undefined {
  const { type, name, value, runId } = fieldsOf(event);
  if (type === 'CUSTOM' && name === 'run.accepted') return textOf(fieldsOf(value)['runId']);
  return type === 'RUN_STARTED' ? textOf(runId) : undefined;
}

/** @throws ReconnectError `config` */
function checkRunId(runId: unknown): string | undefined {
  if (runId === undefined) return undefined;
  const id = checkString('runId', runId);
  if (id !== '' && isSendable(id)) return id;
  throw configFailure('runId to be what a header can hold', 'another text', "runId: 'run_1'");
}
