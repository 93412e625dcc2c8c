/** What survives a reload: small, versioned JSON, and untrusted on the way in. */

import { END_OUTCOMES, MAX_ID_LENGTH } from './source-contract.js';
import type { EndOutcome } from './source-contract.js';
import { ReconnectError } from './errors.js';
import type { ReconnectContext, ReconnectState } from './reconnect.types.js';
import type { StreamState, ToolCallState, ToolCallStatus } from './stream-state.js';

export const CHECKPOINT_VERSION = 1;

/** A stream at rest. Ends of a stream are saved too, so that a finished one is not opened again. */
export interface Checkpoint {
  readonly version: typeof CHECKPOINT_VERSION;
  /** Name of the source, for a reader of the JSON; not compared. */
  readonly source: string | null;
  readonly state: ReconnectState;
  readonly attempt: number;
  readonly attempts: number;
  readonly drops: number;
  /** A request may have begun work at the peer: sending it again could repeat that. */
  readonly sent: boolean;
  /** Wall time of the next attempt in ms since 1970, while waiting. */
  readonly retryAt: number | null;
  /** The wait that ends then, in ms: whatever the wall clock does, no rest of it is longer. Left out where nothing waits. */
  readonly delayMs?: number | null | undefined;
  /** Which stream it is, where the source knows. */
  readonly key?: string | null | undefined;
  readonly cursor: string | null;
  /**
   * Fingerprints of the first and the last items before the cursor, by which they are known when a server sends them again:
   * at most 1 KB of text, made when the checkpoint becomes JSON. Left out where there are none.
   */
  readonly recent?: string | { toJSON(): string | undefined } | undefined;
  readonly chars: number;
  readonly floorMs: number;
  readonly outcome: EndOutcome | 'closed' | null;
  readonly streamState: StreamState;
}

/** The checkpoint of a machine in this state. */
export function toCheckpoint(
  state: ReconnectState,
  context: ReconnectContext,
  recent?: Checkpoint['recent'],
): Checkpoint {
  return Object.freeze({
    version: CHECKPOINT_VERSION,
    source: context.source?.name ?? null,
    state,
    attempt: context.attempt,
    attempts: context.attempts,
    drops: context.drops,
    sent: context.sent,
    ...waitOf(state, context),
    ...keyOf(context.progress.key),
    cursor: context.progress.cursor,
    ...recentOf(recent),
    chars: context.progress.chars,
    floorMs: context.progress.floorMs,
    outcome: context.outcome?.status ?? null,
    streamState: context.streamState,
  });
}

/**
 * The same checkpoint at another position. It is made per item where somebody saves each: spelled out, and an object of
 * the caller's own, since to freeze it would cost more than all the rest.
 */
export function moveCheckpoint(
  from: Checkpoint,
  cursor: string | null,
  recent: Checkpoint['recent'],
  chars: number,
  floorMs: number,
  streamState: StreamState,
): Checkpoint {
  const { source, state, attempt, attempts, drops, sent, retryAt, outcome } = from;
  const version = CHECKPOINT_VERSION;
  if (from.delayMs !== undefined) return { ...from, cursor, recent, chars, floorMs, streamState };
  const checkpoint: Writable<Checkpoint> = {
    version,
    source,
    state,
    attempt,
    attempts,
    drops,
    sent,
    retryAt,
    cursor,
    recent,
    chars,
    floorMs,
    outcome,
    streamState,
  };
  if (from.key !== undefined) checkpoint.key = from.key;
  return checkpoint;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Checks a saved checkpoint and copies the known fields into a new object.
 *
 * @param saved the object, or its JSON text.
 * @throws ReconnectError kind `checkpoint`, naming the field.
 */
export function parseCheckpoint(saved: unknown): Checkpoint {
  const from = record('checkpoint', typeof saved === 'string' ? parseJson(saved) : saved);
  if (from['version'] !== CHECKPOINT_VERSION) throw damaged('version', `${CHECKPOINT_VERSION}`);
  return Object.freeze({
    version: CHECKPOINT_VERSION,
    source: nullable(text)('source', from['source']),
    state: oneOf('state', from['state'], STATES),
    attempt: count('attempt', from['attempt']),
    attempts: count('attempts', from['attempts']),
    drops: count('drops', from['drops']),
    sent: flag('sent', from['sent']),
    retryAt: nullable(amount)('retryAt', from['retryAt']),
    ...delayOf(nullable(amount)('delayMs', from['delayMs'] ?? null)),
    ...keyOf(nullable(idText)('key', from['key'] ?? null)),
    cursor: nullable(idText)('cursor', from['cursor']),
    ...recentOf(parseRecent(from['recent'])),
    chars: amount('chars', from['chars']),
    floorMs: amount('floorMs', from['floorMs']),
    outcome: from['outcome'] === null ? null : oneOf('outcome', from['outcome'], OUTCOMES),
    streamState: parseStreamState(from['streamState']),
  });
}

/** An idle stream has a wait that it was restored with. */
function waitOf(
  state: ReconnectState,
  { retryAt, delayMs }: ReconnectContext,
): Pick<Checkpoint, 'retryAt' | 'delayMs'> {
  const isWaiting = (state === 'waiting' || state === 'idle') && retryAt !== null;
  return isWaiting ? { retryAt, ...delayOf(delayMs) } : { retryAt: null };
}

function delayOf(delayMs: number | null): Pick<Checkpoint, 'delayMs'> {
  return delayMs === null ? {} : { delayMs };
}

function recentOf(recent: Checkpoint['recent']): Pick<Checkpoint, 'recent'> {
  return recent === undefined ? {} : { recent };
}

/** A number, and two lists of fingerprints. Of a live checkpoint it is an object, whose clone has lost what it knows. */
function parseRecent(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null) {
    const { toJSON } = value as { readonly toJSON?: unknown };
    return typeof toJSON === 'function' ? parseRecent(toJSON.call(value)) : undefined;
  }
  const recent = text('recent', value);
  if (recent.length <= MAX_RECENT_LENGTH && RECENT.test(recent)) return recent;
  throw damaged('recent', `fingerprints of at most ${MAX_RECENT_LENGTH} characters`);
}

