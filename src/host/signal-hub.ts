/** The caller's AbortSignals: one listener per signal for all its streams, which keeps no unstarted stream in memory. */

import { readQuietly, runQuietly } from '../../machines/thenable.js';

/** Returns whether the signal is aborted; false if reading it throws. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && readQuietly(() => signal.aborted) === true;
}

/** One stream's subscription to a signal. */
export class SignalFollower {
  readonly #hub: SignalHub;
  readonly #ref: WeakRef<SignalFollower>;
  readonly #onAbort: () => void;

  /** @param onFault called if the signal cannot be followed, because it throws */
  constructor(signal: AbortSignal, onAbort: () => void, onFault: () => void) {
    this.#hub = hubOf(signal);
    this.#onAbort = onAbort;
    this.#ref = this.#hub.add(this, onFault);
  }

  /** Makes the signal keep the stream in memory: it was started, or its end is awaited. */
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
 * The followers of one signal. The signal may live as long as the process, so it refers weakly to a stream that was
 * never started.
 */
class SignalHub {
  readonly #signal: AbortSignal;
  /** The value keeps a started stream in memory; null: not held. */
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

/** Kept for the life of the signal: even if `removeEventListener` does nothing, there is one listener. */
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
