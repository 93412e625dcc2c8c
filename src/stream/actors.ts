/** The machine with its two actors: what belongs to one stream is looked up by the actor's system. */

import { fromPromise } from 'xstate';
import type { AnyActorRef } from 'xstate';
import { requestDelayMs } from '../../machines/pace.js';
import { reconnectMachine } from '../../machines/reconnect.machine.js';
import type {
  Opened,
  OpenInput,
  ReaderInput,
  ReaderLogic,
  ReconnectActor,
  ReconnectMachine,
} from '../../machines/reconnect.types.js';
import { readingOf } from '../host/clock.js';
import type { Clock } from '../host/clock.js';
import type { ReaderRef } from '../connection/reader-host.js';

/** What one stream does for its machine. */
export interface ActorHost {
  open(input: OpenInput, signal: AbortSignal): Promise<Opened>;
  /** Reads the connection under this number until it is over, or the actor that asked is stopped. */
  read(connection: number, self: ReaderRef): void;
  /** The machine has left the connection. */
  leaveConnection(connection: number): void;
}

const hosts = new WeakMap<AnyActorRef['system'], ActorHost>();

/** Gives a stream's actor its host, before it starts. */
export function registerHost(system: AnyActorRef['system'], connections: ActorHost): void {
  hosts.set(system, connections);
}

/**
 * Acts like `fromCallback`. That one keeps two closures, a set of receivers and a table entry for each
 * actor: half a kilobyte a stream, for what the host knows anyway.
 */
const reader: ReaderLogic = {
  start: ({ input }, { self, system }) => hostOf(system).read(connectionOf(input), self),
  transition: (snapshot, event, { system }) => {
    if (event.type !== 'xstate.stop') return snapshot;
    hostOf(system).leaveConnection(connectionOf(snapshot.input));
    return { ...snapshot, status: 'stopped', error: undefined };
  },
  getInitialSnapshot: (_, input) => ({
    status: 'active',
    output: undefined,
    error: undefined,
    input,
  }),
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** One definition for all streams: an own machine per stream would cost three times the memory. */
export const streamMachine: ReconnectMachine = reconnectMachine.provide({
  actors: {
    open: fromPromise<Opened, OpenInput>(({ input, system, signal }) =>
      hostOf(system).open(input, signal),
    ),
    reader,
  },
});

function connectionOf(input: ReaderInput | undefined): number {
  return input?.connection ?? 0;
}

function hostOf(system: AnyActorRef['system']): ActorHost {
  const connections = hosts.get(system);
  if (connections === undefined)
    throw new Error(
      'streamMachine is run by reconnectStream(); for a machine of your own take reconnectMachine',
    );
  return connections;
}

/** Counts one more request of a connection: the machine keeps the pace of all. Returns how long it is to wait, in ms. */
export function countRequest(actor: ReconnectActor, clock: Clock): number {
  const { status, context } = actor.getSnapshot();
  if (status !== 'active') return 0;
  // Nothing is left to chance: no draw is spent.
  const reading = readingOf(clock, () => 0.5);
  const delayMs = requestDelayMs(context, reading.monotonicMs);
  actor.send({ type: 'stream.requested', reading });
  return delayMs;
}
