/** The tool calls of one stream: what is open, what was handed out, and how much of it may be held. */

import type { ToolCallDelta } from '../machines/contract.js';
import { ReconnectError } from '../machines/errors.js';
import {
  applyToolCall,
  emptyStreamState,
  interruptToolCall,
  restartStreamState,
} from '../machines/stream-state.js';
import type { StreamState, ToolCallStatus } from '../machines/stream-state.js';

/** Calls that are kept, open or not. Models open a few dozen in parallel; older ones were told long ago. */
const MAX_CALLS = 256;
/** Arguments of one call, in UTF-16 units: a file of some megabytes passes. */
const MAX_ARGS = 4 * 1024 * 1024;
/** Arguments of all calls that are kept, in UTF-16 units: older ones were delivered long ago. */
const MAX_KEPT = 4 * MAX_ARGS;
/** Ids of calls that were told complete, to know them when a peer sends the stream again. */
const MAX_TOLD = 4096;

/** A class: it exists once per stream and is called per piece of a call. */
export class CallRegister {
  /** The tool-call part of the state; its counters are not used. */
  state: StreamState;
  /** Outlives a restart: a call that comes again is the same call. */
  #told: Set<string> | null = null;

  constructor(state: StreamState) {
    this.state = state;
    for (const [id, { status }] of Object.entries(state.toolCalls))
      if (status === 'complete') this.#isNew(id);
  }

  /** The stream starts over: calls that were delivered stay known. */
  restart(): void {
    this.state = restartStreamState(this.state);
  }

  /** A new stream, of which nothing is known. */
  clear(): void {
    this.state = emptyStreamState;
    this.#told = null;
  }

  /**
   * One piece of a call; tells the status if it changed, and that a call is complete only once.
   * @throws ReconnectError kind `limit`.
   */
  apply(delta: ToolCallDelta): ToolCallStatus | null {
    const before = statusIn(this.state, delta.id);
    // Its arguments went out whole: what a peer adds or repeats must not make it a second call.
    if (before === 'complete') return null;
    if (before === undefined) this.#makeRoom();
    this.state = applyToolCall(this.state, delta);
    const args = this.state.toolCalls[delta.id]?.args ?? '';
    if (args.length > MAX_ARGS)
      throw limit(`the arguments of a tool call are longer than ${MAX_ARGS} letters`);
    // Closed by the protocol is not enough: arguments that do not parse were cut, and must not run.
    if (delta.done === true && !isJson(args)) this.state = interruptToolCall(this.state, delta.id);
    const after = statusIn(this.state, delta.id) ?? null;
    if (after !== 'streaming') this.#trim(delta.id);
    if (before === after || (after === 'complete' && !this.#isNew(delta.id))) return null;
    return after;
  }

  /** The oldest call that is finished makes room for a new one. */
  #makeRoom(): void {
    const calls = Object.entries(this.state.toolCalls);
    if (calls.length < MAX_CALLS) return;
    const oldest = calls.find(([, { status }]) => status !== 'streaming');
    if (oldest === undefined) throw limit(`more than ${MAX_CALLS} tool calls are open at a time`);
    const toolCalls = Object.freeze(Object.fromEntries(calls.filter((call) => call !== oldest)));
    this.state = Object.freeze({ ...this.state, toolCalls });
  }

  /** The oldest calls that are finished make room for the arguments of the last one. */
  #trim(last: string): void {
    const calls = Object.entries(this.state.toolCalls);
    let size = calls.reduce((sum, [, { args }]) => sum + args.length, 0);
    if (size <= MAX_KEPT) return;
    const kept = calls.filter(([id, { args, status }]) => {
      if (size <= MAX_KEPT || status === 'streaming' || id === last) return true;
      size -= args.length;
      return false;
    });
    this.state = Object.freeze({
      ...this.state,
      toolCalls: Object.freeze(Object.fromEntries(kept)),
    });
  }

  #isNew(id: string): boolean {
    this.#told ??= new Set();
    if (this.#told.has(id)) return false;
    this.#told.add(id);
    const [oldest] = this.#told;
    if (this.#told.size > MAX_TOLD && oldest !== undefined) this.#told.delete(oldest);
    return true;
  }
}

function limit(what: string): ReconnectError {
  return new ReconnectError('limit', what);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function statusIn(state: StreamState, id: string): ToolCallStatus | undefined {
  return Object.hasOwn(state.toolCalls, id) ? state.toolCalls[id]?.status : undefined;
}
