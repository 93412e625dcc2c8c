/** One tool call while it is read: its pieces, and whether it may be delivered. */

import { ReconnectError } from '../../../machines/errors.js';
import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import type { ToolCallDelta } from '../../../machines/source-contract.js';
import { isEmptyObject, isObject, isSameValue, parseJson, toJson } from '../response/arguments.js';
import type { CallFault, CallPiece } from './call-piece.js';
import { CallText } from './call-text.js';
import { endOfJson } from '../../json/json-scan.js';

/** Arguments of a delivered call are kept up to this size, in UTF-16 code units, to recognise a repetition. */
const MAX_KEPT = 65_536;

/** Approximate memory of a parsed value per UTF-16 code unit of its JSON, most of which is text. */
const BYTES_PER_PARSED_UNIT = 4;

export class Call {
  id: string;
  /** The peer has not sent an id yet: the id is a local one. */
  hasLocalId: boolean;
  name: string | null = null;
  /** The pieces of the arguments. */
  readonly text: CallText = new CallText();
  fault: CallFault | null = null;
  /** `closed`: complete, but waiting for the finish reason that lets calls run. */
  state: 'open' | 'closed' | 'over' = 'open';
  /** The call was closed before it was delivered. */
  wasClosed = false;
  /** The stream's record has the call. */
  isRecorded = false;
  /** Another call has, or had, the same id: this one is read only for the comparison. */
  isShadow = false;
  isServerTool = false;
  /** An event of the format says that it begins: it is a call, even if nothing else is said of it. */
  readonly #isAnnounced: boolean;
  /** Arguments that arrived parsed. */
  #value: unknown = undefined;
  /** Length of the JSON of the parsed arguments. */
  #valueUnits = 0;
  #isText = false;
  #expects: 'object' | 'any' = 'object';
  /** The arguments were an empty text. */
  #isEmptyText = false;
  /** UTF-16 code units that came after the end, and repeat what came before it. */
  #again = 0;
  /** The arguments of an earlier connection, if the call is being sent again from its start. */
  #former = '';
  /** The stream's record has the parsed arguments. */
  #isValueRecorded = false;
  /** An earlier process has read the beginning, and it is not known whether that was text. */
  #isAdopted = false;

  constructor(id: string, hasLocalId: boolean, isAnnounced: boolean) {
    this.id = id;
    this.hasLocalId = hasLocalId;
    this.#isAnnounced = isAnnounced;
  }

