/** The account of what the consumer has: without what is still queued for it. */

import type { Ledger as FrozenLedger } from '../machines/reconnect.types.js';
import { applyToolCall } from '../machines/stream-state.js';
import type { Delivery } from './delivery.js';
import { frozen } from './ledger.js';
import type { Ledger } from './ledger.js';

/** What a checkpoint may claim. Costs a pass over the queue; the hot path keeps nothing for it. */
export function deliveredAccount<T>(ledger: Ledger, delivery: Delivery<T>): FrozenLedger {
  const { undelivered, cursor } = delivery;
  if (undelivered === null) return ledger.freeze();
  const { items, handedOut, toolsBefore } = undelivered;
  let { chunks, bytes, chars } = ledger;
  for (const item of items) {
    chunks -= 1;
    bytes -= item.bytes;
    chars -= item.chars ?? 0;
  }
  const { lastTimeMs, floorMs } = ledger;
  const tools = handedOut.flatMap((item) => item.toolCall ?? []).reduce(applyToolCall, toolsBefore);
  return frozen({ chunks, bytes, chars, lastTimeMs, cursor, floorMs }, tools);
}
