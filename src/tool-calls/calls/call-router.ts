/** Finds the call to which a piece belongs, by its index, id and name, any of which may be missing. */

import { Places } from './call-memory.js';
import type { ResponseStep, RecordedCalls } from '../response/answer.js';
import type { Call } from './call.js';
import { hasArguments, saysNothing } from './call-piece.js';
import type { CallPiece } from './call-piece.js';
import { ToolCalls } from './calls.js';

export interface RoutedPiece extends CallPiece {
  /** The call's index as the peer numbers it; may be missing, and some peers give all calls the same one. */
  readonly index?: unknown;
  /** Another piece before it in the same list has no index either: then this one is of another call. */
  readonly isSibling?: boolean | undefined;
}

/**
 * A piece belongs to the call with its id. With another id, another name or complete arguments before it, it begins a new
 * call; but an id that changes from piece to piece, without a name or in the middle of arguments, does not. A name again
 * without an id begins none if the peer separates calls by ids or by positions. If a piece may belong to
 * several calls, none of them may run.
 */
export class CallRouter {
  readonly #calls = new ToolCalls<number>(false);
  /** The calls at each index, the newest last. */
  readonly #places = new Places<string, readonly number[]>();
  /** Indices of pieces that fit no call: a call that begins there may lack them. Undefined is one of them. */
  readonly #lost = new Places<string, true>();
  /** Other ids and names that came with pieces of a call. */
  readonly #strays = new Places<string, number>();
  /** Ids without anything else behind a call of which nothing was said yet: that they are others shows later. */
  readonly #announced = new Places<string, number>();
  /** Calls that received arguments without an id. */
  readonly #bare = new Places<number, true>();
  #count = 0;
  #last: number | null = null;
  /** Where a piece like this one came since the last call began: others that may lack it do not run. */
  #sure: { readonly key: number; readonly place: string | undefined } | null = null;

  begin(recorded: RecordedCalls): void {
    this.#calls.begin(recorded);
  }

  get hasLatePiece(): boolean {
    return this.#calls.hasLatePiece;
  }

  /** Returns whether a call is open and was not delivered. */
  get hasOpenCall(): boolean {
    return this.#calls.hasOpenCall;
  }

  add(piece: RoutedPiece): ResponseStep[] {
    const place = placeOf(piece.index);
    const key = this.#keyOf(place, piece);
    if (key === null) return this.#begin(place, piece);
    const call = this.#calls.peek(key);
    const isDoubtful = call !== undefined && call.id !== piece.id;
    const isMisfit = isDoubtful && isBehind(call, piece);
    if (isDoubtful) this.#checkOwner(key, place, piece);
    this.#reach(key, place);
    const steps = this.#calls.add(key, piece);
    if (isDoubtful && (isMisfit || call.fault !== null) && !saysNothing(piece))
      this.#lost.set(place ?? '', true);
    return steps;
  }

  leaveAll(): ResponseStep[] {
    return this.#calls.leaveAll();
  }

  abandon(): ResponseStep[] {
    return this.#calls.abandon();
  }

  #begin(place: string | undefined, piece: RoutedPiece): ResponseStep[] {
    const before = this.#at(place);
    const isAgain = this.#isAgain(before, place, piece);
    const key = this.#count++;
    this.#sure = null;
    this.#reach(key, place);
    const steps = this.#calls.open(key, piece);
    if (isAgain) this.#calls.spoil(key, 'begun twice');
    const strays = this.#straysOf(textIn(piece.id) ?? '', textIn(piece.name) ?? '');
    if (strays.length > 0 || this.#lost.get(place ?? '') === true) this.#spoil([key, ...strays]);
    return steps;
  }

  /** Returns the calls that may contain pieces of the call with this id and name. */
  #straysOf(id: string, name: string): number[] {
    const behind = this.#announced.get(id);
    const isMixed = behind !== undefined && this.#bare.get(behind) === true;
    const keys = [this.#strays.get(id), this.#strays.get(name), isMixed ? behind : undefined];
    return keys.flatMap((key) => key ?? []);
  }

