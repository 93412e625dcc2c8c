/** Payloads of a durable stream as items: what they hold is the stream's content type. */

import type { DataItem } from '../../../machines/contract.js';
import { openFailure } from '../failure.js';

export const FORMATS = ['json', 'text', 'bytes'] as const;
/** `json`: each message is an item. `text`, `bytes`: each piece that comes is one. */
export type DurableFormat = (typeof FORMATS)[number];

/** What came in one piece, as text. @throws OpenFailure for what is no JSON. */
export function textItems(payload: string, format: DurableFormat): DataItem<unknown>[] {
  if (format === 'json') return jsonItems(payload);
  if (payload === '') return [];
  return [{ type: 'data', data: payload, bytes: payload.length }];
}

/** What came in one piece, as bytes. */
export function byteItems(payload: Uint8Array, format: DurableFormat): DataItem<unknown>[] {
  if (format !== 'bytes') return textItems(new TextDecoder().decode(payload), format);
  if (payload.length === 0) return [];
  return [{ type: 'data', data: payload, bytes: payload.length }];
}

/** Binary streams are sent as base64 in events. @throws OpenFailure for what is none. */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, '')), (letter) => letter.charCodeAt(0));
  } catch (cause) {
    throw openFailure('protocol', 'expected base64 in the event', { fatal: true, cause });
  }
}

/** A JSON stream comes as arrays of messages, whatever was appended together. */
function jsonItems(payload: string): DataItem<unknown>[] {
  if (payload.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch (cause) {
    // Cut, as far as anybody can tell: the same messages come again.
    const message = 'expected messages of JSON, got what is none';
    throw openFailure('network', message, { fatal: false, cause });
  }
  const messages = Array.isArray(value) ? (value as unknown[]) : [value];
  const bytes = Math.ceil(payload.length / Math.max(1, messages.length));
  return messages.map((data) => ({ type: 'data', data, bytes }));
}
