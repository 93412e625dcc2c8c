/** The signal of one fetch: it follows the signal of the attempt as long as there is something to abort. */

export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Stops following the parent. */
  release(): void;
  /** Aborts this fetch only. */
  abort(): void;
}

/**
 * Returns a signal that aborts with `parent`, until `release()`.
 *
 * A fetch that has failed must not be aborted: if its response has too many content codings, the abort handling of
 * Node's fetch raises an uncatchable error, and the process ends.
 */
export function linkSignal(parent: AbortSignal): LinkedSignal {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(parent.reason);
  const release = (): void => parent.removeEventListener('abort', onAbort);
  if (parent.aborted) onAbort();
  else parent.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    release,
    abort: () => {
      release();
      controller.abort();
    },
  };
}
