/** The address of a WebSocket, validated like one for fetch. */

import { toUrl } from '../../http/request/validate-request.js';

/** @throws ReconnectError `config` unless it is a ws(s) or http(s) URL without credentials. */
export function toSocketUrl(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? hrefOf(value) : value;
  if (typeof text !== 'string') return toUrl(value, true).href;
  const trimmed = text.trim();
  // A local socket, for `ws`.
  if (/^wss?\+unix:/i.test(trimmed)) return trimmed;
  const url = toUrl(trimmed.replace(/^ws(s?):/i, 'http$1:'), true);
  // The original text: not every URL class returns the same text, and some have no setters.
  const href = /^(?:ws|http)s?:\/\//i.test(trimmed) ? trimmed : url.href;
  return href.replace(/#.*$/s, '').replace(/^http/i, 'ws');
}

function hrefOf(value: { readonly href?: unknown }): unknown {
  return value.href;
}
