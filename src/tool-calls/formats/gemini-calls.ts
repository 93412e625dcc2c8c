/** Calls of Gemini's content API: complete in one part or, if the request asks for it, in pieces at JSON paths. */

import type { ResponseStep, RecordedCalls } from '../response/answer.js';
import type { Call } from '../calls/call.js';
import type { CallPiece } from '../calls/call-piece.js';
import { progressOf } from '../calls/call-steps.js';
import { listOf, textOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { PartialArguments } from '../calls/partial-arguments.js';
import { WholeCalls } from '../calls/whole-calls.js';

export interface TakenCall {
  /** The call to which the piece belongs. */
  readonly call: Readonly<Call> | undefined;
  readonly steps: ResponseStep[];
}

export class GeminiCalls {
  /** Arguments are optional by the schema: a call without arguments has no field for them. */
  readonly #calls = new WholeCalls(true);
  /** Calls with further pieces to come, the newest last. */
  readonly #partial = new Map<number, PartialArguments>();

  begin(recorded: RecordedCalls): void {
    this.#calls.begin(recorded);
  }

  get hasOpenCall(): boolean {
    return this.#calls.hasOpenCall;
  }

  /** Takes one `functionCall`. */
  add(piece: Fields): TakenCall {
    const isPartial = piece['willContinue'] === true || Array.isArray(piece['partialArgs']);
    const open = this.#openKey(piece);
    const { key, steps } = this.#calls.add(callPiece(piece), open);
    const call = key === null ? undefined : this.#calls.peek(key);
    if (key === null || call === undefined || (open === undefined && !isPartial))
      return { call, steps };
    return { call, steps: [...steps, ...this.#addPartial(key, call, piece)] };
  }

  /** Takes a call that the peer has run itself. */
  addServerCall({ id, toolType, args }: Fields): ResponseStep[] {
    const { key, steps } = this.#calls.add({ id, name: toolType, args, isServerTool: true });
    if (key !== null) this.#calls.seal(key);
    return steps;
  }

  leaveAll(): ResponseStep[] {
    for (const key of this.#partial.keys()) this.#calls.spoil(key, 'not completed by the peer');
    this.#partial.clear();
    return this.#calls.leaveAll();
  }

  abandon(): ResponseStep[] {
    this.#partial.clear();
    return this.#calls.abandon();
  }

  /** Returns the call that this piece continues. */
  #openKey({ id, name, partialArgs }: Fields): number | undefined {
    const last = [...this.#partial.keys()].at(-1);
    if (last === undefined) return undefined;
    const call = this.#calls.peek(last);
    const isNameless = textOf(name) === undefined || name === '';
    if (typeof id === 'string' && id !== '') {
      const known = this.#calls.keyOf(id);
      if (known !== undefined) return this.#partial.has(known) ? known : undefined;
      return isNameless && call?.hasLocalId === true ? last : undefined;
    }
    // A name without arguments begins another call.
    return isNameless || (call?.name === name && Array.isArray(partialArgs)) ? last : undefined;
  }

  #addPartial(key: number, call: Readonly<Call>, piece: Fields): ResponseStep[] {
    const args = this.#partial.get(key) ?? new PartialArguments();
    this.#partial.delete(key);
    this.#partial.set(key, args);
    const before = args.size;
    args.add(listOf(piece['partialArgs']));
    const { id, name } = call;
    const { size } = args;
    if (piece['willContinue'] !== true) this.#close(key, args);
    return size > before ? [{ part: progressOf({ id, name, size }) }] : [];
  }

  #close(key: number, args: PartialArguments): void {
    this.#partial.delete(key);
    if (args.isEmpty) return;
    const text = args.toJson();
    if (text === undefined) this.#calls.spoil(key, 'arguments of an unknown shape');
    else this.#calls.takeWhole(key, text);
  }
}

function callPiece({ id, name, args }: Fields): CallPiece {
  return { id, name, args };
}
