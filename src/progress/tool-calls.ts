/** The tool calls of one stream: what is open, what was delivered, and how much of it may be held. */

import type { ToolCallDelta, ToolCallState } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import {
  currentCallAfter,
  emptyStreamState,
  nextToolCall,
  restartStreamState,
  withoutFormerId,
} from '../../machines/stream-state.js';
import type { StreamState, ToolCallStatus } from '../../machines/stream-state.js';
import { ITEM_OVERHEAD_BYTES, overBudget } from '../buffers/byte-budget.js';
import type { ByteBudget } from '../buffers/byte-budget.js';
import { CallTable } from './call-table.js';
import type { ToolsView } from './call-table.js';
import { fingerprint } from '../replay/fingerprint.js';

/** Calls that are kept, open or not. Models open a few dozen in parallel; older ones were delivered long ago. */
const MAX_CALLS = 256;
/** Arguments of one call, in UTF-16 units: a file of some megabytes passes. */
const MAX_ARGS = 4 * 1024 * 1024;
/** Arguments of all calls that are kept, in UTF-16 units: older ones were delivered long ago. */
const MAX_KEPT = 4 * MAX_ARGS;
/** Ids of calls that were reported complete, to know them when a peer sends the stream again. */
const MAX_REPORTED = 4096;
/** Arguments are two bytes a unit, and are held by the reader of the provider format as well. */
const BYTES_PER_UNIT = 4;

/** A class: it exists once per stream that has calls, and is called per piece of a call. */
export class CallRegister {
  #table = new CallTable();
  /** Fingerprints of ids. Outlive a restart: a call that comes again is the same call. */
  #reported: Set<number> | null = null;
  /** Ids of open calls of which something is missing. */
  #cut: Set<string> | null = null;
  /** Arguments that are kept, in UTF-16 units. */
  #units = 0;
  /** Memory of all that is kept, about. */
  #weight = 0;
  readonly #budget: ByteBudget;

