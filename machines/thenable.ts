/** Promises of other people: theirs may be no `Promise`, and nobody else owns their rejections. */

/** Whether somebody could wait for it; a getter that throws is no promise. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
  } catch {
    return false;
  }
}

/** Swallows whatever becomes of it: we left what it is about. */
export function ignoreRejection(value: unknown): void {
  onRejection(value, () => {});
}

/** Calls `listener` if the value is a promise that rejects. */
export function onRejection(value: unknown, listener: () => void): void {
  if (!isThenable(value)) return;
  // An await of its own: `then` may throw, be called twice, or give nothing to catch on.
  void (async () => {
    try {
      await value;
    } catch {
      listener();
    }
  })();
}
