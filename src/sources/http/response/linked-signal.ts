/** The signal of one fetch: it follows that of the attempt as long as there is something to abort. */

export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** From now on an abort of the attempt is not passed on. */
  release(): void;
  /** Aborts this fetch alone. */
  abort(): void;
}

/**
 * Node's fetch must not be aborted once it has failed: where a response has too many content codings, its own abort
 * handling then raises an error that nobody can catch, and the process ends.
 */
export function linkSignal(attempt: AbortSignal): LinkedSignal {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(attempt.reason);
  const release = (): void => attempt.removeEventListener('abort', onAbort);
  if (attempt.aborted) onAbort();
  else attempt.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    release,
    abort: () => {
      release();
      controller.abort();
    },
  };
}
