/** The Rust module's hand-driven API over the same machine: the host makes the calls, the machine keeps the books. */

import { createActor } from 'xstate';
import { checkNames, resolveConfig, configError } from '../machines/config.js';
import type { PartialOptions, ReconnectConfig } from '../machines/config.js';
import { reconnectMachine } from '../machines/reconnect.machine.js';
import type {
  ReconnectEvent,
  ReconnectReport,
  ReconnectState,
} from '../machines/reconnect.types.js';
import * as steps from '../machines/stream-state.js';
import type { StreamState } from '../machines/stream-state.js';
import { runQuietly } from '../machines/thenable.js';
import { readingOf, systemClock } from './host/clock.js';

/** Counts attempts, computes delays and keeps the stream state for a host that connects by itself. */
export interface ReconnectManager {
  readonly state: ReconnectState;
  readonly attemptCount: number;
  readonly streamState: StreamState;
  readonly config: ReconnectConfig;
  /** Counts an attempt and gives the wait before it, in ms; null, and `failed`, when none is left. */
  startAttempt(): number | null;
  markConnecting(): void;
  markConnected(): void;
  markFailed(error: string): void;
  /** Back to the start, for a new stream. */
  reset(): void;
  canRetry(): boolean;
  /** The Rust module's rule: nothing came yet, or no tool call is open. */
  canResume(): boolean;
  /** Counts a chunk of `bytes` bytes that came `timeMs` after the stream began. */
  recordChunk(bytes: number, timeMs: number): void;
  startToolCall(id: string): void;
  appendToolArgs(args: string): void;
  endToolCall(): void;
}

/**
 * Creates a manager that a host drives by hand.
 *
 * @param onEvent hears the Rust module's four events: `attemptStarted`, `waiting`, `connected`, `failed`.
 *   It sees the manager as each call left it, and may call in its turn: what that leads to is emitted next.
 * @throws ReconnectError kind `config`.
 */
export function createReconnectManager(
  config: PartialOptions<ReconnectConfig> = {},
  onEvent?: (event: ReconnectEvent) => void,
): ReconnectManager {
  const resolved = resolveConfig(config);
  checkNames(config, Object.keys(resolved));
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw configError('onEvent', 'a function', onEvent);
  // The host waits by itself: a clock whose timers never fire keeps the machine from going ahead of it.
  const actor = createActor(reconnectMachine, { input: { config: resolved }, clock: HELD_CLOCK });
  const outbox = createOutbox(onEvent);
  for (const type of RUST_EVENTS) actor.on(type, outbox.add);
  actor.start();
  const context = () => actor.getSnapshot().context;
  const report = (event: ReconnectReport | { type: 'reset' }) => {
    actor.send(event);
    const after = actor.getSnapshot();
    outbox.flush();
    return after;
  };
  const record = (streamState: StreamState): void => {
    report({ type: 'stream.progress', progress: { ...context().progress, streamState } });
  };
  const reading = () => readingOf(systemClock, systemClock.random);
  return {
    get state() {
      return actor.getSnapshot().value;
    },
    get attemptCount() {
      return context().attempt;
    },
    get streamState() {
      return context().streamState;
    },
    get config() {
      return resolved;
    },
    startAttempt() {
      const after = report({ type: 'attempt.start', reading: reading() });
      return after.value === 'waiting' ? after.context.delayMs : null;
    },
    markConnecting: () => void report({ type: 'attempt.connecting', reading: reading() }),
    markConnected: () => void report({ type: 'attempt.connected', reading: reading() }),
    markFailed: (error) => void report({ type: 'attempt.failed', error, reading: reading() }),
    reset: () => void report({ type: 'reset' }),
    canRetry: () => context().attempt < resolved.maxAttempts,
    canResume: () => steps.canResume(context().streamState),
    recordChunk: (bytes, timeMs) => record(steps.recordChunk(context().streamState, bytes, timeMs)),
    startToolCall: (id) => record(steps.startToolCall(context().streamState, id)),
    appendToolArgs: (args) => record(steps.appendToolArgs(context().streamState, args)),
    endToolCall: () => record(steps.endToolCall(context().streamState)),
  };
}

const RUST_EVENTS = ['attemptStarted', 'waiting', 'connected', 'failed'] as const;

const HELD_CLOCK = { setTimeout: () => 0, clearTimeout: () => {} };

/**
 * Holds events back until the step that they came from is done, and emits them one after the other.
 * In the middle of a step the machine still shows what was before it.
 */
function createOutbox(onEvent: ((event: ReconnectEvent) => void) | undefined) {
  const held: ReconnectEvent[] = [];
  let isEmitting = false;
  return {
    add(event: ReconnectEvent): void {
      held.push(event);
    },
    flush(): void {
      // A call from inside the listener: the loop that is running emits its events too, in their turn.
      if (isEmitting) return;
      isEmitting = true;
      for (let event = held.shift(); event !== undefined; event = held.shift()) {
        // The Rust module ignores a listener that is gone; one that throws changes nothing here either.
        runQuietly(() => onEvent?.(event));
      }
      isEmitting = false;
    },
  };
}
