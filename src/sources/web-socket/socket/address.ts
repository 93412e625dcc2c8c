/** The address of a WebSocket: checked as one of fetch, since it is the same place. */

import { toUrl } from '../../http/request/validate-request.js';

/** @throws ReconnectError `config` unless it is a ws(s) or http(s) URL without user and password. */
export function toSocketUrl(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? hrefOf(value) : value;
  if (typeof text !== 'string') return toUrl(value, true).href;
  const trimmed = text.trim();
  // A socket of this machine, for `ws`.
  if (/^wss?\+unix:/i.test(trimmed)) return trimmed;
  const url = toUrl(trimmed.replace(/^ws(s?):/i, 'http$1:'), true);
  // As it was written: not every URL class gives back what it was given, and some have no setters.
  const href = /^(?:ws|http)s?:\/\//i.test(trimmed) ? trimmed : url.href;
  return href.replace(/#.*$/s, '').replace(/^http/i, 'ws');
}

function hrefOf(value: { readonly href?: unknown }): unknown {
  return value.href;
}
