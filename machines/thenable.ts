/**
 * The one guard around code that is not ours, for what it throws at once, later, or never settles. A promise of its own may
 * be of another realm, of a subclass that overrides `then`, or no `Promise` at all, and nobody else owns its rejection.
 */

/** Whether somebody could wait for it; a getter that throws is no promise, unless it is one of a `Promise`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function' || value instanceof Promise;
  } catch {
    return isPromise(value);
  }
}

/**
 * Calls one of the two once, in a later turn, with what becomes of the value, however often its `then` calls back and
 * whatever that throws. The two must not throw.
 */
export function follow<T>(
  value: unknown,
  onValue: (value: T) => void,
  onError: (error: unknown) => void,
): void {
  void chain(value, onValue, onError);
}

/** As `follow`, but what the two throw, or return, is what becomes of the promise that it gives. */
export function chain<T, R>(
  value: unknown,
  onValue: (value: T) => R,
  onError: (error: unknown) => R,
): Promise<Awaited<R>> {
  const followed = isPromise(value) ? followPromise(value, onValue, onError) : null;
  if (followed === null)
    // A getter of `then` that throws rejects it too.
    return new Promise<T>((resolve) => resolve(value as T)).then(onValue, onError) as Promise<
      Awaited<R>
    >;
  // A subclass makes another of its kind, whose own `then` may do anything.
  if (Object.getPrototypeOf(followed) === Promise.prototype) return followed as Promise<Awaited<R>>;
  return new Promise(
    (resolve, reject) => void promiseThen.call(followed, resolve as () => void, reject),
  );
}

/** Returns what was thrown, or a stand-in for what cannot even be looked at: a proxy may throw at every question. */
export function readable(thrown: unknown): unknown {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null)
    return thrown;
  try {
    for (const name of LOOKED_AT) void Reflect.get(thrown, name);
    void Object.getPrototypeOf(thrown);
    return thrown;
  } catch {
    return new Error('what was thrown cannot be read');
  }
}

const LOOKED_AT = ['name', 'message', 'code', 'cause', 'status'] as const;

/** Returns a promise of this realm that settles as the value does. */
export function adopt<T>(value: T | PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => follow(value, resolve, reject));
}

/** Whether it is a promise, of any realm or class, that reports what becomes of it; a proxy of one does not. */
export function isFollowable(value: unknown): boolean {
  try {
    void promiseThen.call(value as Promise<unknown>, ignore, ignore);
    return true;
  } catch {
    return false;
  }
}

/** Swallows whatever becomes of it: we left what it is about. */
export function ignoreRejection(value: unknown): void {
  onRejection(value, ignore);
}

/** Calls `listener` if the value is a promise that rejects. */
export function onRejection(value: unknown, listener: () => void): void {
  if (isThenable(value)) follow(value, ignore, listener);
}

/** Runs code whose answer does not matter. What it throws, or rejects with, goes to `onFailure`. */
export function runQuietly(run: () => unknown, onFailure: () => void = ignore): void {
  try {
    onRejection(run(), onFailure);
  } catch {
    onFailure();
  }
}

/**
 * Returns what code gives that has to answer at once; a promise is no answer, and its rejection is swallowed.
 * @param fallback in place of an answer that was thrown, or that is a promise
 */
export function readQuietly(read: () => unknown, fallback?: unknown): unknown {
  try {
    const answer = read();
    if (!isThenable(answer)) return answer;
    ignoreRejection(answer);
  } catch {
    // Whoever asks knows what it means that there is no answer.
  }
  return fallback;
}

// Not the `then` of the value: a subclass may override it, and a rejection that nobody follows ends the process.
const promiseThen = Promise.prototype.then;

/** @returns null for a promise that cannot be followed: its constructor throws, and cannot be replaced */
function followPromise<T, R>(
  promise: Promise<unknown>,
  onValue: (value: T) => R,
  onError: (error: unknown) => R,
): Promise<R> | null {
  const onAny = onValue as (value: unknown) => R;
  try {
    return promiseThen.call(promise, onAny, onError) as Promise<R>;
  } catch {
    // `then` asks the constructor which class of promise it is to give.
  }
  try {
    void Object.defineProperty(promise, 'constructor', { value: undefined, configurable: true });
    return promiseThen.call(promise, onAny, onError) as Promise<R>;
  } catch {
    return null;
  }
}

/** A proxy may throw even here. */
function isPromise(value: unknown): value is Promise<unknown> {
  try {
    return value instanceof Promise;
  } catch {
    return false;
  }
}

function ignore(): void {}
