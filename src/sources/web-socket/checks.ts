/** Validates options that only a WebSocket has. */

import { configFailure, describeType } from '../shared/source-error.js';
import { toOwnData } from './socket/message.js';
import type { WebSocketPing } from './options.js';
import { NORMAL } from './socket/socket.js';

/** Longest delay of a timer, in ms: with a longer one it fires at once. */
const TIMER_MS = 2_147_483_647;

/** @throws ReconnectError `config` */
export function toProtocols(given: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(given)
    ? given
    : given === undefined
      ? []
      : [given];
  const texts = names.filter((name): name is string => typeof name === 'string' && name !== '');
  if (texts.length === names.length) return texts;
  throw configFailure(
    'protocols to be names',
    describeType(given),
    "protocols: ['graphql-transport-ws']",
  );
}

/** @throws ReconnectError `config` */
export function checkPing(ping: WebSocketPing | undefined): WebSocketPing | undefined {
  if (ping === undefined) return undefined;
  const message: unknown = ping?.message;
  if (message !== undefined && typeof message !== 'function' && toOwnData(message) === undefined)
    throw configFailure(
      'ping with a message',
      describeType(message),
      "ping: { message: 'ping', everyMs: 15_000 }",
    );
  checkMs('ping.everyMs', ping?.everyMs);
  return ping;
}

/** The codes that an application may close with (WebSockets, 3). @throws ReconnectError `config` */
export function checkLeaveCode(code: unknown): number {
  const isAllowed =
    typeof code === 'number' &&
    Number.isInteger(code) &&
    (code === NORMAL || (code >= 3000 && code <= 4999));
  if (isAllowed) return code;
  const expected = 'leaveCode to be 1000, or from 3000 to 4999';
  throw configFailure(expected, describeType(code), 'leaveCode: 4000');
}

/** @throws ReconnectError `config` */
export function checkMs(name: string, ms: unknown): number {
  if (typeof ms === 'number' && ms >= 1 && ms <= TIMER_MS) return ms;
  throw configFailure(`${name} from 1 to ${TIMER_MS} ms`, describeType(ms), `${name}: 2_000`);
}
