/** How long to wait for a connection and for its next byte where the caller does not say. */

import type { Connection, StreamSource } from '../../machines/source-contract.js';
import type { ResolvedOptions } from '../config/options.js';
import { isQuiet, outcomeOf } from '../config/source-words.js';
import type { Cadence } from './cadence.js';
import type { StreamParts } from './stream-parts.js';

/** For a stream that resumes: a loss costs it one cheap request. In ms. */
const CONNECT_MS = 10_000;
const STALL_MS = 45_000;
/**
 * For one that cannot go on: giving up costs all that it did so far. Models load for a minute, and think for several;
 * the vendors' own clients (openai, @anthropic-ai/sdk) wait ten minutes too. In ms.
 */
const PATIENT_MS = 600_000;
/** Silence after the protocol's end: what may still come, such as the usage, follows it at once. In ms. */
const END_GRACE_MS = 2000;

type Timeouts = Pick<ResolvedOptions, 'connectTimeoutMs' | 'stallTimeoutMs'>;
type SourceWords = Pick<StreamSource<unknown>, 'resume' | 'reopen'>;

/**
 * Returns the time for a connection to be made, in ms; null: for ever.
 * @param isFirstRequest no request before this one can have begun work: it is the one that does
 */
export function connectTimeoutOf(
  { connectTimeoutMs }: Timeouts,
  source: SourceWords,
  isFirstRequest: boolean,
): number | null {
  if (connectTimeoutMs !== undefined) return connectTimeoutMs;
  const isWork = isFirstRequest && source.reopen === 'restarts-work';
  return isWork || !resumes(source) ? PATIENT_MS : CONNECT_MS;
}

/** Returns the silence that is taken for a dead connection now, in ms; null: never. */
export function stallWindow<T>(
  { options, source, progress, cadence }: StreamParts<T>,
  connection: Connection<T>,
): number | null {
  const stallMs = isQuiet(connection)
    ? null
    : stallTimeoutOf(options, source, progress.hasCursor, cadence);
  return outcomeOf(connection) === null ? stallMs : Math.min(stallMs ?? Infinity, END_GRACE_MS);
}

/**
 * Returns the silence that is taken for a dead connection, in ms; null: never.
 * @param hasCursor there is a position to go on from, where the source resumes by one
 * @param cadence how long the stream is usually silent
 */
function stallTimeoutOf(
  { stallTimeoutMs }: Timeouts,
  source: SourceWords,
  hasCursor: boolean,
  cadence: Cadence,
): number | null {
  if (stallTimeoutMs === 'auto') return cadence.windowMs;
  if (stallTimeoutMs !== undefined) return stallTimeoutMs;
  const isUnnamedWork =
    source.reopen === 'restarts-work' && source.resume === 'cursor' && !hasCursor;
  return isUnnamedWork || !resumes(source) ? PATIENT_MS : STALL_MS;
}

/** A continuation is a new request, which is paid for. */
function resumes({ resume }: SourceWords): boolean {
  return resume !== 'none' && resume !== 'continuation';
}
