/**
 * The tool calls of a response, for all provider formats: formats translate events, the rules are here.
 *
 * - `open(key, piece)` begins a call under the format's own key (index, item id); `add(key, piece)` adds to it, or begins
 *   it; `takeWhole` takes complete arguments, which repeat all pieces. Every field of a piece may be missing, or of any type.
 * - `close(key)` delivers a call at once; `seal(key)` closes it, and it waits for `leaveSealed()` or
 *   `leaveAll()`, when the finish reason allows calls to run; `abandon()` is for all other reasons.
 * - A call is delivered as a `toolCall` part once per id for the whole stream: a repetition with the same content is a
 *   `repeatedToolCall` event, with other content a `malformedToolCall`. Only strictly parsed JSON is delivered, and only with a
 *   name; `{}` only if the peer sent it. A call without an id gets a local one, until the peer sends one.
 * - If pieces have no key, or a doubtful one, `CallRouter` finds the call to which they belong.
 */

import { ReconnectError } from '../../../machines/errors.js';
import type { ResponseStep, RecordedCalls } from '../response/answer.js';
import { Call } from './call.js';
import { hasArguments, idOf, saysNothing } from './call-piece.js';
import type { CallFault, CallPiece } from './call-piece.js';
import { malformedStep, record, unrecord } from './call-steps.js';
import { CallMemory, checkKey } from './call-memory.js';
import { DeliveredCalls } from './delivered-calls.js';
import { FormerCalls } from './former-calls.js';

/** Number of calls that may be open at a time; as many delivered ones are remembered by their key. */
const MAX_CALLS = 1024;
/** The prefix of a local id, for a call without an id; the key follows. */
const LOCAL = 'local_call_';

export class ToolCalls<K extends string | number> {
  readonly #calls = new Map<K, Call>();
  /** Calls without a key that were not delivered yet. */
  #displaced: Call[] = [];
  /** The call that is recorded under an id. */
  readonly #byId = new Map<string, Call>();
  readonly #delivered = new DeliveredCalls();
  readonly #former = new FormerCalls();
  /** Calls that are older than the connection, which may send them from their start. */
  readonly #resumed = new Set<Call>();
  #hasLatePiece = false;
  readonly #memory = new CallMemory(() => this.#all());
  readonly #areAnnounced: boolean;

  /** @param areAnnounced false if calls begin with any of their pieces: an id alone is then a placeholder */
  constructor(areAnnounced = true) {
    this.#areAnnounced = areAnnounced;
  }

