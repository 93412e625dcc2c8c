/** Shares the refresh of credentials between the streams that need it. */

import { adopt } from '../../../../machines/thenable.js';

/**
 * One refresh for all streams that are refused together, since many token endpoints allow only one at a time.
 * It counts for every request whose headers were requested before the refresh was done.
 */
export async function askOnce(
  provider: object,
  ask: () => unknown,
  signal: AbortSignal,
  since: number,
): Promise<unknown> {
  const known = refreshes.get(provider) ?? { done: 0, answer: undefined };
  if (known.answer && (known.running || known.done > since)) return known.answer;
  const refresh: Refresh = { done: known.done, answer: undefined, running: true };
  refreshes.set(provider, refresh);
  const forget = (): void => {
    // Also if the attempt that started the refresh is left: a refresh that hangs must not block later ones.
    if (refreshes.get(provider) === refresh) refreshes.set(provider, { done: refresh.done });
  };
  signal.addEventListener('abort', forget, { once: true });
  try {
    refresh.answer = adopt(ask());
    const answer = await refresh.answer;
    refresh.done += 1;
    refresh.running = false;
    return answer;
  } catch (error) {
    forget();
    throw error;
  } finally {
    signal.removeEventListener('abort', forget);
  }
}

interface Refresh {
  /** Number of completed refreshes. */
  done: number;
  answer?: Promise<unknown> | undefined;
  running?: boolean;
}

const refreshes = new WeakMap<object, Refresh>();

/** Returns how many refreshes of this function were completed so far. */
export function refreshCount(provider: unknown): number {
  return typeof provider === 'function' ? (refreshes.get(provider)?.done ?? 0) : 0;
}
