/** The parts of one stream that outlast its connections. */

import type { DataItem, SourceItem, StreamSource } from '../../machines/source-contract.js';
import type { ByteBudget } from '../buffers/byte-budget.js';
import type { Cadence } from './cadence.js';
import type { DeliveryQueue } from '../delivery/delivery-queue.js';
import type { Progress } from '../progress/progress.js';
import type { ResolvedOptions } from '../config/options.js';
import type { ReplayGuard } from '../replay/replay-guard.js';
import type { UncommittedTail } from '../progress/uncommitted-tail.js';

/** What belongs to the stream, whatever its connections do. */
export interface StreamParts<T> {
  readonly source: StreamSource<T>;
  readonly options: ResolvedOptions;
  readonly progress: Progress;
  readonly guard: ReplayGuard<ReceivedUnit<T>>;
  readonly delivery: DeliveryQueue<T>;
  readonly tail: UncommittedTail<T>;
  /** How long it is usually silent. */
  readonly cadence: Cadence;
  readonly budget: ByteBudget;
}

/** An item, or a cursor without one. */
export type ReceivedUnit<T> = DataItem<T> | Extract<SourceItem<T>, { type: 'checkpoint' }>;