const MAX_RECENT_LENGTH = 1024;
const RECENT = /^\d{1,15};[\da-z,-]*;[\da-z,-]*$/;

/** Most streams have none. */
function keyOf(key: string | null | undefined): Pick<Checkpoint, 'key'> {
  return key === null || key === undefined ? {} : { key };
}

const STATES: readonly ReconnectState[] = [
  'idle',
  'waiting',
  'connecting',
  'connected',
  'failed',
  'paused',
  'closed',
];
const OUTCOMES = [...END_OUTCOMES, 'closed'] as const;
const TOOL_STATUSES: readonly ToolCallStatus[] = ['streaming', 'complete', 'interrupted'];

function parseStreamState(value: unknown): StreamState {
  const from = record('streamState', value);
  const calls = Object.entries(record('streamState.toolCalls', from['toolCalls']));
  const state: StreamState = {
    chunksReceived: count('streamState.chunksReceived', from['chunksReceived']),
    bytesReceived: amount('streamState.bytesReceived', from['bytesReceived']),
    lastChunkTimeMs: amount('streamState.lastChunkTimeMs', from['lastChunkTimeMs']),
    inToolCall: flag('streamState.inToolCall', from['inToolCall']),
    currentToolId: nullable(text)('streamState.currentToolId', from['currentToolId']),
    toolArgsBuffer: text('streamState.toolArgsBuffer', from['toolArgsBuffer']),
    // fromEntries defines own properties: a call named __proto__ is a call like any other.
    toolCalls: Object.freeze(
      Object.fromEntries(calls.map(([id, call]) => [id, parseToolCall(call)])),
    ),
  };
  if (state.inToolCall !== (state.currentToolId !== null))
    throw damaged('streamState.inToolCall', 'true with a currentToolId, false without');
  return Object.freeze(state);
}

function parseToolCall(value: unknown): ToolCallState {
  const from = record('streamState.toolCalls', value);
  return Object.freeze({
    name: nullable(text)('toolCalls.name', from['name']),
    args: text('toolCalls.args', from['args']),
    status: oneOf('toolCalls.status', from['status'], TOOL_STATUSES),
  });
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw damaged('checkpoint', 'JSON');
  }
}

function record(field: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(field, 'an object');
  return value as Record<string, unknown>;
}

function count(field: string, value: unknown): number {
  if (!Number.isSafeInteger(value)) throw damaged(field, 'a whole number from 0 to 2^53 − 1');
  return amount(field, value);
}

/** Times and sizes: clocks may give fractions of a ms, and sizes may be estimates. */
function amount(field: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER))
    throw damaged(field, 'a number from 0 to 2^53 − 1');
  return value;
}

function text(field: string, value: unknown): string {
  if (typeof value !== 'string') throw damaged(field, 'a string');
  return value;
}

/** Any text: what a header or an address can hold is checked by the source that writes one. */
function idText(field: string, value: unknown): string {
  const id = text(field, value);
  if (id.length <= MAX_ID_LENGTH) return id;
  throw damaged(field, `at most ${MAX_ID_LENGTH} UTF-16 code units`);
}

function flag(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw damaged(field, 'true or false');
  return value;
}

function nullable<T>(
  parse: (field: string, value: unknown) => T,
): (field: string, value: unknown) => T | null {
  return (field, value) => (value === null ? null : parse(field, value));
}

function oneOf<T extends string>(field: string, value: unknown, words: readonly T[]): T {
  const word = words.find((known) => known === value);
  if (word === undefined) throw damaged(field, `one of ${words.join(', ')}`);
  return word;
}

function damaged(field: string, expected: string): ReconnectError {
  return new ReconnectError(
    'checkpoint',
    `${field}: expected ${expected}. Start without this checkpoint.`,
  );
}
