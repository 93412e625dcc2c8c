/** The checkpoints of one stream: what somebody saves per item has to cost little. */

import { moveCheckpoint, toCheckpoint } from '../machines/checkpoint.js';
import type { Checkpoint } from '../machines/checkpoint.js';
import type { ReconnectContext, ReconnectState } from '../machines/reconnect.types.js';
import { deliveredPosition } from './delivered-position.js';
import type { StreamDesk } from './stream-desk.js';

/** A snapshot of the machine: another one whenever something changes. */
interface MachineSnapshot {
  readonly value: ReconnectState;
  readonly context: ReconnectContext;
}

interface LastCheckpoint {
  readonly of: MachineSnapshot;
  readonly key: string | null;
  /** The end was read, but not delivered. */
  readonly isEarly: boolean;
  readonly checkpoint: Checkpoint;
}

/** A class: it exists once per stream whose checkpoints are asked for. */
export class Checkpoints {
  readonly #desk: Pick<StreamDesk<unknown>, 'source' | 'ledger' | 'delivery'>;
  /** The last one, for as long as nothing but the position changes. */
  #last: LastCheckpoint | null = null;

  constructor(desk: Pick<StreamDesk<unknown>, 'source' | 'ledger' | 'delivery'>) {
    this.#desk = desk;
  }

  /** Where the consumer is now. */
  make(now: MachineSnapshot): Checkpoint {
    const { source, ledger, delivery } = this.#desk;
    const status = now.context.outcome?.status;
    const isEnded = status !== undefined && status !== 'closed' && status !== 'cancelled';
    // The peer's end is not the consumer's while items before it are queued.
    const isEarly = isEnded && delivery.queued > 0;
    const comesAgain = source.resume === 'cursor' && (!isEnded || isEarly);
    const position = deliveredPosition(ledger, delivery, comesAgain);
    const { key } = ledger;
    const last = this.#last;
    if (last?.of === now && last.key === key && last.isEarly === isEarly)
      return moveCheckpoint(last.checkpoint, position);
    const { streamState, cursor, chars, floorMs, recent } = position;
    const claimed = { ...now.context, streamState, ledger: { key, cursor, chars, floorMs } };
    const checkpoint = isEarly
      ? toCheckpoint('connected', { ...claimed, outcome: null }, recent)
      : toCheckpoint(now.value, claimed, recent);
    this.#last = { of: now, key, isEarly, checkpoint };
    return checkpoint;
  }
}
