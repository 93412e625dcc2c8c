/** Finds the call that a piece belongs to, where pieces have an index, an id and a name, or some of them, or none. */

import { Places } from './call-memory.js';
import type { AnswerStep, RecordedCalls } from './answer.js';
import type { Call } from './call.js';
import type { CallPiece } from './call-piece.js';
import { ToolCalls } from './calls.js';

export interface RoutedPiece extends CallPiece {
  /** The place that the peer gives the call; may be missing, and some peers give all calls the same. */
  readonly index?: unknown;
  /** A piece before it in the same list, also without an index: this one is of another call. */
  readonly isSibling?: boolean | undefined;
}

/**
 * A piece is of the call that its id names. With another id, another name or whole arguments before it, it begins a new
 * call; but an id that changes from piece to piece, without a name or in the middle of arguments, does not. A name again
 * without an id begins none where the peer has other means to separate calls, by ids or by their places.
 */
export class CallRouter {
  readonly #calls = new ToolCalls<number>();
  /** The last call at each index. */
  readonly #places = new Places<string, number>();
  #count = 0;
  #last: number | null = null;
  /** Calls began together without an index: a piece that names none may be of any of them. */
  #isDoubtful = false;

  begin(recorded: RecordedCalls): void {
    this.#calls.begin(recorded);
  }

  get hasLatePiece(): boolean {
    return this.#calls.hasLatePiece;
  }

  /** A call is open that has not left, and was not delivered before. */
  get hasOpenCall(): boolean {
    return this.#calls.hasOpenCall;
  }

  add(piece: RoutedPiece): AnswerStep[] {
    const place = placeOf(piece.index);
    const key = this.#keyOf(place, piece);
    if (key === null) return this.#begin(place, piece);
    this.#last = key;
    if (place !== undefined) this.#places.set(place, key);
    else if (this.#isDoubtful && !isNamed(piece)) this.#spoilOpen();
    return this.#calls.add(key, piece);
  }

  leaveAll(): AnswerStep[] {
    return this.#calls.leaveAll();
  }

  abandon(): AnswerStep[] {
    return this.#calls.abandon();
  }

  #begin(place: string | undefined, piece: RoutedPiece): AnswerStep[] {
    const key = this.#count++;
    this.#last = key;
    if (place !== undefined) this.#places.set(place, key);
    this.#isDoubtful = place === undefined && piece.isSibling === true;
    return this.#calls.open(key, piece);
  }

  #keyOf(place: string | undefined, piece: RoutedPiece): number | null {
    const id = textIn(piece.id);
    const name = textIn(piece.name);
    const here = place === undefined ? this.#last : (this.#places.get(place) ?? null);
    const named = id === undefined ? undefined : this.#calls.keyOf(id);
    if (named !== undefined && named === here) return named;
    // The same call at two indices is told twice; a piece of it without a name only strayed.
    if (named !== undefined && (name === undefined || place === undefined)) return named;
    const call = here === null ? undefined : this.#calls.peek(here);
    // What comes for a call that has left is the register's to judge, unless it can be a new one.
    if (call === undefined)
      return here === null || name !== undefined || id !== undefined ? null : here;
    if (named !== undefined) return null;
    return this.#beginsAnother(call, place, piece) ? null : here;
  }

  #beginsAnother(call: Readonly<Call>, place: string | undefined, piece: RoutedPiece): boolean {
    const id = textIn(piece.id);
    const name = textIn(piece.name);
    if (piece.isSibling === true && (name !== undefined || id !== undefined)) return true;
    if (name === undefined || call.name === null || id === call.id) return false;
    // A new call of a peer that gives ids has one; at its place, the name again is that of the same call.
    if (id === undefined && (!call.hasLocalId || (place !== undefined && call.name === name)))
      return false;
    if (call.name !== name) return id !== undefined || call.isWhole;
    // The name again: in the middle of arguments it is only repeated, by some peers with another id.
    return call.isWhole;
  }

  #spoilOpen(): void {
    for (const key of this.#calls.pending)
      if (this.#calls.peek(key)?.isWhole === false)
        this.#calls.spoil(key, 'arguments that do not agree');
  }
}

function placeOf(index: unknown): string | undefined {
  return typeof index === 'number' || (typeof index === 'string' && index !== '')
    ? String(index)
    : undefined;
}

function isNamed({ id, name }: RoutedPiece): boolean {
  return textIn(id) !== undefined || textIn(name) !== undefined;
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
