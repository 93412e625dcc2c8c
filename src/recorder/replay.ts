/** Replays a recording through the machine's pure transition function: the same events lead to the same states. */

import { createActor, transition } from 'xstate';
import type { Snapshot } from 'xstate';
import { configError } from '../../machines/config.js';
import { ReconnectError } from '../../machines/errors.js';
import { reconnectMachine } from '../../machines/reconnect.machine.js';
import type { ReconnectMachine, ReconnectMachineEvent } from '../../machines/reconnect.types.js';
import { isSameJson } from '../json/same-json.js';
import type { RecordedState, RecordedStep, Recording } from './recorder.js';
import { withoutArguments } from './without-arguments.js';

export interface ReplayedStep extends RecordedStep {
  /** The state that was recorded after the same event. */
  readonly recorded: RecordedState;
  readonly agrees: boolean;
}

export interface Replay {
  readonly steps: readonly ReplayedStep[];
  /** Whether every step led to the recorded state. */
  readonly agrees: boolean;
}

/**
 * Replays a recording. No actor runs, no timer starts, no request is sent.
 *
 * @param recording as `recorder()` returned it, or parsed from JSON
 * @param machine the machine that was recorded @default reconnectMachine
 * @throws ReconnectError kind `config` for a value that is no recording
 */
export function replay(recording: unknown, machine: ReconnectMachine = reconnectMachine): Replay {
  const { from, steps } = checkRecording(recording);
  let snapshot = refusing('recording.from', from, () => snapshotAt(machine, from));
  const replayed = steps.map(({ event, value, context }, n): ReplayedStep => {
    const name = `recording.steps[${n}]`;
    return refusing(name, event, () => {
      [snapshot] = transition(machine, snapshot, event as ReconnectMachineEvent);
      const now = withoutArguments({ value: snapshot.value, context: snapshot.context });
      const recorded = { value, context };
      return { event, ...now, recorded, agrees: isSameJson(now, recorded) };
    });
  });
  return { steps: replayed, agrees: replayed.every(({ agrees }) => agrees) };
}

/** A recording is untrusted input: a step that the machine cannot take is an error of kind `config`. */
function refusing<T>(name: string, given: unknown, take: () => T): T {
  try {
    return take();
  } catch (cause) {
    const { message } = configError(name, 'what recorder() recorded', given);
    throw new ReconnectError('config', message, { cause });
  }
}

/** Returns the snapshot of an actor that was restored in this state and is never started. */
function snapshotAt(machine: ReconnectMachine, { value, context }: RecordedState) {
  const child = CHILDREN[value];
  const persisted = {
    status: value === 'closed' ? 'done' : 'active',
    output: value === 'closed' ? context.outcome : undefined,
    error: undefined,
    value,
    context,
    historyValue: {},
    children:
      child === undefined
        ? {}
        : {
            [child]: {
              src: child,
              syncSnapshot: false,
              snapshot: { status: 'active', output: undefined, error: undefined, input: undefined },
            },
          },
  };
  const snapshotted = persisted as unknown as Snapshot<unknown>;
  return createActor(machine, { input: {}, snapshot: snapshotted }).getSnapshot();
}

/** The child that runs in a state: what the machine sends needs a receiver. */
const CHILDREN: Readonly<Record<string, string | undefined>> = {
  connecting: 'open',
  connected: 'reader',
};

function checkRecording(recording: unknown): Recording {
  if (typeof recording === 'string')
    throw configError('recording', 'an object', recording, 'Write replay(JSON.parse(text)).');
  const { version, from, steps } = (recording ?? {}) as Partial<Recording>;
  if (version !== 1) throw configError('recording.version', '1', version);
  checkState('recording.from', from);
  if (!Array.isArray(steps)) throw configError('recording.steps', 'a list', steps);
  steps.forEach((step: unknown, n) => {
    checkState(`recording.steps[${n}]`, step);
    const { event } = step as Partial<RecordedStep>;
    if (typeof event?.type !== 'string')
      throw configError(`recording.steps[${n}].event`, 'an object with a type', event);
  });
  return recording as Recording;
}

function checkState(name: string, state: unknown): void {
  const { value, context } = (state ?? {}) as Partial<RecordedState>;
  if (typeof value !== 'string' || !Object.hasOwn(reconnectMachine.states, value))
    throw configError(`${name}.value`, 'the name of a state', value);
  const parts = [context?.policy, context?.streamState, context?.progress, context?.pausedBy];
  if (parts.some((part) => typeof part !== 'object' || part === null))
    throw configError(`${name}.context`, 'the context of the machine', context);
}
