/** Asks the peer to stop the work, for a limited time. */

import type { ResumePoint, StreamSource } from '../../machines/source-contract.js';
import { adopt } from '../../machines/thenable.js';
import type { Clock } from '../host/clock.js';

/** As long as a connection may take by default, in ms. */
const CANCEL_MS = 10_000;

/** Resolves when the peer has been asked, could not be, or takes too long; never rejects. */
export async function askToCancel(
  source: StreamSource<unknown>,
  at: ResumePoint,
  reason: string,
  clock: Clock,
): Promise<void> {
  const controller = new AbortController();
  let timer: unknown = null;
  try {
    if (source.cancel === undefined) return;
    const asked = adopt(source.cancel(at, reason, controller.signal));
    const expired = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, CANCEL_MS);
    });
    await Promise.race([asked, expired]);
  } catch {
    // The peer could not be asked; releasing the connection is all that is left.
  } finally {
    if (timer !== null) clock.clearTimeout(timer);
    controller.abort();
  }
}
