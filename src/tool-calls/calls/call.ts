/** One tool call while it is read: what its pieces say, and whether it may leave. */

import { ReconnectError } from '../../../machines/errors.js';
import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import type { ToolCallDelta } from '../../../machines/source-contract.js';
import { isEmptyObject, isObject, isSameValue, parseJson, toJson } from '../response/arguments.js';
import type { CallFault, CallPiece } from './call-piece.js';
import { CallText } from './call-text.js';
import { endOfJson } from '../../json/json-scan.js';

/** Arguments of a call that has left are kept up to this size, in UTF-16 units, to know a repetition. */
const MAX_KEPT = 65_536;

/** What was parsed takes so much of memory for a UTF-16 unit of its JSON: most of it is text. */
const BYTES_PER_PARSED_UNIT = 4;

export class Call {
  id: string;
  /** The peer has not named the call yet: the id is one of ours. */
  hasLocalId: boolean;
  name: string | null = null;
  /** The pieces of the arguments. */
  readonly text: CallText = new CallText();
  fault: CallFault | null = null;
  /** `closed`: nothing more is expected, but it waits for the word that lets calls run. */
  state: 'open' | 'closed' | 'over' = 'open';
  /** It was closed before it left. */
  wasClosed = false;
  /** The account of the stream has it. */
  isRecorded = false;
  /** Another call has its id, or had it: it is read only to be compared. */
  isShadow = false;
  isServerTool = false;
  /** An event of the format says that it begins: it is a call, even if nothing else is said of it. */
  readonly #isAnnounced: boolean;
  /** Arguments that came parsed. */
  #value: unknown = undefined;
  /** Length of their JSON. */
  #valueUnits = 0;
  #isText = false;
  #expects: 'object' | 'any' = 'object';
  /** An empty text stood in the place of the arguments. */
  #isEmptyText = false;
  /** UTF-16 units that came after the end, and repeat what came before it. */
  #again = 0;
  /** The arguments of a connection before, from which the call is sent again from its start. */
  #former = '';
  /** The account has arguments that came parsed. */
  #isValueRecorded = false;
  /** An earlier process has read its beginning: whether it came as text is not known. */
  #isAdopted = false;

  constructor(id: string, hasLocalId: boolean, isAnnounced: boolean) {
    this.id = id;
    this.hasLocalId = hasLocalId;
    this.#isAnnounced = isAnnounced;
  }

