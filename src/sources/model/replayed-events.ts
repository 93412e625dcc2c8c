/** Events that a peer sends again, left out before they reach a reader: it would take them for new ones. */

import type { DataItem, ResumePoint, SourceItem } from '../../../machines/contract.js';
import { ReplayGuard } from '../../replay/replay-guard.js';
import type { Contiguous } from '../../replay/id-order.js';
import type { SseEvent } from '../sse/decoder.js';

/** An event with its JSON, and the cursor after it. */
export interface WireEvent {
  readonly event: SseEvent;
  readonly json: unknown;
  readonly cursor: string | undefined;
}

/** What is new: events, and what is to be reported before them. */
export type NewEvent =
  | WireEvent
  | Extract<SourceItem<never>, { type: 'gap' | 'replayed' | 'diagnostic' }>;

/** One per run: it remembers the events of all its connections. */
export class ReplayedEvents {
  readonly #guard: ReplayGuard<DataItem<WireEvent>>;
  #cursor: string | null = null;
  #items = 0;
  #reported = 0;

  constructor(contiguous?: Contiguous) {
    this.#guard = new ReplayGuard(contiguous);
  }

  /** A connection begins. What was read beyond its cursor comes again, and is new. */
  follow({ items }: ResumePoint, cursor: string | undefined): void {
    if (cursor !== undefined) this.#guard.known.cutAfter(cursor);
    this.#guard.begin(cursor !== undefined);
    this.#cursor = cursor ?? null;
    this.#items = items;
    this.#reported = 0;
  }

  /** Takes the next event, and returns what is new by it, in order. */
  take(wire: WireEvent): readonly NewEvent[] {
    const { event, cursor } = wire;
    const raw = `${event.type}\n${event.data}`;
    const unit: DataItem<WireEvent> = {
      type: 'data',
      data: wire,
      bytes: raw.length,
      id: cursor,
      raw,
    };
    const accepted = this.#guard.take(unit, { cursor: this.#cursor, items: this.#items });
    const found: NewEvent[] = this.#notices();
    for (const { unit: one, gap, isLate } of accepted) {
      if (gap !== null) found.push({ type: 'gap', ...gap });
      this.#guard.known.add([one], 0, 1, one.bytes);
      if (!isLate && one.id !== undefined) this.#cursor = one.id;
      found.push(isLate ? { ...one.data, cursor: undefined } : one.data);
    }
    return found;
  }

  #notices(): NewEvent[] {
    const items = this.#guard.skipped - this.#reported;
    this.#reported += items;
    const message = this.#guard.takeComplaint();
    return [
      ...(items === 0 ? [] : [{ type: 'replayed', items } as const]),
      ...(message === null ? [] : [{ type: 'diagnostic', code: 'ids-useless', message } as const]),
    ];
  }
}
