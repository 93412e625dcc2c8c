/** Events that a peer sends again, left out before they reach a reader: it would take them for new ones. */

import type { DataItem, ResumePoint, SourceItem } from '../../../machines/contract.js';
import { fingerprint } from '../../replay/fingerprint.js';
import { openFailure } from '../failure.js';
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

/** As many as a drop may cost attempts by default. */
const MAX_REPEATS = 5;
/** Events by which a connection is compared. */
const MAX_SEEN = 1024;

/** The first events of a connection, as fingerprints, and how many there were. */
class SeenEvents {
  count = 0;
  readonly #prints: number[] = [];

  add(raw: string): void {
    this.count += 1;
    if (this.#prints.length < MAX_SEEN) this.#prints.push(fingerprint(raw));
  }

  /** Whether these events are the beginning of the others. */
  repeats(others: SeenEvents): boolean {
    if (this.count === 0 || this.count > others.count) return false;
    return this.#prints.every((print, n) => print === others.#prints[n]);
  }
}

/** One per run: it remembers the events of all its connections. */
export class ReplayedEvents {
  readonly #guard: ReplayGuard<DataItem<WireEvent>>;
  #cursor: string | null = null;
  #items = 0;
  #reported = 0;
  /** Events of this connection, and of the one that brought most. */
  #seen = new SeenEvents();
  #longest = new SeenEvents();
  /** Connections in a row that brought nothing else. */
  #repeats = 0;

  constructor(contiguous?: Contiguous) {
    this.#guard = new ReplayGuard(contiguous);
  }

  /**
   * Another connection is about to be asked for. Where ids are useless, what a peer repeats is delivered again, and looks
   * like progress.
   * @throws OpenFailure where several connections in a row brought nothing but what the longest one had brought
   */
  checkProgress(): void {
    // A request that was refused shows nothing.
    if (this.#seen.count === 0) return;
    const isRepeat = this.#guard.isUseless && this.#seen.repeats(this.#longest);
    this.#repeats = isRepeat ? this.#repeats + 1 : 0;
    if (this.#seen.count > this.#longest.count) this.#longest = this.#seen;
    this.#seen = new SeenEvents();
    if (this.#repeats < MAX_REPEATS) return;
    const message = `The ids of the events say nothing, and ${MAX_REPEATS} connections in a row brought the same beginning of the answer`;
    throw openFailure('not-resumable', message, { fatal: true });
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
    this.#seen.add(raw);
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
