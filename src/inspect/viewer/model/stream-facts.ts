/** The facts about a stream, read from its machine's context; null for any other actor. */

import { reconnectMachine } from '../../../../machines/reconnect.machine.js';
import type { ShownActor } from './model.js';
import { shownLimit } from '../../../../machines/config.js';
import type { Command } from '../../collect/protocol.js';

export interface StreamFacts {
  readonly source: string | null;
  readonly state: string;
  readonly attempt: number;
  /** Null: no limit, or none is known. */
  readonly maxAttempts: number | null;
  readonly attempts: number;
  readonly drops: number;
  readonly delayMs: number | null;
  readonly retryAt: number | null;
  readonly chunks: number;
  readonly bytes: number;
  readonly error: string | null;
  readonly toolCalls: readonly ToolCallFacts[];
}

export interface ToolCallFacts {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  /** The length of the arguments, or the arguments themselves with `showArguments`. */
  readonly args: string;
}

export function streamFacts(actor: ShownActor): StreamFacts | null {
  const context = fields(actor.snapshot?.context);
  const streamState = fields(context['streamState']);
  const value = actor.snapshot?.value;
  if (!('streamState' in context) || !('policy' in context) || typeof value !== 'string')
    return null;
  const error = fields(context['error']);
  return {
    source: text(fields(context['source'])['name']),
    state: value,
    attempt: number(context['attempt']) ?? 0,
    maxAttempts: limit(number(fields(context['policy'])['maxAttempts'])),
    attempts: number(context['attempts']) ?? 0,
    drops: number(context['drops']) ?? 0,
    delayMs: number(context['delayMs']),
    retryAt: number(context['retryAt']),
    chunks: number(streamState['chunksReceived']) ?? 0,
    bytes: number(streamState['bytesReceived']) ?? 0,
    error:
      'message' in error
        ? `${text(error['kind']) ?? 'error'}: ${text(error['message']) ?? ''}`
        : null,
    toolCalls: Object.entries(fields(streamState['toolCalls'])).map(([id, call]) => ({
      id,
      name: text(fields(call)['name']),
      status: text(fields(call)['status']) ?? '',
      args: text(fields(call)['args']) ?? '',
    })),
  };
}

/** Returns the rest of the wait, in ms: never more than the whole, even if the clocks differ. */
export function waitLeft({ retryAt, delayMs }: StreamFacts, now: number): number {
  return Math.min(Math.max(0, (retryAt ?? now) - now), delayMs ?? Infinity);
}

/** Returns whether the command has an effect in this state. */
export function isPossible(command: Command, state: string): boolean {
  switch (command) {
    case 'connect':
      return state === 'idle';
    case 'retryNow':
      return state !== 'closed' && state !== 'connecting';
    case 'pause':
      return state !== 'closed' && state !== 'paused';
    case 'resume':
      return state === 'paused';
    case 'close':
    case 'cancel':
    case 'reset':
      return state !== 'closed';
  }
}

/** Returns the colour class of a state: fixed for states of streams, by name for others. */
export function hueOf(state: string): string {
  if (Object.hasOwn(reconnectMachine.states, state)) return `hue-${state}`;
  let sum = 0;
  for (const sign of state) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 997;
  return `hue-other-${sum % 4}`;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function limit(stored: number | null): number | null {
  return stored === null || shownLimit(stored) === Infinity ? null : stored;
}