  /**
   * Begins a connection. What was read beyond the recorded calls comes again; calls recorded as complete were delivered.
   * @param keyOf returns the key of a call by its id, in formats where they are the same
   */
  begin(recorded: RecordedCalls, keyOf?: (id: string) => K): void {
    this.#delivered.begin(recorded);
    this.#former.begin(recorded, this.#rewind(recorded));
    if (keyOf !== undefined) for (const id of this.#former.open) this.#adopt(keyOf(id), id);
  }

  /** Returns the call with this key, until it is delivered. */
  peek(key: K): Readonly<Call> | undefined {
    return this.#waiting(key);
  }

  /** Returns whether the call with this key was delivered, or must not run. */
  isOver(key: K): boolean {
    return this.#calls.get(key)?.state === 'over';
  }

  /** Returns whether calls came before this connection. */
  get hadCalls(): boolean {
    return this.#former.hadAny;
  }

  /** Returns whether an earlier process has begun calls whose keys are not known. */
  get hasFormer(): boolean {
    return this.#former.open.length > 0;
  }

  /** Returns whether arguments came for a call that was delivered, or closed without them. */
  get hasLatePiece(): boolean {
    return this.#hasLatePiece;
  }

  /**
   * Begins a call. A call that has the key already begins again if nothing is known about it, or if a new connection
   * sends it from its start. A closed one stays: the new call is another, and with the same id the two are compared.
   */
  open(key: K, piece: CallPiece): ResponseStep[] {
    const id = idOf(piece);
    if (id !== undefined && this.#waiting(key) === undefined) this.#beginAgain(key, id);
    const former = this.#calls.get(key);
    const before = this.#waiting(key);
    const isSame = former !== undefined && id === (former.hasLocalId ? undefined : former.id);
    const isAgain = isSame && this.#resumed.delete(former) && former.name === piece.name;
    if (before === undefined)
      return this.#take(this.#create(key, piece, isAgain ? former.id : undefined), piece);
    const isOther = id !== undefined && id !== before.id && !before.hasLocalId;
    // A closed call is compared with the new one.
    if (isAgain && before.state !== 'closed') before.restart();
    else if (isOther || (isSame && before.state === 'closed')) return this.#displace(key, piece);
    if (before.hasInput || before.state === 'closed') before.spoil('begun twice');
    return this.#take(before, piece);
  }

  /** Adds a piece to a call. A call whose beginning was not seen begins with it, unless the piece is empty. */
  add(key: K, piece: CallPiece): ResponseStep[] {
    const call = this.#find(key, idOf(piece), true);
    if (call === undefined) return saysNothing(piece) ? [] : this.open(key, piece);
    if (call.state === 'open') return this.#take(call, piece);
    if (!hasArguments(piece)) return [];
    if (call.state === 'over') return this.#late(call, piece);
    // The call is complete: a further piece may only repeat it.
    call.takeWhole(piece.args ?? piece.value);
    return [];
  }

  /** Takes the complete arguments, after pieces or instead of them. */
  takeWhole(key: K, args: unknown): ResponseStep[] {
    const call = this.#find(key);
    if (call?.state !== 'open') return [];
    const before = { name: call.name, size: call.size };
    call.takeWhole(args);
    this.#memory.add(call.size - before.size);
    // The stream records what was sent of a call, even if the call is never delivered.
    return call.isBlank ? [] : this.#record(call, before, undefined);
  }

  /** Drops the pieces so far, which were for the progress only. */
  forgetPieces(key: K): void {
    this.#find(key)?.forgetPieces();
  }

  /** Notes that the call has no arguments, by the protocol. */
  sayEmpty(key: K): void {
    this.#find(key)?.sayEmpty();
  }

  /** Marks a call that must not run. */
  spoil(key: K, fault: CallFault): void {
    this.#find(key)?.spoil(fault);
  }

  /** Closes a call, which is delivered when the finish reason allows it. */
  seal(key: K): void {
    const call = this.#find(key);
    if (call?.state === 'open') call.state = 'closed';
  }

  /** Closes a call, and delivers it. */
  close(key: K): ResponseStep[] {
    const call = this.#find(key);
    if (call === undefined || call.state === 'over') return [];
    const owner = this.#byId.get(call.id);
    if (owner === call || owner?.state !== 'closed') return this.#delivered.leave([call]);
    // Another call with this id waits for the finish reason: then the two are compared.
    this.seal(key);
    return [];
  }

  /** Removes a call that the peer takes back. */
  discard(key: K): ResponseStep[] {
    const call = this.#find(key);
    call?.spoil('taken back by the peer');
    // The call may come again under the same id.
    if (call !== undefined) this.#byId.delete(call.id);
    return this.close(key);
  }

  /** Returns whether a call for the client is open or waits for delivery: then something is missing. */
  get hasOpenCall(): boolean {
    const isMissing = ({ state, isBlank, isShadow, isServerTool }: Call): boolean =>
      state !== 'over' && !isBlank && !isShadow && !isServerTool;
    return this.hasFormer || this.#all().some(isMissing);
  }

  /** Returns the key of the undelivered call with this id. */
  keyOf(id: string): K | undefined {
    for (const [key, call] of this.#calls) if (call.id === id && call.state !== 'over') return key;
    return undefined;
  }

  /** Returns the keys of the undelivered calls. */
  get pending(): readonly K[] {
    return [...this.#calls].flatMap(([key, { state }]) => (state === 'over' ? [] : [key]));
  }

  /** Delivers the closed calls, which the finish reason allows. An open call with the id of one is compared with it. */
  leaveSealed(): ResponseStep[] {
    const waiting = this.#all().filter(({ state }) => state !== 'over');
    const sealed = new Set(waiting.flatMap(({ state, id }) => (state === 'closed' ? [id] : [])));
    return this.#delivered.leave(waiting.filter(({ id }) => sealed.has(id)));
  }

  /** Closes and delivers all calls: the finish reason allows that. */
  leaveAll(): ResponseStep[] {
    return this.#delivered.leave(this.#all().filter(({ state }) => state !== 'over'));
  }

  /**
   * Delivers no call, since the finish reason allows none; the stream marks them as interrupted when it ends. Calls that the
   * peer itself has run are the exception.
   */
  abandon(): ResponseStep[] {
    const run = this.#all().filter(({ state, isServerTool }) => state === 'closed' && isServerTool);
    const steps = this.#delivered.leave(run);
    for (const call of this.#all()) call.leave();
    return steps;
  }

  #all(): readonly Call[] {
    return [...this.#displaced, ...this.#calls.values()];
  }

  /** @param local the local id under which the call began before, if the peer sends none */
  #create(key: K, piece: CallPiece, local = this.#localId(key)): Call {
    checkKey(key);
    const given = idOf(piece);
    const call = new Call(given ?? local, given === undefined, this.#areAnnounced);
    this.#calls.delete(key);
    this.#calls.set(key, call);
    this.#bound();
    return call;
  }

  #localId(key: K): string {
    const id = `${LOCAL}${key}`;
    let unused = id;
    for (let n = 2; this.#byId.has(unused); n++) unused = `${id}_${n}`;
    return unused;
  }

  #take(call: Call, piece: CallPiece): ResponseStep[] {
    const id = idOf(piece);
    const formerId = call.hasLocalId && id !== undefined && id !== call.id ? call.id : undefined;
    if (formerId !== undefined && id !== undefined) {
      if (this.#byId.get(formerId) === call) this.#byId.delete(formerId);
      call.id = id;
    }
    if (id !== undefined) call.hasLocalId = false;
    const before = { name: call.name, size: call.size };
    call.take(piece);
    this.#memory.add(call.size - before.size);
    if (call.isBlank) return [];
    return this.#record(call, before, formerId);
  }

  /** Returns what is new for the stream's record of calls. */
  #record(
    call: Call,
    before: Pick<Call, 'name' | 'size'>,
    formerId: string | undefined,
  ): ResponseStep[] {
    const { id } = call;
    const owner = this.#byId.get(id);
    if (owner === undefined) this.#byId.set(id, call);
    call.isShadow = this.#delivered.has(id) || (owner !== undefined && owner !== call);
    return call.isShadow ? unrecord(call, formerId ?? id) : record(call, before, formerId);
  }

  #waiting(key: K): Call | undefined {
    const call = this.#calls.get(key);
    return call === undefined || call.state === 'over' ? undefined : call;
  }

  /** @param isPiece whether it is a piece of arguments */
  #find(key: K, id?: string, isPiece = false): Call | undefined {
    const call = this.#calls.get(key);
    // The call continues, so it is not sent from its start.
    if (call !== undefined) this.#resumed.delete(call);
    if (call !== undefined) return call;
    const former = this.#former.find(id, `${LOCAL}${key}`, isPiece);
    return former === undefined ? undefined : this.#adopt(key, former);
  }

  #adopt(key: K, id: string): Call | undefined {
    const state = this.#former.take(id);
    if (state === undefined) return undefined;
    const call = new Call(id, id.startsWith(LOCAL), this.#areAnnounced);
    call.adopt(state.name, state.args);
    if (this.#former.lacksPiece) call.spoil('arguments that do not agree');
    this.#calls.set(key, call);
    this.#byId.set(id, call);
    return call;
  }

  /** Compares what an earlier process has read of a call with what comes from its start. */
  #beginAgain(key: K, id: string): void {
    const call = this.#adopt(key, id);
    if (call !== undefined) this.#resumed.add(call);
  }

  /** Resets the calls to the stream's record. */
  #rewind(recorded: RecordedCalls): ReadonlySet<string> {
    const known = new Set<string>();
    this.#resumed.clear();
    for (const [key, call] of this.#calls) {
      const before = Object.hasOwn(recorded, call.id) ? recorded[call.id] : undefined;
      // A call that was delivered or begun without being recorded is read again.
      if (before === undefined || (call.isShadow && call.state !== 'over')) {
        this.#calls.delete(key);
        if (this.#byId.get(call.id) === call) this.#byId.delete(call.id);
        continue;
      }
      known.add(call.id);
      if (before.status !== 'streaming') call.state = 'over';
      else if (call.state === 'over') call.state = call.wasClosed ? 'closed' : 'open';
      call.rewind(before.args);
      this.#resumed.add(call);
    }
    // What waits for the end is compared with what comes, also where it has no key any more.
    this.#displaced = this.#displaced.filter(
      ({ id, state, isShadow }) =>
        state === 'closed' && !isShadow && Object.hasOwn(recorded, id) && !known.has(id),
    );
    for (const { id } of this.#displaced) known.add(id);
    this.#hasLatePiece = false;
    return known;
  }

  /** Handles another call with the key of an undelivered one: later pieces may belong to either. */
  #displace(key: K, piece: CallPiece): ResponseStep[] {
    const before = this.#calls.get(key) as Call;
    const isMixed = before.state === 'open' && !(before.hasInput && before.isWhole);
    if (isMixed) before.spoil('begun twice');
    else before.state = 'closed';
    const left = isMixed ? this.close(key) : [];
    this.#displaced.push(before);
    const steps = this.#take(this.#create(key, piece), piece);
    if (isMixed) this.spoil(key, 'begun twice');
    return [...left, ...steps];
  }

  #late(call: Call, piece: CallPiece): ResponseStep[] {
    if (call.isShadow || call.repeats(piece)) return [];
    this.#hasLatePiece = true;
    if (call.fault !== null) return [];
    call.spoil('more came after its end');
    return [malformedStep(call, 'more came after its end', [])];
  }

  #bound(): void {
    if (this.#calls.size + this.#displaced.length <= MAX_CALLS) return;
    const over = [...this.#calls].find(([, { state }]) => state === 'over');
    if (over === undefined)
      throw new ReconnectError('limit', `more than ${MAX_CALLS} tool calls are open at a time`);
    const [key, call] = over;
    this.#calls.delete(key);
    if (this.#byId.get(call.id) === call) this.#byId.delete(call.id);
  }
}
