/** The Rust module's API, driven by hand, over the same machine: the host connects, the machine keeps count. */

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
  /** Attempts since the start or the last `reset()`; new data does not reset the count. */
  readonly attemptCount: number;
  /** What was received so far: counts, and the tool calls. */
  readonly streamState: StreamState;
  /** The config with its defaults. */
  readonly config: ReconnectConfig;
  /** Counts an attempt and returns the wait before it, in ms; returns null, and emits `failed`, when none is left. */
  startAttempt(): number | null;
  /** Reports that a connection is being opened. */
  markConnecting(): void;
  /** Reports that the connection is open; emits `connected`. */
  markConnected(): void;
  /** Reports that the host has given up; emits `failed`. */
  markFailed(error: string): void;
  /** Returns to the initial state, for a new stream. */
  reset(): void;
  /** Returns whether an attempt is left. */
  canRetry(): boolean;
  /** Returns true if nothing was received yet, or no tool call is open: the Rust module's rule. */
  canResume(): boolean;
  /** Counts a chunk of `bytes` bytes that came `timeMs` after the stream began. */
  recordChunk(bytes: number, timeMs: number): void;
  /** Begins a tool call, which becomes the current one. */
  startToolCall(id: string): void;
  /** Appends to the arguments of the current call. */
  appendToolArgs(args: string): void;
  /** Ends the current call. */
  endToolCall(): void;
}

/**
 * Creates a manager that a host drives by hand.
 *
 * @param onEvent receives the Rust module's four events: `attemptStarted`, `waiting`, `connected`, `failed`.
 *   It runs after each call has taken effect, and may make calls itself; their events are emitted next.
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
  // The host waits by itself: with a clock whose timers never fire, the machine does not run ahead of the host.
  const actor = createActor(reconnectMachine, { input: { config: resolved }, clock: HELD_CLOCK });
  const outbox = createOutbox(onEvent);
  for (const type of RUST_EVENTS) actor.on(type, outbox.add);
  actor.start();
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

  function context() {
    return actor.getSnapshot().context;
  }

  function reading() {
    return readingOf(systemClock, systemClock.random);
  }

  /** Sends an event, then emits what it led to. Returns the snapshot before a listener could change it. */
  function report(event: ReconnectReport | { type: 'reset' }) {
    actor.send(event);
    const after = actor.getSnapshot();
    outbox.flush();
    return after;
  }

  function record(streamState: StreamState): void {
    report({ type: 'stream.progress', progress: { ...context().progress, streamState } });
  }
}

const RUST_EVENTS = ['attemptStarted', 'waiting', 'connected', 'failed'] as const;

const HELD_CLOCK = { setTimeout: () => 0, clearTimeout: () => {} };

/**
 * Holds events until the step that emitted them is done, and then emits them one after the other.
 * In the middle of a step the machine still has its previous snapshot.
 */
function createOutbox(onEvent: ((event: ReconnectEvent) => void) | undefined) {
  const held: ReconnectEvent[] = [];
  let isEmitting = false;
  return {
    add(event: ReconnectEvent): void {
      held.push(event);
    },
    flush(): void {
      // A call from inside the listener: the running loop emits its events too.
      if (isEmitting) return;
      isEmitting = true;
      for (let event = held.shift(); event !== undefined; event = held.shift()) {
        // As in the Rust module, a failing listener changes nothing.
        runQuietly(() => onEvent?.(event));
      }
      isEmitting = false;
    },
  };
}
