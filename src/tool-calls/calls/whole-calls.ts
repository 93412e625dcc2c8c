/** The calls of formats that send each call in one piece, often without an id: Gemini, Ollama. */

import { Places } from './call-memory.js';
import type { ResponseStep, RecordedCalls } from '../response/answer.js';
import type { Call } from './call.js';
import { hasArguments, idOf, saysNothing } from './call-piece.js';
import type { CallFault, CallPiece } from './call-piece.js';
import { ToolCalls } from './calls.js';

export interface WholePiece extends CallPiece {
  /** The index of the call in the response, if the peer sends it. Some peers give all calls the same one. */
  readonly index?: unknown;
}

export interface TakenPiece {
  readonly key: number | null;
  readonly steps: ResponseStep[];
}

/**
 * A piece is a call of its own, unless its id says otherwise, or it only completes the call before it. All calls
 * wait for the finish reason.
 */
export class WholeCalls {
  readonly #calls = new ToolCalls<number>(false);
  /** The last call at each index. */
  readonly #places = new Places<number, number>();
  readonly #areArgumentsOptional: boolean;
  #count = 0;

  /** @param areArgumentsOptional whether the format leaves out the arguments of a call that has none */
  constructor(areArgumentsOptional: boolean) {
    this.#areArgumentsOptional = areArgumentsOptional;
  }

  begin(recorded: RecordedCalls): void {
    this.#calls.begin(recorded);
  }

  /** Returns whether there is an undelivered call. */
  get hasOpenCall(): boolean {
    return this.#calls.hasOpenCall;
  }

  peek(key: number): Readonly<Call> | undefined {
    return this.#calls.peek(key);
  }

  /** Returns the last call with this id. */
  keyOf(id: string): number | undefined {
    return this.#calls.pending.findLast((key) => this.#calls.peek(key)?.id === id);
  }

  /**
   * Takes a piece. Returns the key of its call; null for an empty piece.
   * @param given the key, if it is known
   */
  add(piece: WholePiece, given?: number): TakenPiece {
    if (given === undefined && saysNothing(piece)) return { key: null, steps: [] };
    const known = given ?? this.#keyOf(piece);
    if (known !== undefined) return { key: known, steps: this.#calls.add(known, piece) };
    const key = this.#count++;
    if (typeof piece.index === 'number') this.#places.set(piece.index, key);
    return { key, steps: this.#calls.open(key, piece) };
  }

  takeWhole(key: number, args: string): void {
    this.#calls.takeWhole(key, args);
  }

  /** Delivers a call that the peer has run itself, whatever the finish reason is. */
  seal(key: number): void {
    this.#calls.seal(key);
  }

  spoil(key: number, fault: CallFault): void {
    this.#calls.spoil(key, fault);
  }

  /** Delivers the calls: the finish reason allows that. */
  leaveAll(): ResponseStep[] {
    if (this.#areArgumentsOptional)
      for (const key of this.#calls.pending)
        if (this.#calls.peek(key)?.hasArguments === false) this.#calls.sayEmpty(key);
    return this.#calls.leaveAll();
  }

  abandon(): ResponseStep[] {
    return this.#calls.abandon();
  }

  #keyOf(piece: WholePiece): number | undefined {
    const id = idOf(piece);
    const known = id === undefined ? undefined : this.keyOf(id);
    const isNameless = typeof piece.name !== 'string' || piece.name === '';
    // A complete call was sent again; the two are compared at delivery.
    const isWhole = known !== undefined && this.#calls.peek(known)?.isWhole === true;
    if (known !== undefined) return isNameless || !isWhole ? known : undefined;
    if (isNameless && id === undefined) return this.#lackingKey();
    return this.#completedKey(piece, isNameless) ?? this.#repeatedKey(piece, id);
  }

  /** Returns the one call to which arguments without a name can belong. */
  #lackingKey(): number | undefined {
    const lacking = this.#calls.pending.filter((key) => this.#calls.peek(key)?.hasInput === false);
    const [key] = lacking;
    if (lacking.length === 1) return key;
    for (const one of lacking) this.#calls.spoil(one, 'arguments that do not agree');
    return undefined;
  }

  /** Returns the last call, if it came without arguments and these are its arguments. */
  #completedKey(piece: WholePiece, isNameless: boolean): number | undefined {
    const last = this.#count - 1;
    const call = this.#calls.peek(last);
    if (call === undefined || call.hasArguments || !hasArguments(piece)) return undefined;
    const isSame = isNameless || call.name === null || call.name === piece.name;
    return isSame && (idOf(piece) === undefined || call.hasLocalId) ? last : undefined;
  }

  /** Returns the call at the same index, if the piece only repeats it. */
  #repeatedKey(piece: WholePiece, id: string | undefined): number | undefined {
    if (typeof piece.index !== 'number' || id !== undefined) return undefined;
    const key = this.#places.get(piece.index);
    const call = key === undefined ? undefined : this.#calls.peek(key);
    if (call === undefined || call.name !== piece.name) return undefined;
    return call.hasArgumentsOf(piece.args) ? key : undefined;
  }
}
