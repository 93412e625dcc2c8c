/** Converts the Rust module's four lifecycle events to and from JSON, as serde prints them: `{"AttemptStarted":{…}}`. */

import { shownLimit, storedLimit } from '../../machines/config.js';
import type { ReconnectEvent } from '../../machines/reconnect.types.js';
import { readRecord, readText, readWhole, unfit } from './read.js';

export type WireEvent =
  | { readonly AttemptStarted: { readonly attempt: number; readonly max_attempts: number } }
  | { readonly Waiting: { readonly delay_ms: number; readonly reason: string } }
  | { readonly Connected: { readonly attempts: number; readonly total_time_ms: number } }
  | { readonly Failed: { readonly attempts: number; readonly error: string } };

/** An event read from the wire: without the fields that the Rust module does not have. */
export type FromWireEvent =
  | { readonly type: 'attemptStarted'; readonly attempt: number; readonly maxAttempts: number }
  | { readonly type: 'waiting'; readonly delayMs: number; readonly reason: string }
  | { readonly type: 'connected'; readonly attempts: number; readonly totalTimeMs: number }
  | { readonly type: 'failed'; readonly attempts: number; readonly error: string };

/**
 * @param event one of the Rust module's four; other events have no wire form.
 * @throws ReconnectError kind `wire` for any other event.
 */
export function toWireEvent(event: ReconnectEvent | FromWireEvent): WireEvent {
  switch (event.type) {
    case 'attemptStarted':
      return {
        AttemptStarted: { attempt: event.attempt, max_attempts: storedLimit(event.maxAttempts) },
      };
    case 'waiting':
      return { Waiting: { delay_ms: event.delayMs, reason: event.reason } };
    case 'connected':
      return { Connected: { attempts: event.attempts, total_time_ms: event.totalTimeMs } };
    case 'failed':
      return { Failed: { attempts: event.attempts, error: event.error } };
    default:
      throw unfit(
        'event',
        'attemptStarted, waiting, connected or failed; other events have no wire form',
      );
  }
}

/** @throws ReconnectError kind `wire`. */
export function fromWireEvent(value: unknown): FromWireEvent {
  const [[name, body] = [undefined, undefined], ...others] = Object.entries(
    readRecord('event', value),
  );
  if (name === undefined || others.length > 0)
    throw unfit('event', 'an object with one key, the name of the event');
  const from = readRecord('event', body);
  switch (name) {
    case 'AttemptStarted':
      return {
        type: 'attemptStarted',
        attempt: readWhole('attempt', from['attempt']),
        maxAttempts: shownLimit(readWhole('max_attempts', from['max_attempts'])),
      };
    case 'Waiting':
      return {
        type: 'waiting',
        delayMs: readWhole('delay_ms', from['delay_ms']),
        reason: readText('reason', from['reason']),
      };
    case 'Connected':
      return {
        type: 'connected',
        attempts: readWhole('attempts', from['attempts']),
        totalTimeMs: readWhole('total_time_ms', from['total_time_ms']),
      };
    case 'Failed':
      return {
        type: 'failed',
        attempts: readWhole('attempts', from['attempts']),
        error: readText('error', from['error']),
      };
    default:
      throw unfit('event', 'AttemptStarted, Waiting, Connected or Failed');
  }
}
