/** Runs a machine on a virtual clock and logs what it did. */

import { expect } from 'vitest';
import { createActor } from 'xstate';
import { reconnectMachine } from '../../machines/index.js';
import type {
  ReconnectActor,
  ReconnectEvent,
  ReconnectInput,
  ReconnectMachine,
  ReconnectMachineEvent,
  ReconnectState,
} from '../../machines/index.js';
import { virtualClock } from '../../src/testing/index.js';
import type { VirtualClock } from '../../src/testing/index.js';

export interface Drive {
  readonly actor: ReconnectActor;
  readonly clock: VirtualClock;
  /** Emitted events in words, and each new state as `= state`. */
  readonly log: string[];
  readonly events: ReconnectEvent[];
  readonly state: ReconnectState;
  send(...events: ReconnectMachineEvent[]): void;
  advance(ms: number): Promise<void>;
}

export interface DriveOptions {
  readonly input?: ReconnectInput;
  readonly machine?: ReconnectMachine;
  readonly clock?: VirtualClock;
  /** What a draw gives; the middle where it is left out. */
  readonly random?: () => number;
}

export function drive(options: DriveOptions = {}): Drive {
  const { input = {}, machine = reconnectMachine, clock = virtualClock(), random } = options;
  const log: string[] = [];
  const events: ReconnectEvent[] = [];
  // The machine asks the clock of its actor for chance as well, if it has any.
  const drawing = random === undefined ? clock : { ...clock, random };
  const actor = createActor(machine, { input, clock: drawing });
  actor.on('*', (event) => {
    events.push(event);
    log.push(inWords(event));
  });
  let last: ReconnectState = 'idle';
  actor.subscribe({
    next: ({ value, context }) => {
      expect(JSON.parse(JSON.stringify(context))).toStrictEqual(context);
      if (value !== last) log.push(`= ${value}`);
      last = value;
    },
    error: (error) => log.push(`! the actor died: ${String(error)}`),
  });
  actor.start();
  return {
    actor,
    clock,
    log,
    events,
    get state() {
      return actor.getSnapshot().value;
    },
    send: (...all) => all.forEach((event) => actor.send(event)),
    advance: (ms) => clock.advance(ms),
  };
}

function inWords(event: ReconnectEvent): string {
  switch (event.type) {
    case 'attemptStarted':
      return `attempt ${event.attempt} of ${event.maxAttempts}`;
    case 'waiting':
      return `waits ${event.delayMs} ms until ${event.retryAt} for attempt ${event.attempt}: ${event.reason}`;
    case 'connected':
      return `connected after ${event.totalTimeMs} ms${event.resumed ? ', resumed' : ''}`;
    case 'failed':
      return `failed at attempt ${event.attempts}: ${event.kind}, ${event.error}`;
    case 'dropped':
      return `dropped: ${event.reason}`;
    case 'paused':
      return `paused by ${event.reasons.join(' and ')}`;
    case 'closed':
      return `closed ${event.outcome.status}`;
    default:
      return event.type;
  }
}
