/** The requests of one MCP request: the POST that begins it, and the GET that continues it. */

import type { ResumePoint } from '../../../machines/source-contract.js';
import { sourceError } from '../shared/source-error.js';
import type { SourceError } from '../shared/source-error.js';
import { openBody } from '../http/request/open-body.js';
import type { OpenBody } from '../http/request/open-body.js';
import { checkCursor, toHeaderBytes } from '../http/request/validate-request.js';
import type { RequestOptions } from '../http/request/request.js';
import { EVENT_STREAM } from '../sse/decoder.js';

export const JSON_TYPE = 'application/json';

export interface McpSession {
  readonly id: string | undefined;
  readonly version: string | undefined;
  /** The session that the server assigned, if the caller passed none. It grants access, so it is in no checkpoint. */
  assigned?: string | undefined;
}

export function addHeaders(headers: Record<string, string>, session: McpSession): void {
  const id = session.id ?? session.assigned;
  headers['content-type'] ??= JSON_TYPE;
  // The request must accept both kinds of response.
  headers['accept'] ??= `${JSON_TYPE}, ${EVENT_STREAM}`;
  if (id !== undefined) headers['mcp-session-id'] ??= toHeaderBytes(id);
  if (session.version !== undefined) headers['mcp-protocol-version'] ??= session.version;
}

export function post(
  request: RequestOptions,
  session: McpSession,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<OpenBody> {
  return openBody(
    {
      request,
      contentTypes: [JSON_TYPE, EVENT_STREAM],
      withCursor: false,
      addHeaders: (headers) => addHeaders(headers, session),
      refusal: ({ status }) =>
        status === 404 && session.id !== undefined ? sessionOver(status) : undefined,
    },
    at,
    signal,
  );
}

/** @throws SourceError */
export function continueAfter(
  cursor: string,
  request: RequestOptions,
  session: McpSession,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<OpenBody> {
  checkCursor(cursor);
  const get: RequestOptions = {
    ...request,
    method: 'GET',
    body: undefined,
    idempotencyKey: undefined,
  };
  return openBody(
    {
      request: get,
      contentTypes: [EVENT_STREAM],
      withCursor: true,
      addHeaders: (headers) => {
        addHeaders(headers, session);
        delete headers['content-type'];
        headers['last-event-id'] = toHeaderBytes(cursor);
      },
      refusal: refusalOf,
    },
    at,
    signal,
  );
}

/** Returns the failure for a status of the GET that has a special meaning in MCP. */
function refusalOf({ status }: Response): SourceError | undefined {
  switch (status) {
    case 204:
      return rejected('The server has nothing behind the event (status 204)', status);
    case 400:
      return rejected('The server does not know the event id (status 400)', status);
    case 404:
      return sessionOver(status);
    case 405:
      return final('The server offers no stream to continue with (status 405)', status);
    case 409:
      // The server has not noticed yet that the previous connection is gone.
      return sourceError('http', 'The server still holds the previous connection (status 409)', {
        fatal: false,
        status,
      });
    default:
      return undefined;
  }
}

function rejected(message: string, status: number): SourceError {
  return sourceError('cursor-rejected', message, { fatal: false, status });
}

function sessionOver(status: number): SourceError {
  return final('The session is over (status 404): it has to be initialized again', status);
}

function final(message: string, status: number): SourceError {
  return sourceError('not-resumable', message, { fatal: true, status });
}
