/** Interprets a WebSocket's error event: `ws` and Node name the fault, a browser does not. */

import { errorCode } from '../../../../machines/error-code.js';
import { SourceError, sourceError } from '../../shared/source-error.js';
import { networkFailure } from '../../http/response/network-error.js';
import type { Close } from './close-codes.js';
import type { SocketEvent } from './socket.js';

/** The close of a connection that ended without a close frame (RFC 6455, 7.1.5). */
export const BROKEN: Close = { code: 1006, reason: '' };

export class Fault {
  #error: unknown;
  #text = '';

  /** The first error counts: later ones follow from it. */
  add({ error, message }: SocketEvent): void {
    this.#error ??= error;
    const text = error instanceof Error ? error.message : message;
    if (typeof text === 'string' && this.#text === '') this.#text = text;
  }

  /** Returns a failure if the error explains everything, otherwise the close with what the error adds. */
  explain(close: Close): SourceError | Close {
    const known = errorCode(this.#error);
    if (known === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return tooLong();
    if (known?.startsWith('WS_ERR_') === true) return { ...close, error: known };
    if (close.code !== BROKEN.code) return close;
    if (known !== undefined) return networkFailure(this.#error, 'The connection broke');
    return { ...close, reason: close.reason || this.#text };
  }
}

export function tooLong(): SourceError {
  return sourceError('limit', 'The message is longer than maxMessageBytes', { fatal: true });
}

/** @param canResume whether dropped messages come again */
export function overrun(canResume: boolean): SourceError {
  const what =
    'The unread messages take more than maxBufferedBytes of the source, or of the stream';
  return sourceError('limit', what, { fatal: !canResume });
}

/** Returns the failure for a connection that ended before it was open. */
export function tooEarly(decision: SourceError | string): SourceError {
  if (decision instanceof SourceError) return decision;
  const message = 'The connection was closed before it was ready';
  return sourceError('network', message, { fatal: false });
}
