/** A response as a reader has received it, and its comparison with what the server has written. */

import type { AnswerRecord } from './server.js';

export interface ToolCall {
  readonly name: string;
  readonly args: string;
  readonly isWhole: boolean;
}

/** The parts of the chat: text, a tool call, text. */
export type Part =
  | { readonly type: 'text'; readonly text: string }
  | ({ readonly type: 'tool' } & ToolCall);

export interface ToolPiece {
  readonly id: string;
  readonly name?: string;
  readonly args?: string;
  readonly done?: boolean;
}

interface Payload {
  readonly delta?: string;
  readonly tool?: ToolPiece;
}

/** Cached: a response is rendered again with every piece. */
const payloads = new WeakMap<AnswerRecord, Payload>();

export function payloadOf(record: AnswerRecord): Payload {
  const known = payloads.get(record);
  if (known !== undefined) return known;
  const payload = JSON.parse(record.data) as Payload;
  payloads.set(record, payload);
  return payload;
}

/** Returns whether a record can be rendered: what is in the page's storage may be anything. */
export function isAnswerRecord(value: unknown): value is AnswerRecord {
  if (!isObject(value) || typeof value['id'] !== 'string' || !/^\d+$/u.test(value['id']))
    return false;
  try {
    const { delta, tool } = JSON.parse(String(value['data'])) as Record<string, unknown>;
    return typeof value['data'] === 'string' && (typeof delta === 'string' || isObject(tool));
  } catch {
    return false;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function partsOf(records: readonly AnswerRecord[]): readonly Part[] {
  const parts: Part[] = [];
  for (const record of records) {
    const { delta, tool } = payloadOf(record);
    const last = parts.at(-1);
    if (delta !== undefined) {
      if (last?.type === 'text') parts[parts.length - 1] = { ...last, text: last.text + delta };
      else parts.push({ type: 'text', text: delta });
    }
    if (tool !== undefined) {
      const open = last?.type === 'tool' ? last : { name: '', args: '', isWhole: false };
      const next = {
        type: 'tool',
        name: open.name + (tool.name ?? ''),
        args: open.args + (tool.args ?? ''),
        isWhole: open.isWhole || tool.done === true,
      } as const;
      if (last?.type === 'tool') parts[parts.length - 1] = next;
      else parts.push(next);
    }
  }
  return parts;
}

/** Returns the text of the records, without the arguments of tool calls. */
export function textOf(records: readonly AnswerRecord[]): string {
  return records.map((record) => payloadOf(record).delta ?? '').join('');
}

export function countWords(text: string): number {
  return text.match(/\S+/gu)?.length ?? 0;
}

export interface Comparison {
  /** Records that the server has written, and that the reader skipped or will not receive any more. */
  readonly lost: number;
  readonly lostWords: number;
  /** Records that came more than once. */
  readonly doubled: number;
}

/**
 * Compares record by record.
 *
 * @param isOver whether the reader receives no more: then missing records are lost, not late
 */
export function compare(
  written: readonly AnswerRecord[],
  received: readonly AnswerRecord[],
  isOver: boolean,
): Comparison {
  const got = new Map<string, string>();
  let doubled = 0;
  for (const { id, data } of received) {
    if (got.has(id)) doubled += 1;
    got.set(id, data);
  }
  const newest = received.reduce((most, { id }) => Math.max(most, Number(id)), 0);
  const expected = isOver ? written : written.filter(({ id }) => Number(id) <= newest);
  const missing = expected.filter(({ id, data }) => got.get(id) !== data);
  const has = expected.filter(({ id, data }) => got.get(id) === data);
  return {
    lost: missing.length,
    lostWords: countWords(textOf(expected)) - countWords(textOf(has)),
    doubled,
  };
}
