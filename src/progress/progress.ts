/** The private, mutable progress of one stream: cheap per chunk, frozen when somebody else has to see it. */

import { MAX_ID_LENGTH } from '../../machines/source-contract.js';
import type {
  DataItem,
  EndOutcome,
  ResumePoint,
  SourceItem,
  ToolCallDelta,
} from '../../machines/source-contract.js';
import type { StreamProgress } from '../../machines/reconnect.types.js';
import { emptyStreamState } from '../../machines/stream-state.js';
import type { StreamState } from '../../machines/stream-state.js';
import type { ByteBudget } from '../buffers/byte-budget.js';
import { CallRegister } from './tool-calls.js';
import { NO_TOOLS } from './call-table.js';
import { EMPTY } from './empty.js';
import type { ToolsView } from './call-table.js';
import type { CommittedItems, Unit } from '../replay/committed-items.js';
import { savedUnits } from '../replay/recent-units.js';
import type { DeliveredTail } from './uncommitted-tail.js';

/** Progress is reported at most this often, in ms: an inspector stays readable, the machine idle. */
const REPORT_MS = 100;
/** And at least this often, for streams so fast that no clock ticks between: tens per 100,000 chunks. */
const REPORT_CHUNKS = 16_384;

/** A class: it exists once per stream and its methods are called per chunk. */
export class Progress {
  chunks = 0;
  bytes = 0;
  chars = 0;
  lastTimeMs = 0;
  /** Which stream this is, where the source knows. */
  key: string | null = null;
  cursor: string | null = null;
  floorMs = 0;
  /** The end of the stream, where it was read although the connection goes on. */
  end: EndOutcome | null = null;
  /** Made with the first call: most streams have none. */
  #calls: CallRegister | null = null;
  /** The most chunks that were recorded before the stream started over: only what passes it is new. */
  maxChunks = 0;
  /** What an earlier process has saved of the last items, as long as the stream goes on from there. */
  recent: string | undefined;
  readonly #known: CommittedItems;
  readonly #budget: ByteBudget;
  /** The last report: when it was made, and how many chunks had come. */
  #reportedAt = 0;
  #reportedChunks = 0;

  /**
   * @param known where committed items are remembered
   * @param recent what an earlier process has saved of them
   */
  constructor(
    from: StreamProgress,
    known: CommittedItems,
    budget: ByteBudget,
    recent: string | undefined,
  ) {
    this.#known = known;
    this.#budget = budget;
    this.chunks = from.streamState.chunksReceived;
    this.bytes = from.streamState.bytesReceived;
    this.lastTimeMs = from.streamState.lastChunkTimeMs;
    if (Object.keys(from.streamState.toolCalls).length > 0)
      this.#calls = new CallRegister(from.streamState, budget);
    this.chars = from.chars;
    this.key = from.key ?? null;
    this.cursor = from.cursor;
    this.floorMs = from.floorMs;
    this.recent = recent;
    if (recent !== undefined) known.restore(savedUnits(recent));
    if (from.cursor !== null) known.cutAfter(from.cursor);
  }

  /** Forgets the stream, but not what was delivered of calls, and not the server's advice: it is about the server. */
  clear(): void {
    this.maxChunks = Math.max(this.maxChunks, this.chunks);
    this.chunks = this.bytes = this.chars = this.lastTimeMs = 0;
    this.key = this.cursor = this.end = null;
    this.recent = undefined;
    this.#calls?.restart();
  }

  /**
   * Records the items that stand for themselves, up to the first that does not, and returns how many they
   * are. With `holds`, an item without an id does not, once there is a cursor: it waits for the next.
   * One pass, with nothing per item that can be done once.
   */
  record<T>(items: readonly SourceItem<T>[], holds: boolean, timeMs: number): number {
    const size = items.length;
    let { bytes, chars } = this;
    let mustWait = holds && this.hasCursor;
    let id: string | undefined;
    let count = 0;
    for (; count < size; count++) {
      const item = items[count] as SourceItem<T>;
      if (item.type !== 'data' || item.toolCall !== undefined || item.follows !== undefined) break;
      if (!isPlainData(item)) break;
      if (item.id !== undefined) {
        id = item.id;
        mustWait = holds;
      } else if (mustWait) break;
      bytes += item.bytes;
      if (item.chars !== undefined) chars += item.chars;
    }
    if (count === 0) return 0;
    this.#known.add(items as readonly DataItem<T>[], 0, count, bytes - this.bytes);
    this.chunks += count;
    this.bytes = bytes;
    this.chars = chars;
    this.lastTimeMs = timeMs;
    if (id !== undefined) this.cursor = id;
    return count;
  }

