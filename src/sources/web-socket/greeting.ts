/** Runs the first exchange of a connection, before waiting messages are sent. */

import { isThenable, SourceError, sourceError } from '../shared/source-error.js';
import { askAsync, wrongResponse } from '../shared/to-items.js';
import type { SocketConnection } from './connection.js';
import { toOwnData } from './socket/message.js';
import type { OwnData, WebSocketData } from './socket/message.js';
import type { CheckedWebSocketOptions, WebSocketStart } from './options.js';

/** @throws SourceError if the connection ends first, or a function of the caller throws. */
export async function greet<T>(
  { resumeMessage, ready }: CheckedWebSocketOptions<T>,
  start: WebSocketStart,
  connection: SocketConnection<T>,
  transmit: (data: OwnData) => void,
): Promise<void> {
  const asked: unknown =
    resumeMessage === undefined ? undefined : askAsync('resumeMessage', resumeMessage, start);
  const greeting = isThenable(asked) ? await caught('resumeMessage', connection, asked) : asked;
  if (greeting !== undefined) send(greeting, 'resumeMessage to return');
  if (ready === undefined) return;
  const step: unknown = askAsync(
    'ready',
    ready,
    Object.freeze({
      ...start,
      protocol: connection.protocol,
      send: (message: WebSocketData) => send(message, 'send() to be given'),
      receive: () => connection.receive(),
    }),
  );
  if (isThenable(step)) await caught('ready', connection, step);
  connection.release();

  function send(message: unknown, what: string): void {
    const data = toOwnData(message);
    if (data === undefined) throw wrongResponse(what, 'a string, bytes or nothing', message);
    transmit(data);
  }
}

/** Converts an error of `ready`: its status 401 or 403 means that the peer rejected the credentials. @throws SourceError */
async function caught<T>(
  name: string,
  connection: SocketConnection<T>,
  work: PromiseLike<unknown>,
): Promise<unknown> {
  try {
    return await connection.during(work);
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    const { status } = (cause ?? {}) as { status?: unknown };
    const isRefusal = status === 401 || status === 403;
    const facts = { fatal: true, cause, ...(isRefusal ? { status } : {}) };
    throw sourceError(isRefusal ? 'http' : 'callback', `${name} threw`, facts);
  }
}
