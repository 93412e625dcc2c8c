/** The machine with its two actors: what belongs to one stream is looked up by the actor's system. */

import { fromCallback, fromPromise } from 'xstate';
import type { AnyActorRef } from 'xstate';
import { reconnectMachine } from '../machines/reconnect.machine.js';
import type {
  Opened,
  OpenInput,
  ReaderEvent,
  ReaderInput,
  ReconnectMachine,
  ReconnectReport,
  StopCommand,
} from '../machines/reconnect.types.js';

/** What one stream does for its machine. */
export interface StreamWorker {
  open(input: OpenInput, signal: AbortSignal): Promise<Opened>;
  /** Reads the connection under this number until it is over. */
  read(connection: number, send: (report: ReconnectReport) => void): ReaderHandle;
}

export interface ReaderHandle {
  stop(command: StopCommand): void;
  dispose(): void;
}

const workers = new WeakMap<AnyActorRef['system'], StreamWorker>();

/** Gives a stream's actor its worker, before it starts. */
export function employ(system: AnyActorRef['system'], worker: StreamWorker): void {
  workers.set(system, worker);
}

/** One definition for all streams: an own machine per stream would cost three times the memory. */
export const streamMachine: ReconnectMachine = reconnectMachine.provide({
  actors: {
    open: fromPromise<Opened, OpenInput>(({ input, system, signal }) =>
      workerOf(system).open(input, signal),
    ),
    reader: fromCallback<ReaderEvent, ReaderInput>(({ input, system, sendBack, receive }) => {
      const handle = workerOf(system).read(input.connection, sendBack);
      receive(({ command }) => handle.stop(command));
      return () => handle.dispose();
    }),
  },
});

function workerOf(system: AnyActorRef['system']): StreamWorker {
  const worker = workers.get(system);
  if (worker === undefined)
    throw new Error(
      'streamMachine is run by reconnectStream(); for a machine of your own take reconnectMachine',
    );
  return worker;
}