  /** Returns whether nothing is known about the call: it is a placeholder. */
  get isBlank(): boolean {
    if (this.#isAnnounced) return false;
    return this.name === null && !this.hasArguments && this.fault === null;
  }

  get hasArguments(): boolean {
    return !this.text.isBlank || this.#value !== undefined;
  }

  /** Returns whether there are arguments besides an empty object, with which some peers begin. */
  get hasInput(): boolean {
    return !this.text.isBlank || (this.#value !== undefined && !isEmptyObject(this.#value));
  }

  /** Returns whether the arguments are complete. */
  get isWhole(): boolean {
    return this.#value !== undefined || this.text.isWhole;
  }

  /** Returns the size of the arguments so far, in UTF-16 code units. */
  get size(): number {
    const { length } = this.text.value;
    return length > 0 || this.#valueUnits <= 2 ? length : this.#valueUnits;
  }

  /** Returns the approximate memory of the call, in bytes. */
  get weight(): number {
    const names = this.id.length + (this.name === null ? 0 : this.name.length);
    return 512 + 2 * (names + this.text.value.length) + BYTES_PER_PARSED_UNIT * this.#valueUnits;
  }

  spoil(fault: CallFault): void {
    this.fault ??= fault;
  }

  /** Takes a piece. A piece that contradicts earlier ones makes the call malformed. */
  take({ name, args, value, isText, isServerTool, expects }: CallPiece): void {
    if (isText !== undefined) this.#isText = isText;
    if (isServerTool !== undefined) this.isServerTool = isServerTool;
    if (expects !== undefined) this.#expects = expects;
    this.text.startPiece();
    this.#takeName(name);
    this.#takeValue(value);
    if (typeof args === 'string') this.#append(args);
    else this.#takeValue(args);
  }

  /** Takes the complete arguments, after the pieces. */
  takeWhole(args: unknown): void {
    if (args === undefined || args === null) return;
    const { text } = this;
    text.startPiece();
    const isCompared = !text.isBlank && (this.#isText || !text.isPlaceholder);
    const whole = typeof args === 'string' ? args : isCompared ? toJson(args) : undefined;
    if (whole === undefined) this.#takeValue(args);
    else if (whole.trim() === '') this.#isEmptyText = true;
    else if (!isCompared) text.replace(whole);
    else if (this.#isText ? text.value === whole : text.isRepeatedBy(whole)) text.replace(whole);
    else this.spoil('arguments that do not agree');
  }

  /** Ends the call: nothing more is expected. */
  leave(): void {
    this.wasClosed = this.state === 'closed';
    this.state = 'over';
    if (this.text.value.length > MAX_KEPT) this.text.set('');
  }

  /** Drops the arguments of a delivered call, since others need the room. */
  forget(): void {
    this.text.set('');
    this.#setValue(undefined);
  }

  /** Returns whether the arguments so far are these, in the same form. */
  hasArgumentsOf(args: unknown): boolean {
    if (typeof args === 'string') return this.text.value === args;
    return isSameValue(args, this.#value);
  }

  /** Returns whether the arguments so far are complete, and equal these. */
  isSameAs(args: unknown): boolean {
    const own = this.text.isBlank ? this.#value : parseJson(this.text.value)?.value;
    const other = typeof args === 'string' ? parseJson(args)?.value : args;
    return own !== undefined && isSameValue(own, other);
  }

  /** Returns whether a piece after the end only repeats earlier text. */
  repeats({ args, value }: CallPiece): boolean {
    const { value: text } = this.text;
    if (typeof args !== 'string')
      return isSameValue(args ?? value, this.#value ?? parseJson(text)?.value);
    const isSame = text.startsWith(args, this.#again);
    this.#again += args.length;
    return isSame;
  }

  /** Drops the pieces, which were for the progress only: the complete arguments follow. */
  forgetPieces(): void {
    this.text.restart();
    this.#setValue(undefined);
    this.#isEmptyText = false;
  }

  /** Begins again: the call is sent from its start, and has to be the same. */
  restart(): void {
    const { value, isPlaceholder } = this.text;
    const said = value === '' ? this.#valueJson() : value;
    if (!isPlaceholder && said.length > this.#former.length) this.#former = said;
    this.forgetPieces();
    this.state = 'open';
  }

  /** Returns whether parsed arguments are missing in the stream's record. */
  get hasNewValue(): boolean {
    return this.#valueUnits > 2 && !this.#isValueRecorded;
  }

  /**
   * Returns what the last piece adds to the stream's record: parsed arguments come before those that came as
   * text.
   * @param isNew whether the record does not have the call yet
   */
  recordedPiece(isNew: boolean): Partial<ToolCallDelta> {
    const { value, isReplaced, added } = this.text;
    if (!isNew && !isReplaced && !this.hasNewValue) return { args: added };
    const all = this.#valueJson() + value;
    this.#isValueRecorded = this.#valueUnits > 2;
    if (!isNew) return { finalArgs: all };
    return all === '' ? {} : { args: all };
  }

  /** Goes back to the arguments that the stream's record has. */
  rewind(args: string): void {
    const value = this.#valueJson();
    this.#isValueRecorded = value !== '' && args.startsWith(value);
    this.text.rewind(this.#isValueRecorded ? args.slice(value.length) : args);
  }

  /** Continues a call of an earlier process. Complete arguments may have come parsed, so text may repeat them. */
  adopt(name: string | null, args: string): void {
    this.take({ name });
    this.isRecorded = this.#isAdopted = true;
    const end = endOfJson(args);
    const isRepeated = end > 2 && end < args.length;
    if (isRepeated) this.#former = args.slice(0, end);
    this.text.rewind(isRepeated ? args.slice(end) : args);
  }

  /** Notes that the call has no arguments, by the protocol. */
  sayEmpty(): void {
    this.#isEmptyText = true;
  }

  /** Returns the input of the call, or the reason why it must not run. */
  decide(): { readonly input: unknown; readonly args: string } | CallFault {
    if (this.fault !== null) return this.fault;
    if (this.name === null) return 'no name';
    const input = this.#isText ? this.#plainInput() : this.#input();
    if (typeof input === 'string') return input;
    // Unchanged, if they are JSON already: numbers may be longer than a double can hold.
    const isSent = !this.#isText && !this.text.isBlank;
    const args = isSent ? this.text.value : toJson(input.value);
    return args === undefined ? 'arguments are not JSON' : { input: input.value, args };
  }

  #plainInput(): { readonly value: string } | CallFault {
    if (this.#value !== undefined) return 'arguments of an unknown shape';
    const { value } = this.text;
    return value === '' && !this.#isEmptyText ? 'no arguments' : { value };
  }

  #input(): { readonly value: unknown } | CallFault {
    const { isBlank, value: text } = this.text;
    if (isBlank && this.#value === undefined)
      return this.#isEmptyText ? { value: {} } : 'no arguments';
    const parsed = isBlank ? { value: this.#value } : parseJson(text);
    if (parsed === undefined) return 'arguments are not JSON';
    const isOther = !isBlank && this.#contradicts(parsed.value);
    if (isOther || !this.#repeatsFormer(parsed.value)) return 'arguments that do not agree';
    if (this.#expects === 'object' && !isObject(parsed.value)) return 'arguments are not an object';
    return parsed;
  }

  #repeatsFormer(parsed: unknown): boolean {
    const former = this.#former;
    if (former === '') return true;
    const text = this.text.isBlank ? (toJson(parsed) ?? '') : this.text.value;
    return text.startsWith(former) || isSameValue(parsed, parseJson(former)?.value);
  }

  /** Returns whether parsed arguments contradict earlier ones. An empty object does not: some peers begin with one. */
  #contradicts(parsed: unknown): boolean {
    const value = this.#value;
    return value !== undefined && !isEmptyObject(value) && !isSameValue(value, parsed);
  }

  #takeName(name: unknown): void {
    if (typeof name !== 'string' || name === '') return;
    if (name.length > MAX_ID_LENGTH)
      throw new ReconnectError(
        'limit',
        `the name of a tool call is longer than ${MAX_ID_LENGTH} UTF-16 code units`,
      );
    if (this.name === null) this.name = name;
    else if (this.name !== name) this.spoil('two names');
  }

  #append(piece: string): void {
    if (this.text.value === '' && piece.trim() === '') this.#isEmptyText = true;
    // Complete arguments may have come parsed before, and now come as text.
    if (this.#isAdopted && this.text.isWhole && piece.trimStart().startsWith('{')) this.restart();
    if (this.#isText) this.text.append(piece);
    else if (piece !== '') this.text.appendJson(piece);
  }

  #valueJson(): string {
    return this.#valueUnits > 2 ? (toJson(this.#value) ?? '') : '';
  }

  #setValue(value: unknown): void {
    this.#value = value;
    this.#valueUnits = value === undefined ? 0 : (toJson(value) ?? '').length;
  }

  #takeValue(value: unknown): void {
    if (value === undefined || value === null) return;
    const before = this.#value;
    if (this.#expects === 'object' && !isObject(value)) this.spoil('arguments are not an object');
    else if (before === undefined || isEmptyObject(before)) this.#setValue(value);
    else if (!isEmptyObject(value) && !isSameValue(value, before))
      this.spoil('arguments that do not agree');
  }
}
