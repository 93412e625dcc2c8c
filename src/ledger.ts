/** The private, mutable account of one stream: cheap per chunk, frozen when somebody else has to see it. */

import type { DataItem, ResumePoint, ToolCallDelta } from '../machines/contract.js';
import type { Ledger as FrozenLedger } from '../machines/reconnect.types.js';
import { applyToolCall, emptyStreamState, interruptToolCall } from '../machines/stream-state.js';
import type { StreamState, ToolCallStatus } from '../machines/stream-state.js';

/** How many of the last ids are remembered, to know a replay when it comes. */
const RECENT_IDS = 512;

/** A class: it exists once per stream and its methods are called per chunk. */
export class Ledger {
  chunks = 0;
  bytes = 0;
  chars = 0;
  lastTimeMs = 0;
  cursor: string | null = null;
  floorMs = 0;
  /** The tool-call part of the state; its counters are not used. */
  tools: StreamState = emptyStreamState;
  firstId: string | null = null;
  #recent: string[] = [];
  #recentAt = 0;
  #frozen: FrozenLedger | null = null;

  constructor(from: FrozenLedger) {
    this.chunks = from.streamState.chunksReceived;
    this.bytes = from.streamState.bytesReceived;
    this.lastTimeMs = from.streamState.lastChunkTimeMs;
    this.tools = from.streamState;
    this.chars = from.chars;
    this.cursor = from.cursor;
    this.floorMs = from.floorMs;
    if (from.cursor !== null) this.#recent.push(from.cursor);
  }

  /** Forgets the stream, but not the server's advice: it is about the server. */
  clear(): void {
    this.chunks = this.bytes = this.chars = this.lastTimeMs = 0;
    this.cursor = this.firstId = null;
    this.tools = emptyStreamState;
    this.#recent = [];
    this.#recentAt = 0;
    this.#frozen = null;
  }

  /** One committed item. */
  record<T>(item: DataItem<T>, timeMs: number): void {
    this.chunks += 1;
    this.bytes += item.bytes;
    if (item.chars !== undefined) this.chars += item.chars;
    this.lastTimeMs = timeMs;
    if (item.id !== undefined) this.commit(item.id);
    this.#frozen = null;
  }

  /** Moves the cursor; the empty id takes it back (WHATWG: an empty `id` resets the last event id). */
  commit(cursor: string): void {
    this.#frozen = null;
    if (cursor === '') {
      this.cursor = null;
      return;
    }
    this.cursor = cursor;
    this.firstId ??= cursor;
    if (this.#recent.length < RECENT_IDS) this.#recent.push(cursor);
    else this.#recent[this.#recentAt++ % RECENT_IDS] = cursor;
  }

  /** Whether this id was committed before, as far as is remembered. */
  knows(id: string): boolean {
    return id === this.firstId || this.#recent.includes(id);
  }

  /** One piece of a tool call; tells the status if it changed. */
  toolCall(delta: ToolCallDelta): ToolCallStatus | null {
    const before = statusIn(this.tools, delta.id);
    this.tools = applyToolCall(this.tools, delta);
    // Closed by the protocol is not enough: arguments that do not parse were cut, and must not run.
    if (delta.done === true && !isJson(this.tools.toolCalls[delta.id]?.args)) {
      this.tools = interruptToolCall(this.tools, delta.id);
    }
    this.#frozen = null;
    const after = statusIn(this.tools, delta.id);
    return before === after ? null : (after ?? null);
  }

  advise(floorMs: number): void {
    this.floorMs = floorMs;
    this.#frozen = null;
  }

  /** The account as a value; the same one until something changes. */
  freeze(): FrozenLedger {
    return (this.#frozen ??= frozen(this, this.tools));
  }

  resumePoint(attempt: number): ResumePoint {
    const { chunks: items, bytes, chars, cursor } = this;
    return { ...(cursor === null ? {} : { cursor }), items, bytes, chars, attempt };
  }
}

/** The state that a checkpoint may claim: without what is still queued for the consumer. */
export function frozen(
  counts: Pick<Ledger, 'chunks' | 'bytes' | 'chars' | 'lastTimeMs' | 'cursor' | 'floorMs'>,
  tools: StreamState,
): FrozenLedger {
  const streamState: StreamState = Object.freeze({
    chunksReceived: counts.chunks,
    bytesReceived: counts.bytes,
    lastChunkTimeMs: counts.lastTimeMs,
    inToolCall: tools.inToolCall,
    currentToolId: tools.currentToolId,
    toolArgsBuffer: tools.toolArgsBuffer,
    toolCalls: tools.toolCalls,
  });
  return Object.freeze({
    streamState,
    cursor: counts.cursor,
    chars: counts.chars,
    floorMs: counts.floorMs,
  });
}

function isJson(text: string | undefined): boolean {
  try {
    JSON.parse(text ?? '');
    return true;
  } catch {
    return false;
  }
}

function statusIn(tools: StreamState, id: string): ToolCallStatus | undefined {
  return Object.hasOwn(tools.toolCalls, id) ? tools.toolCalls[id]?.status : undefined;
}
