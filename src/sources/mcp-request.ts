/** The source `mcpRequest()`: one request to an MCP server over Streamable HTTP, posted once, continued by GET. */

import type {
  Connection,
  ResumePoint,
  SourceHost,
  StreamSource,
} from '../../machines/source-contract.js';
import { configFailure, describeType } from './shared/source-error.js';
import { cancelBody } from './http/response/error-body.js';
import { sendRequest } from './http/request/send-request.js';
import { checkHttpOptions, HTTP_OPTIONS } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { isSendable } from './http/request/validate-request.js';
import { toOptions } from './http/source-options.js';
import type { WithoutUrl } from './http/source-options.js';
import { connect } from './mcp/connection.js';
import type { JsonRpcMessage, JsonRpcRequest } from './mcp/message.js';
import { addHeaders } from './mcp/request.js';
import type { McpSession } from './mcp/request.js';
import { checkSize, checkString } from './shared/validate-options.js';
import { systemTimers } from './shared/timers.js';

export interface McpRequestOptions extends Omit<HttpOptions, 'method' | 'body'> {
  /** The JSON-RPC request, such as a `tools/call`. Its `id` names the response that ends the stream. */
  message: Omit<JsonRpcRequest, 'jsonrpc'> & { readonly jsonrpc?: '2.0' | undefined };
  /** Sent as `Mcp-Session-Id`. @default what the server assigns in its first response */
  sessionId?: string | undefined;
  /** Sent as `MCP-Protocol-Version`: the version that was negotiated. @default no such header */
  protocolVersion?: string | undefined;
  /** Longest line in bytes. @default 64 MiB */
  maxLineBytes?: number | undefined;
  /** Largest event, and largest response that is no stream, in bytes. @default 64 MiB */
  maxEventBytes?: number | undefined;
  /** The name in diagnostics. @default 'mcp-request' */
  name?: string | undefined;
}

const { method: _method, body: _body, ...SHARED } = HTTP_OPTIONS;

const MCP_REQUEST_OPTIONS = {
  ...SHARED,
  message: true,
  sessionId: true,
  protocolVersion: true,
  maxLineBytes: true,
  maxEventBytes: true,
  name: true,
} as const satisfies Record<keyof McpRequestOptions, true>;

/** A result may contain an image. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Sends one request and reads the messages of its response: notifications, requests of the server, and last the
 * response itself. The POST is sent once, so a tool runs once: after a drop the stream continues by GET with
 * `Last-Event-ID` (MCP 2025-11-25, "Resumability and Redelivery"). Where the server has sent no event id, a drop ends the
 * stream as failed. `cancel()` sends `notifications/cancelled`; a drop does not.
 *
 * @example
 * ```ts
 * import { mcpRequest } from 'stream-reconnect/sources';
 *
 * const source = mcpRequest({
 *   url: 'https://example.com/mcp',
 *   sessionId: 'the Mcp-Session-Id of the initialize response',
 *   protocolVersion: '2025-11-25',
 *   message: { id: 7, method: 'tools/call', params: { name: 'pay', arguments: { amount: 10 } } },
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function mcpRequest(
  url: string | URL,
  options: WithoutUrl<McpRequestOptions>,
): StreamSource<JsonRpcMessage>;
export function mcpRequest(options: McpRequestOptions): StreamSource<JsonRpcMessage>;
export function mcpRequest(
  first: string | URL | McpRequestOptions,
  second?: WithoutUrl<McpRequestOptions>,
): StreamSource<JsonRpcMessage> {
  const options = toOptions('mcpRequest', first, second, MCP_REQUEST_OPTIONS);
  const { maxLineBytes, maxEventBytes, name = 'mcp-request' } = options;
  const message = checkMessage(options.message);
  const session: McpSession = {
    id: checkHeader('sessionId', options.sessionId),
    version: checkHeader('protocolVersion', options.protocolVersion),
  };
  const { message: _, sessionId: _id, protocolVersion: _version, ...rest } = options;
  const request = checkHttpOptions({ ...rest, method: 'POST', body: JSON.stringify(message) });
  const checked = {
    request,
    message,
    session,
    plan: { retryMs: undefined },
    maxLineBytes: checkSize('maxLineBytes', maxLineBytes, MAX_BYTES),
    maxEventBytes: checkSize('maxEventBytes', maxEventBytes, MAX_BYTES),
  };
  return Object.freeze({
    name: checkString('name', name),
    resume: 'cursor',
    terminal: 'explicit',
    reopen: request.idempotencyKey === undefined ? 'restarts-work' : 'safe',
    delivery: 'eager',
    open,
    cancel,
  });

  function open(
    at: ResumePoint,
    signal: AbortSignal,
    host?: SourceHost,
  ): Promise<Connection<JsonRpcMessage>> {
    return connect({ ...checked, clock: host?.clock ?? systemTimers }, at, signal);
  }

  async function cancel(
    at: ResumePoint,
    reason: string,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    // MCP forbids to cancel the request that opens the session.
    if (message.method === 'initialize') return;
    const params = { requestId: message.id, reason };
    const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    const post = { ...request, body, idempotencyKey: undefined };
    cancelBody(await sendRequest(post, at, signal, (headers) => addHeaders(headers, session)));
  }
}

function checkMessage(message: unknown): JsonRpcRequest {
  const write = "message: { id: 1, method: 'tools/call', params: { … } }";
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw configFailure('message to be a JSON-RPC request', describeType(message), write);
  const { id, method } = message as Partial<JsonRpcRequest>;
  if (typeof id !== 'string' && !Number.isSafeInteger(id))
    throw configFailure('message.id to be a string or a whole number', describeType(id), write);
  if (typeof method !== 'string' || method === '')
    throw configFailure('message.method to be a name', describeType(method), write);
  return { ...(message as JsonRpcRequest), jsonrpc: '2.0' };
}

function checkHeader(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = checkString(name, value);
  if (text !== '' && isSendable(text)) return text;
  throw configFailure(`${name} to fit into a header`, 'another text', `${name}: '…'`);
}