  constructor(state: StreamState, budget: ByteBudget) {
    this.#budget = budget;
    this.#load(state);
    for (const { id, call } of this.#table) if (call.status === 'complete') this.#isNew(id);
  }

  /** The calls as they are now. */
  get view(): ToolsView {
    return this.#table.view();
  }

  nameOf(id: string): string | null {
    return this.#table.get(id)?.name ?? null;
  }

  /** The stream starts over: calls that were delivered stay known. */
  restart(): void {
    this.#load(restartStreamState(this.view.state));
  }

  /** A new stream, of which nothing is known. */
  clear(): void {
    this.#load(emptyStreamState);
    this.#reported = null;
  }

  /**
   * Takes one piece of a call, and returns the status if it changed; that a call is complete only once.
   * @throws ReconnectError kind `limit`.
   */
  apply(delta: ToolCallDelta): ToolCallStatus | null {
    const { id } = delta;
    const before = this.#table.get(id)?.status;
    // Its arguments went out whole: what a peer adds or repeats must not make it a second call.
    if (before === 'complete') return null;
    // Arguments that are closed and parse may still lack a piece: only all of them, or a new start, make it whole.
    if (this.#cut?.has(id) === true && delta.interrupted !== true) {
      if (!isWhole(delta)) return null;
      this.#cut.delete(id);
    }
    if (before === undefined) this.#makeRoom();
    this.#take(delta);
    const call = this.#table.get(id);
    if (call === undefined) return null;
    if (call.args.length > MAX_ARGS)
      throw limit(`the arguments of a tool call are longer than ${MAX_ARGS} UTF-16 code units`);
    // Closed by the protocol is not enough: arguments that do not parse were cut, and must not run.
    if (delta.done === true && !isJson(call.args))
      this.#table.set(id, Object.freeze({ ...call, status: 'interrupted' }));
    const after = this.#table.get(id)?.status ?? null;
    if (after !== 'streaming') this.#trim(id);
    if (before === after || (after === 'complete' && !this.#isNew(id))) return null;
    return after;
  }

  /** Something may be missing here: no open call goes on. Returns what says so. */
  cutOpen(): readonly ToolCallDelta[] {
    const open = [...this.#table].filter(({ call }) => call.status === 'streaming');
    const known = [...(this.#cut ?? [])].filter((id) => this.#table.get(id) !== undefined);
    this.#cut = new Set([...known, ...open.map(({ id }) => id)]);
    return open.map(({ id }) => ({ id, interrupted: true }));
  }

  #take(delta: ToolCallDelta): void {
    const { id, formerId } = delta;
    const table = this.#table;
    if (formerId !== undefined) {
      const isOpen = table.get(formerId)?.status === 'streaming';
      if (isOpen && formerId !== id && table.get(id) === undefined) {
        this.#charge(2 * (id.length - formerId.length));
        table.rename(formerId, id);
        if (table.current.currentToolId === formerId)
          table.current = { ...table.current, currentToolId: id };
      }
    }
    const known = table.get(id);
    const call = nextToolCall(known, formerId === undefined ? delta : withoutFormerId(delta));
    if (call === known) return;
    table.current = currentCallAfter(table.current, id, call);
    table.set(id, call);
    this.#units += call.args.length - (known?.args.length ?? 0);
    this.#charge(weightOf(id, call) - (known === undefined ? 0 : weightOf(id, known)));
  }

  /** The oldest call that is finished makes room for a new one. */
  #makeRoom(): void {
    if (this.#table.size < MAX_CALLS) return;
    for (const { id, call } of this.#table) {
      if (call.status === 'streaming') continue;
      this.#remove(id, call);
      return;
    }
    throw limit(`more than ${MAX_CALLS} tool calls are open at a time`);
  }

  /** The oldest calls that are finished make room for the arguments of the last one. */
  #trim(last: string): void {
    // No more than half of the budget: open calls, and all else, need the rest.
    const most = Math.min(MAX_KEPT, this.#budget.maxBytes / 2 / BYTES_PER_UNIT);
    if (this.#units <= most) return;
    for (const { id, call } of this.#table) {
      if (call.status !== 'streaming' && id !== last) this.#remove(id, call);
      if (this.#units <= most) return;
    }
  }

  #remove(id: string, call: ToolCallState): void {
    this.#table.delete(id);
    this.#units -= call.args.length;
    this.#charge(-weightOf(id, call));
  }

  #load(state: StreamState): void {
    this.#charge(-this.#weight);
    this.#table = new CallTable();
    this.#units = 0;
    const { inToolCall, currentToolId, toolArgsBuffer } = state;
    this.#table.current = { inToolCall, currentToolId, toolArgsBuffer };
    let weight = 0;
    for (const [id, call] of Object.entries(state.toolCalls)) {
      this.#table.set(id, call);
      this.#units += call.args.length;
      weight += weightOf(id, call);
    }
    this.#weight = weight;
    this.#budget.hold(weight);
  }

  /** @throws ReconnectError kind `limit` */
  #charge(bytes: number): void {
    this.#weight += bytes;
    if (this.#budget.hold(bytes) || bytes <= 0) return;
    throw overBudget(this.#budget, 'are held, most of them arguments of tool calls');
  }

  #isNew(id: string): boolean {
    const print = fingerprint(id);
    this.#reported ??= new Set();
    if (this.#reported.has(print)) return false;
    this.#reported.add(print);
    const [oldest] = this.#reported;
    if (this.#reported.size > MAX_REPORTED && oldest !== undefined) this.#reported.delete(oldest);
    return true;
  }
}

function weightOf(id: string, { name, args }: ToolCallState): number {
  return (
    ITEM_OVERHEAD_BYTES +
    2 * (id.length + (name === null ? 0 : name.length)) +
    BYTES_PER_UNIT * args.length
  );
}

function limit(what: string): ReconnectError {
  return new ReconnectError('limit', what);
}

/** Whether it does not depend on the pieces before it: it starts the call, or has all its arguments. */
function isWhole({ args, finalArgs, done }: ToolCallDelta): boolean {
  return finalArgs !== undefined || (args === undefined && done !== true);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