  /** Records one item. @param movesCursor its id is a place to go on from */
  recordOne<T>(item: DataItem<T>, timeMs: number, movesCursor = true): void {
    this.chunks += 1;
    this.bytes += item.bytes;
    this.chars += item.chars ?? 0;
    this.lastTimeMs = timeMs;
    if (item.id !== undefined && movesCursor) this.cursor = item.id;
    this.#remember(item, item.bytes);
  }

  /** Records items that were delivered before they were committed. */
  recordTail({ chunks, bytes, chars, last }: DeliveredTail, timeMs: number): void {
    if (chunks === 0) return;
    this.chunks += chunks;
    this.bytes += bytes;
    this.chars += chars;
    this.lastTimeMs = timeMs;
    this.#known.skip(chunks - last.length);
    this.#known.add(last, 0, last.length, bytes);
  }

  /** Moves the cursor. The empty one takes it back (WHATWG: an empty `id` resets the last event id). */
  commit(cursor: string): void {
    this.cursor = cursor;
    this.#remember({ type: 'checkpoint', cursor }, 0);
  }

  /** Whether there is a position to go on from. */
  get hasCursor(): boolean {
    return this.cursor !== null && this.cursor !== '';
  }

  /** The tool calls as they are now. */
  get tools(): ToolsView {
    return this.#calls?.view ?? NO_TOOLS;
  }

  get hasCalls(): boolean {
    return this.#calls !== null;
  }

  get calls(): CallRegister {
    return (this.#calls ??= new CallRegister(emptyStreamState, this.#budget));
  }

  /** Something may be missing here: see the register. */
  cutCalls(): readonly ToolCallDelta[] {
    return this.#calls?.cutOpen() ?? EMPTY;
  }

  /** A new stream begins, whose calls are others. */
  forgetCalls(): void {
    this.#calls?.clear();
  }

  #remember(unit: Unit, bytes: number): void {
    this.#known.add([unit], 0, 1, bytes);
  }

  advise(floorMs: number): void {
    this.floorMs = floorMs;
  }

  /** Whether it is time for a report. */
  isReportDue(now: number): boolean {
    const count = this.chunks - this.#reportedChunks;
    return count > 0 && (now - this.#reportedAt >= REPORT_MS || count >= REPORT_CHUNKS);
  }

  /** A report is made, or a connection begins. */
  markReported(now: number): void {
    this.#reportedAt = now;
    this.#reportedChunks = this.chunks;
  }

  /** The progress as a value. */
  freeze(): StreamProgress {
    const { key, cursor, floorMs } = this;
    const chars = toAmount(this.chars);
    const state = this.#calls === null ? emptyStreamState : this.tools.state;
    const streamState = Object.freeze(
      streamStateOf(this.chunks, this.bytes, this.lastTimeMs, state),
    );
    return Object.freeze({ streamState, key, cursor, chars, floorMs });
  }

  /** @param fresh no request before this one can have begun work */
  resumePoint(attempt: number, fresh = false): ResumePoint {
    const { chunks: items, bytes, chars, recent } = this;
    const { toolCalls } = this.tools.state;
    const key = this.key ?? undefined;
    const cursor = this.cursor ?? undefined;
    return { key, cursor, recent, items, bytes, chars, toolCalls, fresh, attempt };
  }
}

/** What a checkpoint can hold: sizes may be estimates, whose sums are neither exact nor bounded. */
export function toAmount(sum: number): number {
  return sum >= 0 && sum <= Number.MAX_SAFE_INTEGER ? sum : sum > 0 ? Number.MAX_SAFE_INTEGER : 0;
}

/** Counts and tool calls as one new value. */
export function streamStateOf(
  chunks: number,
  bytes: number,
  lastTimeMs: number,
  tools: StreamState,
): StreamState {
  return {
    chunksReceived: chunks,
    bytesReceived: toAmount(bytes),
    lastChunkTimeMs: toAmount(lastTimeMs),
    inToolCall: tools.inToolCall,
    currentToolId: tools.currentToolId,
    toolArgsBuffer: tools.toolArgsBuffer,
    toolCalls: tools.toolCalls,
  };
}

/** Whether a data item without tool calls is well formed; where it is not, `checkItem` says why. Called per item. */
export function isPlainData({ bytes, chars, id, raw }: DataItem<unknown>): boolean {
  return (
    isSize(bytes) &&
    (raw === undefined || typeof raw === 'string') &&
    (id === undefined || (typeof id === 'string' && id.length <= MAX_ID_LENGTH)) &&
    (chars === undefined || isSize(chars))
  );
}

/** Whether an item stands for itself, where no replay is to be looked for. */
export function isPlain(item: DataItem<unknown> | undefined): boolean {
  return item?.toolCall === undefined && item?.follows === undefined;
}

/** Whether it can be counted. */
export function isSize(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}
