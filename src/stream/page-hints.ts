/** What the host hints, as commands and reports of one stream. A hint is never proof. */

import type {
  ClockReading,
  ReconnectActor,
  ReconnectCommand,
  ReconnectMachineEvent,
  ReconnectState,
} from '../../machines/reconnect.types.js';
import { planOf } from '../../machines/context.js';
import { onRejection, runQuietly } from '../../machines/thenable.js';
import type { Environment, Hint } from '../host/environment.js';

/** Whose connection it is. */
export interface HintTarget {
  reading(): ClockReading;
  command(command: ReconnectCommand): void;
  /** See whether the connection is alive. */
  probe(): void;
}

/** Follows the hints until it is stopped. */
export function followHints(
  environment: Environment,
  actor: ReconnectActor,
  connections: HintTarget,
): () => void {
  const host = new HostListener(actor, connections);
  try {
    const stop: unknown = environment.watch((hint) => host.listener(hint));
    onRejection(stop, () => host.reportError());
    return () => host.leave(stop);
  } catch {
    host.reportError();
    return () => host.leave(undefined);
  }
}

/** The pause reason of a page that lies in the back/forward cache. */
const PAGE = 'page';

/** States in which a stream wants its connection. */
const IN_USE: readonly ReconnectState[] = ['waiting', 'connecting', 'connected'];

class HostListener {
  readonly #actor: ReconnectActor;
  readonly #connections: HintTarget;
  #isLeft = false;

  constructor(actor: ReconnectActor, connections: HintTarget) {
    this.#actor = actor;
    this.#connections = connections;
  }

  listener(hint: Hint): void {
    switch (hint) {
      case 'online':
        this.#report('environment.online');
        this.#probe();
        return;
      case 'wake':
        this.#report('environment.awake');
        this.#probe();
        return;
      case 'visible':
        // No probe: a tab that is looked at again is no reason to send a request.
        this.#report('environment.awake');
        return;
      case 'leave':
        // A page with an open connection is not kept, or its connection is cut.
        if (this.#isResumable() && IN_USE.includes(this.#actor.getSnapshot().value))
          this.#command('pause');
        return;
      case 'return':
        this.#command('resume');
        this.#report('environment.awake');
        this.#probe();
        return;
      // Nothing is done: what still flows is kept, and attempts that fail are not counted.
      case 'offline':
      case 'hidden':
        return;
    }
  }

  /** @param stop what `watch` gave */
  leave(stop: unknown): void {
    this.#isLeft = true;
    if (typeof stop === 'function') runQuietly(stop as () => unknown);
  }

  /** Calls code of the caller. An error that it throws becomes a `diagnostic` event, and affects nothing else. */
  reportError(): void {
    const message = 'the environment threw; its hints may be lost';
    this.#send({ type: 'stream.diagnostic', code: 'environment', message });
  }

  #command(type: 'pause' | 'resume'): void {
    if (!this.#isLeft) this.#connections.command({ type, reason: PAGE });
  }

  #report(type: 'environment.online' | 'environment.awake'): void {
    this.#send({ type, reading: this.#connections.reading() });
  }

  /** Only where being wrong costs nothing but a request. */
  #probe(): void {
    if (!this.#isLeft && this.#isResumable()) this.#connections.probe();
  }

  /** Whether a connection that is closed can be resumed without loss. */
  #isResumable(): boolean {
    return planOf(this.#actor.getSnapshot().context).action === 'resume';
  }

  #send(event: ReconnectMachineEvent): void {
    if (!this.#isLeft && this.#actor.getSnapshot().status === 'active') this.#actor.send(event);
  }
}
