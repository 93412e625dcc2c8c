/** Sends pings at an interval, so that the peer shows a sign of life. */

import { configFailure, SourceError, sourceError } from '../shared/source-error.js';
import { ask, wrongResponse } from '../shared/to-items.js';
import type { SocketConnection } from './connection.js';
import { toOwnData } from './socket/message.js';
import type { WebSocketPing } from './options.js';
import { OPEN } from './socket/socket.js';
import type { Socket } from './socket/socket.js';

/** @throws SourceError `config` if there is no message, and the class cannot send pings of the protocol. */
export function startPings<T>(
  ping: WebSocketPing | undefined,
  socket: Socket,
  connection: SocketConnection<T>,
): void {
  if (ping === undefined) return;
  const { message, everyMs } = ping;
  if (message === undefined && socket.ping === undefined) {
    const write = "ping: { message: 'ping', everyMs: 15_000 }";
    throw configFailure('a WebSocket that can send pings', 'one that cannot', write);
  }
  connection.every(everyMs, () => {
    if (socket.readyState !== OPEN) return;
    try {
      if (message === undefined) socket.ping?.();
      else send(message);
    } catch (thrown) {
      connection.end(
        thrown instanceof SourceError
          ? thrown
          : sourceError('network', 'The ping could not be sent', { fatal: false, cause: thrown }),
      );
    }
  });

  function send(given: NonNullable<WebSocketPing['message']>): void {
    const asked = typeof given === 'function' ? ask('ping.message', given, undefined) : given;
    if (asked === undefined) return;
    const data = toOwnData(asked);
    if (data === undefined)
      throw wrongResponse('ping.message', 'a string, bytes or undefined', asked);
    socket.send(data);
  }
}
