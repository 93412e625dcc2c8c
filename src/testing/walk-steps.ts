/** Runs an actor along a path: the test stands in for network, clock and reader. */

import { createActor, fromCallback, fromPromise } from 'xstate';
import type { AnyTransitionDefinition } from 'xstate';
import type {
  ReconnectInput,
  ReconnectMachine,
  ReconnectMachineEvent,
  ReconnectState,
} from '../../machines/reconnect.types.js';
import { isSameJson } from '../json/same-json.js';
import type { ModelStep } from './model-steps.js';
import { virtualClock } from './virtual-clock.js';

export interface WalkedSteps {
  /** The state after each step. */
  readonly states: readonly ReconnectState[];
  readonly taken: ReadonlySet<AnyTransitionDefinition>;
}

/** Replaces network and reader during a walk. */
interface Hands {
  open: { resolve(opened: { connection: number }): void; reject(error: unknown): void } | null;
}

/** Walks by the system of their actor. */
const handsOf = new WeakMap<object, Hands>();

const BREAK = 'break';

/** Returns the machine with actors that the walk controls. */
export function walkingMachine(machine: ReconnectMachine): ReconnectMachine {
  return machine.provide({
    actors: {
      open: fromPromise(
        ({ system }) =>
          new Promise((resolve, reject) => {
            const hands = handsOf.get(system);
            if (hands !== undefined) hands.open = { resolve, reject };
          }),
      ),
      reader: fromCallback(({ receive }) => {
        receive((event) => {
          if (event.type === BREAK) throw new Error('the reader broke');
        });
      }),
    },
  });
}

/** @throws Error if the actor dies, leaves a timer behind, or has a context that is not JSON. */
export async function walkSteps(
  machine: ReconnectMachine,
  input: ReconnectInput,
  steps: readonly ModelStep[],
): Promise<WalkedSteps> {
  const clock = virtualClock();
  const taken = new Set<AnyTransitionDefinition>();
  const actor = createActor(machine, {
    input,
    clock,
    inspect: (event) => {
      if (event.type !== '@xstate.microstep') return;
      for (const transition of event._transitions) taken.add(transition);
    },
  });
  const hands: Hands = { open: null };
  handsOf.set(actor.system, hands);
  let death: Error | null = null;
  actor.subscribe({ error: (error) => (death = new Error('the actor died', { cause: error })) });
  actor.start();
  const states: ReconnectState[] = [];
  for (let n = 0; n < steps.length && actor.getSnapshot().status === 'active'; n++) {
    const step = steps[n] as ModelStep;
    const { children, context } = actor.getSnapshot();
    if (isReport(step)) actor.send(step);
    else if (step.type === 'xstate.after.backoff.reconnect.waiting')
      await clock.advance((clock.nextAt ?? clock.now()) - clock.now());
    else if (step.type === 'xstate.done.actor.open')
      hands.open?.resolve({ connection: context.connection });
    else if (step.type === 'xstate.error.actor.open') hands.open?.reject(step.error);
    else children.reader?.send({ type: BREAK });
    await clock.settle();
    const now = actor.getSnapshot();
    states.push(now.value);
    checkJson(now.context);
  }
  actor.stop();
  if (death !== null) throw death as Error;
  if (clock.armed > 0) throw new Error(`${clock.armed} timers are left behind`);
  return { states, taken };
}

function isReport(step: ModelStep): step is ReconnectMachineEvent {
  return !step.type.startsWith('xstate.');
}

/** A context must survive JSON: no function, no Error, nothing undefined. */
function checkJson(context: object): void {
  if (!isSameJson(context, JSON.parse(JSON.stringify(context))))
    throw new Error('the context is not JSON');
}
