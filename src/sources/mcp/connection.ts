/** One connection of an MCP request: as many responses as the server's own closing makes of it. */

import type {
  Connection,
  ResumePoint,
  SourceClock,
  SourceItem,
} from '../../../machines/contract.js';
import { pause } from '../durable-stream/pace.js';
import { openFailure } from '../failure.js';
import { bodyConnection } from '../http/body-batches.js';
import type { OpenBody } from '../http/open-body.js';
import { isSendable } from '../http/request-parts.js';
import type { RequestOptions } from '../http/request.js';
import { createProtocolDecoder } from '../sse/protocol.js';
import type { ProtocolLimits } from '../sse/protocol.js';
import type { JsonRpcMessage, JsonRpcRequest } from './message.js';
import { DocumentDecoder, MessageReader } from './messages.js';
import { continueAfter, JSON_TYPE, post } from './request.js';
import type { McpSession } from './request.js';

export interface McpOptions extends ProtocolLimits {
  readonly request: RequestOptions;
  readonly message: JsonRpcRequest;
  readonly session: McpSession;
  readonly clock: SourceClock;
}

type Batch = readonly SourceItem<JsonRpcMessage>[];

/** Between two requests of our own, in ms: behind a response with messages, and behind one with none. */
const SHORTEST_MS = 250;
const IDLE_MS = 2500;
/** A longer wait that the server asks for is the stream's to judge. */
const LONGEST_MS = 60_000;
/** Our own wait is no silence of the server's: a sign of life this often, in ms. */
const ALIVE_MS = 1000;

/** @throws OpenFailure where the first request is refused. */
export async function connect(
  options: McpOptions,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<Connection<JsonRpcMessage>> {
  const { request, session, message } = options;
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
    close: () => {
      isClosed = true;
      void current?.close();
    },
  };

  async function* readOn(first: OpenBody): AsyncGenerator<Batch> {
    const assigned = cursor === undefined ? sessionOf(first, session) : undefined;
    if (assigned !== undefined) yield [{ type: 'identity', key: assigned }];
    const place = assigned === undefined ? at : { ...at, key: assigned };
    for (let answer = first; ;) {
      const { count } = reader;
      const before = reader.cursor;
      const retryMs = yield* readResponse(answer);
      if (reader.isOver || isClosed) return;
      // The server closes a stream that it wants to be asked for again (MCP 2025-11-25): no drop.
      const isPlanned = retryMs !== undefined && retryMs <= LONGEST_MS;
      if (!isPlanned || reader.cursor === undefined || reader.cursor === before) return;
      const shortest = reader.count > count ? SHORTEST_MS : IDLE_MS;
      yield* wait(Math.max(retryMs, shortest));
      answer = await continueAfter(reader.cursor, request, session, place, signal);
    }
  }

  /** Reads a response to its end; returns the wait that the server asked for in it, in ms. */
  async function* readResponse(answer: OpenBody): AsyncGenerator<Batch, number | undefined> {
    const { body, response } = answer;
    if (body === null)
      throw openFailure('protocol', 'The server has no response to the request', {
        fatal: true,
        status: response.status,
      });
    const isDocument = (response.headers.get('content-type') ?? '').includes(JSON_TYPE);
    const decoder = isDocument
      ? new DocumentDecoder(reader, options.maxEventBytes)
      : createProtocolDecoder(reader, options);
    let retryMs: number | undefined;
    current = bodyConnection(body, decoder);
    for await (const batch of current.batches) {
      for (const item of batch) if (item.type === 'retry') retryMs = item.ms;
      yield batch;
      if (reader.failure !== undefined) throw reader.failure;
      if (reader.isOver) break;
    }
    return retryMs;
  }

  async function* wait(ms: number): AsyncGenerator<Batch> {
    for (let left = ms; left > 0; left -= ALIVE_MS) {
      await pause(Math.min(left, ALIVE_MS), options.clock, signal);
      yield [];
    }
  }
}

/** The session that the server assigns in its first response. */
function sessionOf({ response }: OpenBody, { id }: McpSession): string | undefined {
  const assigned = response.headers.get('mcp-session-id');
  return id !== undefined || assigned === null || assigned === '' || !isSendable(assigned)
    ? undefined
    : assigned;
}