  /** Nothing was said of it: a placeholder. */
  get isBlank(): boolean {
    if (this.#isAnnounced) return false;
    return this.name === null && !this.hasArguments && this.fault === null;
  }

  get hasArguments(): boolean {
    return !this.text.isBlank || this.#value !== undefined;
  }

  /** Arguments that say more than an empty object, with which some peers begin. */
  get hasInput(): boolean {
    return !this.text.isBlank || (this.#value !== undefined && !isEmptyObject(this.#value));
  }

  /** Arguments that are whole as they stand. */
  get isWhole(): boolean {
    return this.#value !== undefined || this.text.isWhole;
  }

  /** Size of the arguments so far, in UTF-16 units. */
  get size(): number {
    const { length } = this.text.value;
    return length > 0 || this.#valueUnits <= 2 ? length : this.#valueUnits;
  }

  /** Memory that the call takes, about, in bytes. */
  get weight(): number {
    const names = this.id.length + (this.name === null ? 0 : this.name.length);
    return 512 + 2 * (names + this.text.value.length) + BYTES_PER_PARSED_UNIT * this.#valueUnits;
  }

  spoil(fault: CallFault): void {
    this.fault ??= fault;
  }

  /** Takes a piece. What does not fit to what came before spoils the call. */
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

  /** Takes arguments that are all of them, after the pieces. */
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

  /** Nothing more of it is expected. */
  leave(): void {
    this.wasClosed = this.state === 'closed';
    this.state = 'over';
    if (this.text.value.length > MAX_KEPT) this.text.set('');
  }

  /** Keeps nothing of the arguments: the call has left, and others need the room. */
  forget(): void {
    this.text.set('');
    this.#setValue(undefined);
  }

  /** Whether the arguments so far are these, said in the same way. */
  hasArgumentsOf(args: unknown): boolean {
    if (typeof args === 'string') return this.text.value === args;
    return isSameValue(args, this.#value);
  }

  /** Whether the arguments so far are whole, and say the same as these. */
  isSameAs(args: unknown): boolean {
    const own = this.text.isBlank ? this.#value : parseJson(this.text.value)?.value;
    const other = typeof args === 'string' ? parseJson(args)?.value : args;
    return own !== undefined && isSameValue(own, other);
  }

  /** Whether the piece, which came after the end, only repeats what came before. */
  repeats({ args, value }: CallPiece): boolean {
    const { value: text } = this.text;
    if (typeof args !== 'string')
      return isSameValue(args ?? value, this.#value ?? parseJson(text)?.value);
    const isSame = text.startsWith(args, this.#again);
    this.#again += args.length;
    return isSame;
  }

  /** The pieces were for the progress only: what is whole comes now. */
  forgetPieces(): void {
    this.text.restart();
    this.#setValue(undefined);
    this.#isEmptyText = false;
  }

  /** It is sent again from its start: it has to be the same call. */
  restart(): void {
    const { value, isPlaceholder } = this.text;
    if (!isPlaceholder && value.length > this.#former.length) this.#former = value;
    this.forgetPieces();
    this.state = 'open';
  }

  /** Arguments came parsed, and the account does not have them. */
  get hasNewValue(): boolean {
    return this.#valueUnits > 2 && !this.#isValueRecorded;
  }

  /**
   * What the last piece adds to the account of the stream: arguments that came parsed stand in it before those that came as
   * text.
   * @param isNew the account does not have the call yet
   */
  recordedPiece(isNew: boolean): Partial<ToolCallDelta> {
    const { value, isReplaced, added } = this.text;
    if (!isNew && !isReplaced && !this.hasNewValue) return { args: added };
    const all = this.#valueJson() + value;
    this.#isValueRecorded = this.#valueUnits > 2;
    if (!isNew) return { finalArgs: all };
    return all === '' ? {} : { args: all };
  }

  /** Goes back to the arguments that the account has. */
  rewind(args: string): void {
    const value = this.#valueJson();
    this.#isValueRecorded = value !== '' && args.startsWith(value);
    this.text.rewind(this.#isValueRecorded ? args.slice(value.length) : args);
  }

  /** Goes on with what an earlier process has read. Whether what is whole came parsed is not known: text may repeat it. */
  adopt(name: string | null, args: string): void {
    this.take({ name });
    this.isRecorded = this.#isAdopted = true;
    const end = endOfJson(args);
    const isRepeated = end > 2 && end < args.length;
    if (isRepeated) this.#former = args.slice(0, end);
    this.text.rewind(isRepeated ? args.slice(end) : args);
  }

  /** The peer says, by its protocol, that there are no arguments. */
  sayEmpty(): void {
    this.#isEmptyText = true;
  }

  /** What the call is run with, or why it must not run. */
  decide(): { readonly input: unknown; readonly args: string } | CallFault {
    if (this.fault !== null) return this.fault;
    if (this.name === null) return 'no name';
    const input = this.#isText ? this.#plainInput() : this.#input();
    if (typeof input === 'string') return input;
    // As they were sent, where they are JSON already: numbers may be longer than ours.
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
    const isOther = !isBlank && (!this.#repeatsFormer(text) || this.#contradicts(parsed.value));
    if (isOther) return 'arguments that do not agree';
    if (this.#expects === 'object' && !isObject(parsed.value)) return 'arguments are not an object';
    return parsed;
  }

  #repeatsFormer(text: string): boolean {
    return text.startsWith(this.#former) || this.text.isSameJson(this.#former);
  }

  /** An empty object is what some peers begin with, before the pieces. */
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
    // What was whole came parsed, maybe, and now comes as text.
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
