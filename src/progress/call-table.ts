/** Tool calls by their id, of which a view can be taken at any time: to change a call costs the same however many there are. */

import type { ToolCallState } from '../../machines/source-contract.js';
import { emptyStreamState } from '../../machines/stream-state.js';
import type { StreamState } from '../../machines/stream-state.js';

/** Calls that are copied together: as many pages of as many calls are what a register may hold. */
const PAGE_SIZE = 16;

interface Row {
  readonly id: string;
  readonly call: ToolCallState;
}

type Page = (Row | null)[];
type CurrentCall = Pick<StreamState, 'inToolCall' | 'currentToolId' | 'toolArgsBuffer'>;

/** The tool calls at one moment. The record of them is made when somebody asks. */
export class ToolsView {
  readonly #pages: readonly Page[];
  readonly #current: CurrentCall;
  #state: StreamState | null;

  constructor(pages: readonly Page[], current: CurrentCall, state: StreamState | null = null) {
    this.#pages = pages;
    this.#current = current;
    this.#state = state;
  }

  /** The tool-call part of the state; its counters are not used. */
  get state(): StreamState {
    return (this.#state ??= Object.freeze({
      ...emptyStreamState,
      ...this.#current,
      toolCalls: recordOf(this.#pages),
    }));
  }
}

/** Most streams have no calls. */
export const NO_TOOLS: ToolsView = new ToolsView([], emptyStreamState, emptyStreamState);

/** A class: it exists once per stream that has calls, and is changed per piece of a call. */
export class CallTable {
  current: CurrentCall = emptyStreamState;
  readonly #slots = new Map<string, number>();
  #pages: Page[] = [];
  /** Pages that belong to a view as well, which must not change. */
  #shared = new Set<Page>();
  #isListShared = false;
  #end = 0;
  #view: ToolsView | null = null;

  get size(): number {
    return this.#slots.size;
  }

  get(id: string): ToolCallState | undefined {
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : this.#rowAt(slot)?.call;
  }

  set(id: string, call: ToolCallState): void {
    let slot = this.#slots.get(id);
    if (slot === undefined) {
      // Places of calls that were removed are not used again: calls keep their order.
      if (this.#end >= 2 * PAGE_SIZE + 2 * this.#slots.size) this.#compact();
      slot = this.#end++;
      this.#slots.set(id, slot);
    }
    this.#write(slot, { id, call });
  }

  delete(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    this.#write(slot, null);
  }

  /** The call goes on under another id, in its place. */
  rename(from: string, to: string): void {
    const slot = this.#slots.get(from);
    const call = this.get(from);
    if (slot === undefined || call === undefined) return;
    this.#slots.delete(from);
    this.#slots.set(to, slot);
    this.#write(slot, { id: to, call });
  }

  /** The calls, the oldest first. */
  *[Symbol.iterator](): Generator<Row> {
    for (const page of this.#pages) for (const row of page) if (row) yield row;
  }

  /** The calls as they are now. */
  view(): ToolsView {
    if (this.#view !== null) return this.#view;
    for (const page of this.#pages) this.#shared.add(page);
    this.#isListShared = true;
    return (this.#view = new ToolsView(this.#pages, this.current));
  }

  #rowAt(slot: number): Row | null | undefined {
    return this.#pages[Math.floor(slot / PAGE_SIZE)]?.[slot % PAGE_SIZE];
  }

  #write(slot: number, row: Row | null): void {
    this.#view = null;
    if (this.#isListShared) this.#pages = [...this.#pages];
    this.#isListShared = false;
    const place = Math.floor(slot / PAGE_SIZE);
    let page = this.#pages[place] ?? [];
    if (this.#shared.delete(page)) page = [...page];
    page[slot % PAGE_SIZE] = row;
    this.#pages[place] = page;
  }

  #compact(): void {
    const rows = [...this];
    this.#slots.clear();
    this.#shared = new Set();
    this.#isListShared = false;
    this.#pages = [];
    this.#end = 0;
    for (const row of rows) {
      this.#slots.set(row.id, this.#end);
      this.#write(this.#end++, row);
    }
  }
}

/**
 * The record of the calls. It is filled without a prototype: then V8 keeps it as a dictionary from the start, where it
 * would learn a new shape for each list of ids (40 times as slow), and a call named __proto__ is a call like any other.
 */
function recordOf(pages: readonly Page[]): StreamState['toolCalls'] {
  const record = Object.create(null) as Record<string, ToolCallState>;
  for (const page of pages) for (const row of page) if (row) record[row.id] = row.call;
  return Object.freeze(Object.setPrototypeOf(record, Object.prototype) as typeof record);
}
