/** The checkpoints of one stream: what somebody saves per item has to cost little. */

import { moveCheckpoint, toCheckpoint } from '../../machines/checkpoint.js';
import type { Checkpoint } from '../../machines/checkpoint.js';
import type { EndOutcome } from '../../machines/source-contract.js';
import { outcomeOf } from '../../machines/context.js';
import { applyToolCall, interruptToolCalls } from '../../machines/stream-state.js';
import type { StreamState } from '../../machines/stream-state.js';
import type { ReconnectContext, ReconnectState } from '../../machines/reconnect.types.js';
import { streamStateOf, toAmount } from '../progress/progress.js';
import type { StreamParts } from '../connection/stream-parts.js';

type CheckpointDesk = Pick<
  StreamParts<unknown>,
  'source' | 'progress' | 'delivery' | 'tail' | 'guard'
>;

/** A snapshot of the machine: another one whenever something changes. */
interface MachineSnapshot {
  readonly value: ReconnectState;
  readonly context: ReconnectContext;
}

/** A class: it exists once per stream whose checkpoints are asked for. */
export class Checkpoints {
  readonly #stream: CheckpointDesk;
  /** The last checkpoint, and what it was made of: as long as that is the same, nothing but the position changes. */
  #last: Checkpoint | null = null;
  #of: MachineSnapshot | null = null;
  #key: string | null = null;
  #isEarly = false;
  #end: EndOutcome | null = null;

  constructor(stream: CheckpointDesk) {
    this.#stream = stream;
  }

  /**
   * Where the consumer is now: without what is still queued for it, or will come again. In one piece, since it is called
   * per item where somebody saves each.
   */
  make(now: MachineSnapshot): Checkpoint {
    const { source, progress, delivery } = this.#stream;
    const end = this.#endRead(now.context);
    const status = end ?? now.context.outcome?.status;
    const isEnded = status !== undefined && status !== 'closed' && status !== 'cancelled';
    // The peer's end is not the consumer's while items before it are queued.
    const isEarly = isEnded && delivery.queued > 0;
    const { counted, seen, uncovered } = delivery.position;
    const { cursor } = delivery;
    const recent = delivery.recent ?? undefined;
    let chunks = progress.chunks - counted.chunks + seen.chunks;
    let bytes = progress.bytes - counted.bytes + seen.bytes;
    let chars = progress.chars - counted.chars + seen.chars;
    let tools = delivery.toolsBefore ?? progress.tools;
    const comesAgain = source.resume === 'cursor' && (!isEnded || isEarly);
    // Without a cursor there is nothing to go on from.
    if (comesAgain && cursor !== null && uncovered.toolsBefore !== null) {
      chunks -= uncovered.chunks;
      bytes -= uncovered.bytes;
      chars -= uncovered.chars;
      tools = uncovered.toolsBefore;
    }
    chars = toAmount(chars);
    const { key, floorMs, lastTimeMs } = progress;
    const calls = this.#withReceived(tools.state);
    const received = streamStateOf(chunks, bytes, lastTimeMs, calls);
    const streamState = end === null ? received : interruptToolCalls(received);
    const isSame = this.#of === now && this.#key === key && this.#end === end;
    if (this.#last !== null && isSame && this.#isEarly === isEarly)
      return moveCheckpoint(this.#last, cursor, recent, chars, floorMs, streamState);
    const claimed = { ...now.context, streamState, progress: { key, cursor, chars, floorMs } };
    this.#of = now;
    this.#key = key;
    this.#isEarly = isEarly;
    this.#end = end;
    this.#last = isEarly
      ? toCheckpoint('connected', { ...claimed, outcome: null }, recent)
      : end === null
        ? toCheckpoint(now.value, claimed, recent)
        : toCheckpoint('closed', { ...claimed, outcome: outcomeOf(claimed, end) }, recent);
    return this.#last;
  }

  /** Whoever received a call may have run it: it is known there, although what came around it comes again. */
  #withReceived(state: StreamState): StreamState {
    const { progress, delivery, tail } = this.#stream;
    let known = state;
    for (const id of delivery.position.received) {
      const call = progress.tools.state.toolCalls[id];
      const delta =
        call?.status === 'complete'
          ? { id, name: call.name ?? '', finalArgs: call.args, done: true }
          : tail.deliveredCalls.find((one) => one.id === id);
      if (delta !== undefined) known = applyToolCall(known, delta);
    }
    return known;
  }

  /** The end that was read, where everything before it was delivered: no request follows it. */
  #endRead({ outcome }: ReconnectContext): EndOutcome | null {
    const { progress, delivery, tail, guard } = this.#stream;
    if (progress.end === null) return null;
    const isOpen = outcome === null || outcome.status === 'closed';
    const isWhole = delivery.queued === 0 && tail.isEmpty && !guard.isUndecided;
    return isOpen && isWhole ? progress.end : null;
  }
}
