/** One connection of an MCP request: several responses, if the server closes them by plan. */

import type {
  Connection,
  ResumePoint,
  SourceClock,
  SourceItem,
} from '../../../machines/source-contract.js';
import { pause, takeRequest } from '../../host/request-pace.js';
import { sourceError } from '../shared/source-error.js';
import { bodyConnection } from '../http/response/body-reader.js';
import type { OpenBody } from '../http/request/open-body.js';
import { isSendable } from '../http/request/validate-request.js';
import type { RequestOptions } from '../http/request/request.js';
import { createProtocolDecoder } from '../sse/protocol.js';
import type { ProtocolLimits } from '../sse/protocol.js';
import type { JsonRpcMessage, JsonRpcRequest } from './message.js';
import { ResponseDecoder, DocumentDecoder, MessageReader } from './messages.js';
import { continueAfter, JSON_TYPE, post } from './request.js';
import type { McpSession } from './request.js';

export interface McpOptions extends ProtocolLimits {
  readonly request: RequestOptions;
  readonly message: JsonRpcRequest;
  readonly session: McpSession;
  readonly clock: SourceClock;
  /** What the server has said about its planned closes. */
  readonly plan: ClosePlan;
}

/** The `retry:` time, kept for the whole stream as in an EventSource: a server sends it once. */
export interface ClosePlan {
  retryMs: number | undefined;
}

type Batch = readonly SourceItem<JsonRpcMessage>[];

/** Between two requests of our own where the server says nothing of it, in ms. */
const SHORTEST_MS = 250;
/** A response that was open for this long, in ms, was closed by plan, even without data. */
const LIVED_MS = 1000;
/** The longest wait that is made here, in ms. The stream decides about a longer one that the server asks for. */
const LONGEST_MS = 60_000;
/** Interval of signs of life during a wait, in ms: such a wait is no silence of the server. */
const ALIVE_MS = 1000;

/** @throws SourceError if the first request is refused. */
export async function connect(
  options: McpOptions,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<Connection<JsonRpcMessage>> {
  const { request, session, message, plan, clock } = options;
  const key = JSON.stringify(message.id);
  if (at.key !== undefined && at.key !== key) throw otherRequest();
  const cursor = at.cursor === '' ? undefined : at.cursor;
  const opened =
    cursor === undefined
      ? await post(request, session, at, signal)
      : await continueAfter(cursor, request, session, at, signal);
  const reader = new MessageReader(message.id);
  reader.cursor = cursor;
  let current: Connection<JsonRpcMessage> | null = null;
  let isClosed = false;
  return {
    batches: readOn(opened),
    get heldBytes() {
      return current?.heldBytes;
    },
    close: () => {
      isClosed = true;
      void current?.close();
    },
  };

  async function* readOn(first: OpenBody): AsyncGenerator<Batch> {
    if (cursor === undefined) session.assigned = assignedBy(first);
    yield [{ type: 'identity', key }];
    for (let answer = first; ;) {
      const before = reader.cursor;
      const began = clock.now();
      yield* readResponse(answer);
      if (reader.isOver || isClosed || reader.cursor === undefined) return;
      // A server may close a stream that the client is to request again (MCP 2025-11-25): no drop. A response without
      // data that is over at once is a drop: the stream waits longer each time, and gives up.
      const hasLived = clock.now() - began >= LIVED_MS;
      const isPlanned = reader.cursor !== before || hasLived;
      const { retryMs = 0 } = plan;
      if (!isPlanned || retryMs > LONGEST_MS) return;
      yield* wait(Math.max(retryMs, SHORTEST_MS, takeRequest(signal)));
      answer = await continueAfter(reader.cursor, request, session, at, signal);
    }
  }

  /** Reads a response to its end. */
  async function* readResponse({ body, response }: OpenBody): AsyncGenerator<Batch> {
    if (body === null)
      throw sourceError('protocol', 'The server has no response to the request', {
        fatal: true,
        status: response.status,
      });
    const isDocument = (response.headers.get('content-type') ?? '').includes(JSON_TYPE);
    const decoder = isDocument
      ? new DocumentDecoder(reader, options.maxEventBytes)
      : createProtocolDecoder(reader, options);
    current = bodyConnection(body, new ResponseDecoder(decoder, reader));
    for await (const batch of current.batches) {
      for (const item of batch) if (item.type === 'retry') plan.retryMs = item.ms;
      yield batch;
      // The server's error comes next.
      if (reader.isOver && reader.failure === undefined) break;
    }
  }

  async function* wait(ms: number): AsyncGenerator<Batch> {
    for (let left = ms; left > 0 && !signal.aborted; left -= ALIVE_MS) {
      await pause(Math.min(left, ALIVE_MS), clock, signal);
      yield [];
    }
  }
}

/** The session that the server assigns in its first response. */
function assignedBy({ response }: OpenBody): string | undefined {
  const assigned = response.headers.get('mcp-session-id');
  return assigned === null || assigned === '' || !isSendable(assigned) ? undefined : assigned;
}

function otherRequest(): Error {
  const message = 'The checkpoint is of another request: its message has another id';
  return sourceError('not-resumable', message, { fatal: true });
}
