/** The address of a WebSocket: checked as one of fetch, since it is the same place. */

import { toUrl } from '../http/request-parts.js';

/** @throws ReconnectError `config` unless it is a ws(s) or http(s) URL without user and password. */
export function toSocketUrl(value: unknown): string {
  const text = value instanceof URL ? value.href : value;
  const url = toUrl(typeof text === 'string' ? text.replace(/^ws(s?):/i, 'http$1:') : text, true);
  url.hash = '';
  return url.href.replace(/^http/, 'ws');
}
