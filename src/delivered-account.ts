/** The account of what the consumer has: without what is still queued for it, or will come again. */

import type { Ledger as FrozenLedger } from '../machines/reconnect.types.js';
import type { Delivery } from './delivery.js';
import { frozen } from './ledger.js';
import type { Ledger } from './ledger.js';

/** What a checkpoint may claim. @param comesAgain what came after the last cursor */
export function deliveredAccount<T>(
  ledger: Ledger,
  delivery: Delivery<T>,
  comesAgain: boolean,
): FrozenLedger {
  const { cursor, queued, uncovered } = delivery.account;
  const again = comesAgain ? uncovered : null;
  const tools = again?.toolsBefore ?? queued?.toolsBefore ?? ledger.tools;
  return frozen(
    {
      chunks: ledger.chunks - (queued?.chunks ?? 0) - (again?.chunks ?? 0),
      bytes: ledger.bytes - (queued?.bytes ?? 0) - (again?.bytes ?? 0),
      chars: ledger.chars - (queued?.chars ?? 0) - (again?.chars ?? 0),
      lastTimeMs: ledger.lastTimeMs,
      key: ledger.key,
      cursor,
      floorMs: ledger.floorMs,
    },
    tools,
  );
}
