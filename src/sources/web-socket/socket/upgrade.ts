/** A handshake that was answered by another response than an upgrade, which only `ws` shows. */

import type { ResumePoint } from '../../../../machines/source-contract.js';
import { MAX_ERROR_BODY } from '../../../../machines/errors.js';
import { sourceError } from '../../shared/source-error.js';
import type { SourceError } from '../../shared/source-error.js';
import { refusalOf, withText } from '../../http/request/response.js';
import { MAX_BODY_MS } from '../../http/response/error-body.js';
import type { Redact } from '../../http/response/redact.js';
import type { Socket } from './socket.js';

interface UpgradeResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  on(event: string, listener: (chunk: unknown) => void): unknown;
  destroy(): void;
}

/** Reports the response by its status, by the same table as for fetch, with the explanation in its body. */
export function refuseUpgrade(
  socket: Socket,
  at: ResumePoint,
  redact: Redact,
  report: (failure: SourceError) => void,
): void {
  socket.on?.('unexpected-response', (_request: unknown, response: UpgradeResponse) => {
    const failure = failureOf(response, at);
    readBody(response, (text) => report(withText(failure, text, redact)));
  });
}

function failureOf({ statusCode: status, headers }: UpgradeResponse, at: ResumePoint): SourceError {
  if (status >= 200 && status < 400) {
    const message = `The handshake was answered with status ${status}`;
    return sourceError('protocol', message, { fatal: true, status });
  }
  const header = (name: string): string | undefined => headers[name];
  return refusalOf(status, header, { withCursor: Boolean(at.cursor), httpPolicy: 'resilient' });
}

/** Reads the body within the same limits as for fetch. */
function readBody(response: UpgradeResponse, done: (text: string) => void): void {
  const decoder = new TextDecoder();
  let text = '';
  let isOver = false;
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    response.destroy();
    done(text.slice(0, MAX_ERROR_BODY));
  };
  const timer = setTimeout(finish, MAX_BODY_MS);
  response.on('data', (chunk) => {
    if (chunk instanceof Uint8Array) text += decoder.decode(chunk, { stream: true });
    if (text.length >= MAX_ERROR_BODY) finish();
  });
  for (const event of ['end', 'close', 'error', 'aborted']) response.on(event, finish);
}
