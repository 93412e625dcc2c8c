/** Where the consumer is: without what is still queued for it, or will come again. */

import type { CheckpointPosition } from '../machines/checkpoint.js';
import type { Delivery } from './delivery.js';
import { streamStateOf } from './ledger.js';
import type { Ledger } from './ledger.js';

/** What a checkpoint may claim. @param comesAgain what came after the last cursor */
export function deliveredPosition<T>(
  ledger: Ledger,
  delivery: Delivery<T>,
  comesAgain: boolean,
): CheckpointPosition {
  const queued = delivery.account;
  const { cursor, uncovered } = queued;
  const again = comesAgain ? uncovered : null;
  let chunks = ledger.chunks - queued.chunks;
  let bytes = ledger.bytes - queued.bytes;
  let chars = ledger.chars - queued.chars;
  let tools = queued.toolsBefore ?? ledger.tools;
  if (again !== null) {
    chunks -= again.chunks;
    bytes -= again.bytes;
    chars -= again.chars;
    tools = again.toolsBefore;
  }
  const { floorMs, lastTimeMs } = ledger;
  const streamState = streamStateOf(chunks, bytes, lastTimeMs, tools.state);
  const recent = delivery.recent ?? undefined;
  return { cursor, chars, floorMs, streamState, recent };
}