  #keyOf(place: string | undefined, piece: RoutedPiece): number | null {
    const id = textIn(piece.id);
    const name = textIn(piece.name);
    const here = this.#at(place);
    const call = here === null ? undefined : this.#calls.peek(here);
    if (id !== undefined && call?.id === id) return here;
    const named = id === undefined ? undefined : this.#calls.keyOf(id);
    if (named !== undefined) {
      // The same call at two indices is said twice; a piece of it without a name, or with its first, only strayed.
      const isStray = name === undefined || this.#calls.peek(named)?.name === null;
      const isHere = place === undefined || this.#places.get(place)?.includes(named) === true;
      return isStray || isHere ? named : null;
    }
    // What comes for a call that has left is the register's to judge, unless it can be a new one.
    if (call === undefined)
      return here === null || name !== undefined || id !== undefined ? null : here;
    return this.#beginsAnother(call, place, piece) ? null : here;
  }

  /** Returns the last call at the index; without an index the last of all. */
  #at(place: string | undefined): number | null {
    return place === undefined ? this.#last : (this.#places.get(place)?.at(-1) ?? null);
  }

  #reach(key: number, place: string | undefined): void {
    this.#last = key;
    if (place === undefined || this.#at(place) === key) return;
    const others = this.#othersAt(key, place);
    const open = others.filter((one) => this.#calls.peek(one) !== undefined);
    this.#places.set(place, [...open, key]);
  }

  #beginsAnother(call: Readonly<Call>, place: string | undefined, piece: RoutedPiece): boolean {
    const id = textIn(piece.id);
    const name = textIn(piece.name);
    if (piece.isSibling === true && (name !== undefined || id !== undefined)) return true;
    if (name === undefined) {
      // Arguments under another id, before the call has a name or when it is whole: their name comes later.
      const isLater = call.name === null ? isOther(call, piece) : isBehind(call, piece);
      return id !== undefined && !call.hasLocalId && isLater;
    }
    if (call.name === null) return false;
    // A new call of a peer that gives ids has one; at its place, the name again is that of the same call.
    if (id === undefined && (!call.hasLocalId || (place !== undefined && call.name === name)))
      return false;
    if (call.name !== name) return id !== undefined || call.isWhole;
    // The name again: in the middle of arguments it is only repeated, by some peers with another id.
    return call.isWhole;
  }

  /** The call before is said again: only an id at the same place speaks for another one. */
  #isAgain(before: number | null, place: string | undefined, piece: RoutedPiece): boolean {
    const call = before === null ? undefined : this.#calls.peek(before);
    if (call === undefined || piece.isSibling === true || call.name !== piece.name) return false;
    return (place !== undefined || textIn(piece.id) === undefined) && call.isSameAs(piece.args);
  }

  /** Marks all calls that may lack the piece: it is not known to which one it belongs. */
  #checkOwner(key: number, place: string | undefined, piece: RoutedPiece): void {
    const call = this.#calls.peek(key);
    if (call === undefined) return;
    const id = textIn(piece.id);
    const name = textIn(piece.name);
    const isNaming = id !== undefined && call.hasLocalId;
    if (name !== undefined && call.name !== null && name !== call.name) this.#strays.set(name, key);
    if (!isNaming && !hasArguments(piece)) {
      if (id !== undefined && call.isBlank) this.#announced.set(id, key);
      return;
    }
    if (id === undefined) this.#bare.set(key, true);
    if (!isNaming && id !== undefined) this.#strays.set(id, key);
    const isSure = this.#sure?.key === key && this.#sure.place === place;
    if (isSure && !isNaming) return;
    const rivals = this.#othersAt(key, place).filter((one) => {
      const other = this.#calls.peek(one);
      return isNaming ? other?.hasLocalId === true : other?.text.isWhole === false;
    });
    if (rivals.length > 0) this.#spoil([key, ...rivals]);
    if (!isNaming) this.#sure = { key, place };
  }

  #othersAt(key: number, place: string | undefined): readonly number[] {
    const all = place === undefined ? this.#calls.pending : (this.#places.get(place) ?? []);
    return all.filter((one) => one !== key);
  }

  #spoil(keys: readonly number[]): void {
    for (const key of keys) this.#calls.spoil(key, 'arguments that do not agree');
  }
}

/** Returns whether the piece has arguments that do not repeat those of the call. */
function isOther(call: Readonly<Call>, { args }: RoutedPiece): boolean {
  return hasArguments({ args }) && !call.isSameAs(args);
}

/** Returns whether the piece follows complete arguments, and does not repeat them. */
function isBehind(call: Readonly<Call>, piece: RoutedPiece): boolean {
  return call.text.isWhole && !call.text.isPlaceholder && isOther(call, piece);
}

function placeOf(index: unknown): string | undefined {
  return typeof index === 'number' || (typeof index === 'string' && index !== '')
    ? String(index)
    : undefined;
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
