/** A flight recorder: the last events of one stream with the states they led to, for bug reports. */

import type { InspectionEvent } from 'xstate';
import { lossOf } from '../../machines/loss.js';
import { isTimed } from '../../machines/moment.js';
import type { ReconnectContext, ReconnectState } from '../../machines/reconnect.types.js';
import { wrong } from '../../machines/config.js';
import { withoutArguments } from './without-arguments.js';

/** A state with all that belongs to it, as JSON. */
export interface RecordedState {
  readonly value: ReconnectState;
  readonly context: ReconnectContext;
}

export interface RecordedStep extends RecordedState {
  /** What happened, as JSON. `value` and `context` are what it led to. */
  readonly event: { readonly type: string };
}

/** Plain JSON: arguments of tool calls are blotted out, and nothing else in it is secret by construction. */
export interface Recording {
  readonly version: 1;
  /** Before the first step. */
  readonly from: RecordedState;
  readonly steps: readonly RecordedStep[];
  /** Steps before `from` that are kept no more. */
  readonly dropped: number;
}

export interface RecorderOptions {
  /** How many of the last events are kept. @default 1000 */
  readonly limit?: number | undefined;
}

export interface Recorder {
  /** Give it to `reconnectStream` as `inspect`, or to `createActor`. It records the first machine that it sees. */
  readonly inspect: (event: InspectionEvent) => void;
  /** What was recorded so far; null before the stream was made. */
  recording(): Recording | null;
}

/**
 * Keeps the last events of a stream. What it keeps are references to frozen values, so that it costs little
 * until it is asked.
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
  const { limit = 1_000 } = options;
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw wrong('limit', 'a whole number of events, 1 or more', limit);
  let recorded: string | null = null;
  let from: RecordedState | null = null;
  let dropped = 0;
  const steps: RecordedStep[] = [];
  return {
    inspect(event) {
      if (event.type !== '@xstate.snapshot') return;
      const state = stateOf(event.snapshot);
      if (state === null) return;
      recorded ??= event.actorRef.sessionId;
      if (event.actorRef.sessionId !== recorded) return;
      if (from === null) {
        from = state;
        return;
      }
      steps.push({ event: timed(event.event, event.actorRef), ...state });
      if (steps.length <= limit) return;
      const { value, context } = steps.shift() as RecordedStep;
      from = { value, context };
      dropped += 1;
    },
    recording: () =>
      from === null ? null : withoutArguments({ version: 1, from, steps, dropped }),
  };
}

/** The snapshot of our machine, or null for that of one of its children. */
function stateOf(snapshot: object): RecordedState | null {
  const { value, context } = snapshot as Partial<RecordedState>;
  return context?.policy === undefined || value === undefined ? null : { value, context };
}

interface TellingClock {
  now?(): number;
  wallNow?(): number;
}

/**
 * An event with its moment, and with the loss in place of what was thrown. Reports of streams carry the
 * moment themselves; a host's may not.
 */
function timed(event: { type: string }, actor: object): { readonly type: string } {
  const told = event.type.startsWith('xstate.error.') ? { ...event, error: lossOf(event) } : event;
  if (isTimed(told)) return told;
  const { clock } = actor as { clock?: TellingClock };
  const now = clock?.now?.() ?? 0;
  return Object.assign({}, told, {
    moment: { now, date: clock?.wallNow?.() ?? now, draw: 0.5 },
  });
}
