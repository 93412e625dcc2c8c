/** Signals of the caller: one listener for each, however many streams follow it, and none that keeps an idle stream. */

import { readQuietly, runQuietly } from '../../machines/thenable.js';

/** Whether it says that it is aborted; one that throws does not say so. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && readQuietly(() => signal.aborted) === true;
}

/** What one stream has to do with a signal. */
export class SignalFollower {
  readonly #hub: SignalHub;
  readonly #ref: WeakRef<SignalFollower>;
  readonly #onAbort: () => void;

  /** @param onFault the signal cannot be followed: it throws */
  constructor(signal: AbortSignal, onAbort: () => void, onFault: () => void) {
    this.#hub = hubOf(signal);
    this.#onAbort = onAbort;
    this.#ref = this.#hub.add(this, onFault);
  }

  /** The stream runs, or somebody waits for its end: from now on the signal keeps it. */
  hold(): void {
    this.#hub.hold(this.#ref, this);
  }

  leave(): void {
    this.#hub.delete(this.#ref);
  }

  run(): void {
    this.#onAbort();
  }
}

/**
 * A stream that was never started has nothing to lose: the signal, which may live as long as the process, refers to it
 * weakly.
 */
class SignalHub {
  readonly #signal: AbortSignal;
  /** Null: not held. */
  readonly #followers = new Map<WeakRef<SignalFollower>, SignalFollower | null>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(follower: SignalFollower, onFault: () => void): WeakRef<SignalFollower> {
    const ref = new WeakRef(follower);
    this.#followers.set(ref, null);
    forgotten.register(follower, { hub: this, ref }, ref);
    if (this.#followers.size === 1)
      runQuietly(() => this.#signal.addEventListener('abort', this.#onAbort), onFault);
    return ref;
  }

  hold(ref: WeakRef<SignalFollower>, follower: SignalFollower): void {
    if (this.#followers.has(ref)) this.#followers.set(ref, follower);
  }

  delete(ref: WeakRef<SignalFollower>): void {
    if (!this.#followers.delete(ref)) return;
    forgotten.unregister(ref);
    if (this.#followers.size > 0) return;
    runQuietly(() => this.#signal.removeEventListener('abort', this.#onAbort));
  }

  readonly #onAbort = (): void => {
    for (const ref of Array.from(this.#followers.keys())) {
      const follower = ref.deref();
      if (this.#followers.has(ref)) follower?.run();
      this.delete(ref);
    }
  };
}

/** For good: the same listener is added again, so that a signal which removes none has one all the same. */
const hubs = new WeakMap<AbortSignal, SignalHub>();

const forgotten = new FinalizationRegistry<{ hub: SignalHub; ref: WeakRef<SignalFollower> }>(
  ({ hub, ref }) => hub.delete(ref),
);

function hubOf(signal: AbortSignal): SignalHub {
  const known = hubs.get(signal);
  if (known !== undefined) return known;
  const hub = new SignalHub(signal);
  hubs.set(signal, hub);
  return hub;
}
