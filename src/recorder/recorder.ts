/** Records the last events of one stream with the states that they led to, for bug reports. */

import type { InspectionEvent } from 'xstate';
import { toLoss } from '../../machines/failure.js';
import { isTimed } from '../../machines/clock-reading.js';
import type { ReconnectContext, ReconnectState } from '../../machines/reconnect.types.js';
import { configError } from '../../machines/config.js';
import { withoutArguments } from './without-arguments.js';

/** A state with its context, as JSON. */
export interface RecordedState {
  readonly value: ReconnectState;
  readonly context: ReconnectContext;
}

export interface RecordedStep extends RecordedState {
  /** One event, as JSON, with the `value` and `context` that it led to. */
  readonly event: { readonly type: string };
}

/** Plain JSON. Arguments of tool calls are blotted out; the machine never receives headers, URLs and bodies. */
export interface Recording {
  readonly version: 1;
  /** The state before the first step. */
  readonly from: RecordedState;
  readonly steps: readonly RecordedStep[];
  /** The number of earlier steps that are no longer kept. */
  readonly dropped: number;
}

export interface RecorderOptions {
  /** Number of the last events that are kept. @default 1000 */
  readonly limit?: number | undefined;
}

export interface Recorder {
  /** The inspector to pass to `reconnectStream` or `createActor` as `inspect`. It records the first machine that it sees. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Returns the recording so far; null before the stream was made. */
  recording(): Recording | null;
}

/**
 * Creates a recorder that keeps the last events of a stream. It only keeps references to frozen values, and
 * copies them when the recording is requested.
 *
 * @throws ReconnectError kind `config`
 *
 * ```ts
 * const flight = recorder();
 * const stream = reconnectStream(source, { inspect: flight.inspect });
 * stream.on('failed', () => send(JSON.stringify(flight.recording())));
 * ```
 */
export function recorder(options: RecorderOptions = {}): Recorder {
  const limit = limitOf(options);
  let recorded: string | null = null;
  let from: RecordedState | null = null;
  let dropped = 0;
  const steps: RecordedStep[] = [];
  /** The step whose listeners are running: one of them may request the recording. */
  let latest: RecordedStep | null = null;
  return {
    inspect(event) {
      if (event.type !== '@xstate.snapshot' && event.type !== '@xstate.microstep') return;
      const state = stateOf(event.snapshot);
      if (state === null) return;
      recorded ??= event.actorRef.sessionId;
      if (event.actorRef.sessionId !== recorded) return;
      // The first microstep carries the event that led to all of them.
      latest = { event: latest?.event ?? withTime(event.event, event.actorRef), ...state };
      if (event.type === '@xstate.microstep') return;
      if (from === null) from = state;
      else steps.push(latest);
      latest = null;
      if (steps.length <= limit) return;
      const { value, context } = steps.shift() as RecordedStep;
      from = { value, context };
      dropped += 1;
    },
    recording() {
      if (from === null) return null;
      const all = latest === null ? steps : [...steps, latest];
      return withoutArguments({ version: 1, from, steps: all, dropped });
    },
  };
}

function limitOf({ limit = 1_000, ...unknown }: RecorderOptions): number {
  for (const [name, value] of Object.entries(unknown))
    throw configError(name, 'a known option', value, 'The option is limit.');
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw configError('limit', 'a whole number of events, 1 or more', limit);
  return limit;
}

/** Returns the snapshot of the recorded machine, or null for one of its children. */
function stateOf(snapshot: object): RecordedState | null {
  const { value, context } = snapshot as Partial<RecordedState>;
  return context?.policy === undefined || value === undefined ? null : { value, context };
}

interface ReadableClock {
  now?(): number;
  wallNow?(): number;
}

/**
 * A copy of an event, with its clock reading, and with the loss in place of what was thrown. Reports of streams carry
 * their reading; a host's reports may not.
 */
function withTime(event: { type: string }, actor: object): { readonly type: string } {
  const copy = copyOf(isThrown(event) ? withLoss(event) : event);
  if (isTimed(copy)) return copy;
  const { clock } = actor as { clock?: ReadableClock };
  const monotonicMs = clock?.now?.() ?? 0;
  const epochMs = clock?.wallNow?.() ?? monotonicMs;
  return Object.assign(copy, { reading: { monotonicMs, epochMs, random: 0.5 } });
}

function isThrown(event: { type: string }): event is { type: string; error: unknown } {
  return event.type.startsWith('xstate.error.');
}

/** An `open` or a `reader` of the host may throw anything. */
function withLoss(event: { readonly type: string; readonly error: unknown }): {
  readonly type: string;
} {
  const phase = event.type === 'xstate.error.actor.open' ? 'opening' : 'reading';
  return Object.assign({}, event, { error: toLoss(event.error, phase) });
}

/** A host may change its event later, or may have put something into it that is not JSON. */
function copyOf(event: { readonly type: string }): { readonly type: string } {
  try {
    return withoutArguments(event);
  } catch {
    return { type: event.type };
  }
}
