/** One tool call while it is read: what its pieces say, and whether it may leave. */

import { ReconnectError } from '../../machines/errors.js';
import { MAX_ID_LENGTH } from '../../machines/contract.js';
import {
  isEmptyObject,
  isObject,
  isRepeated,
  isSameValue,
  parseJson,
  toJson,
} from './arguments.js';
import type { CallFault, CallPiece } from './call-piece.js';

/** Arguments of one call, in UTF-16 units: as much as the stream keeps. */
const MAX_ARGS = 4 * 1024 * 1024;

/** Arguments of a call that has left are kept up to this size, in UTF-16 units. */
const MAX_KEPT = 65_536;

/** Each look reads all that came so far. */
const MAX_LOOKS = 8;

export class Call {
  id: string;
  /** The peer has not named the call yet: the id is one of ours. */
  hasLocalId: boolean;
  name: string | null = null;
  /** The pieces of the arguments. */
  text = '';
  /** Arguments that came parsed. */
  value: unknown = undefined;
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
  /** The last piece took the place of the text before it. */
  isReplaced = false;
  #isText = false;
  #expects: 'object' | 'any' = 'object';
  /** An empty text stood in the place of the arguments. */
  #isEmptyText = false;
  /** Pieces that came after the end. */
  #again = '';
  /** How often it was looked whether a piece repeats them all. */
  #looks = 0;

  constructor(id: string, hasLocalId: boolean) {
    this.id = id;
    this.hasLocalId = hasLocalId;
  }

  /** Nothing was said of it: a placeholder. */
  get isBlank(): boolean {
    return this.name === null && !this.hasArguments && this.fault === null;
  }

  get hasArguments(): boolean {
    return this.text.trim() !== '' || this.value !== undefined;
  }

  /** Arguments that say more than an empty object, with which some peers begin. */
  get hasInput(): boolean {
    return this.text.trim() !== '' || (this.value !== undefined && !isEmptyObject(this.value));
  }

  /** Arguments that are whole as they stand. */
  get isWhole(): boolean {
    if (this.value !== undefined) return true;
    return this.text.trim() !== '' && parseJson(this.text) !== undefined;
  }

  /** Size of the arguments so far, in UTF-16 units. */
  get size(): number {
    if (!this.hasInput || this.text !== '') return this.text.length;
    return (toJson(this.value) ?? '').length;
  }

  spoil(fault: CallFault): void {
    this.fault ??= fault;
  }

  /** Takes a piece. What does not fit to what came before spoils the call. */
  take({ name, args, value, isText, isServerTool, expects }: CallPiece): void {
    if (isText !== undefined) this.#isText = isText;
    if (isServerTool !== undefined) this.isServerTool = isServerTool;
    if (expects !== undefined) this.#expects = expects;
    this.isReplaced = false;
    this.#takeName(name);
    this.#takeValue(value);
    if (typeof args === 'string') this.#append(args);
    else this.#takeValue(args);
  }

  /** Takes arguments that are all of them, after the pieces. */
  takeWhole(args: unknown): void {
    const isBlank = this.text.trim() === '' || (!this.#isText && isPlaceholder(this.text));
    if (args === undefined || args === null) return;
    const whole = typeof args === 'string' ? args : this.#wholeText(args);
    if (whole === undefined) return;
    if (whole.trim() === '') this.#isEmptyText = true;
    else if (isBlank) this.text = bounded(whole);
    else if (this.#isText ? this.text === whole : isRepeated(this.text, whole))
      this.text = bounded(whole);
    else this.spoil('arguments that do not agree');
  }

  /** The text of arguments that came parsed, where there are pieces to compare it with. */
  #wholeText(args: unknown): string | undefined {
    if (this.text.trim() !== '' && isObject(args)) return toJson(args);
    this.#takeValue(args);
    return undefined;
  }

  /** Nothing more of it is expected. What came is kept to know a repetition of it, unless it is long. */
  leave(): void {
    this.wasClosed = this.state === 'closed';
    this.state = 'over';
    if (this.text.length > MAX_KEPT) this.text = '';
  }

  /** Whether the piece, which came after the end, only repeats what came before. */
  repeats({ args, value }: CallPiece): boolean {
    if (typeof args === 'string') {
      this.#again += args;
      return this.text !== '' && this.text.startsWith(this.#again);
    }
    return isSameValue(args ?? value, this.value ?? parseJson(this.text)?.value);
  }

  /** The pieces were for the progress only: what is whole comes now. */
  forgetPieces(): void {
    this.text = '';
    this.value = undefined;
    this.#isEmptyText = false;
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
    const isSent = !this.#isText && this.text.trim() !== '';
    const args = isSent ? this.text : toJson(input.value);
    return args === undefined ? 'arguments are not JSON' : { input: input.value, args };
  }

  #plainInput(): { readonly value: string } | CallFault {
    if (this.value !== undefined) return 'arguments of an unknown shape';
    if (this.text === '' && !this.#isEmptyText) return 'no arguments';
    return { value: this.text };
  }

  #input(): { readonly value: unknown } | CallFault {
    const isEmpty = this.text.trim() === '';
    if (isEmpty && this.value === undefined)
      return this.#isEmptyText ? { value: {} } : 'no arguments';
    const parsed = isEmpty ? { value: this.value } : parseJson(this.text);
    if (parsed === undefined) return 'arguments are not JSON';
    if (!isEmpty && this.#contradicts(parsed.value)) return 'arguments that do not agree';
    if (this.#expects === 'object' && !isObject(parsed.value)) return 'arguments are not an object';
    return parsed;
  }

  /** An empty object is what some peers begin with, before the pieces. */
  #contradicts(parsed: unknown): boolean {
    return (
      this.value !== undefined && !isEmptyObject(this.value) && !isSameValue(this.value, parsed)
    );
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

  #append(text: string): void {
    if (text.trim() === '' && this.text === '') {
      this.#isEmptyText = true;
      if (!this.#isText) return;
    }
    // Some servers begin with an empty object, before the pieces.
    if (!this.#isText && isBraced(text, '{') && isPlaceholder(this.text)) {
      this.text = text;
      this.isReplaced = true;
    } else if (!this.#repeatsAll(text)) this.text = bounded(this.text + text);
  }

  /** Some servers repeat the whole arguments in the last piece: appended they would be no JSON. */
  #repeatsAll(text: string): boolean {
    const mayRepeat = !this.#isText && isBraced(text, '{', '}') && isBraced(this.text, '{', '}');
    if (!mayRepeat || this.#looks >= MAX_LOOKS) return false;
    this.#looks += 1;
    return this.isWhole && isRepeated(this.text, text);
  }

  #takeValue(value: unknown): void {
    if (value === undefined || value === null) return;
    if (this.#expects === 'object' && !isObject(value)) this.spoil('arguments are not an object');
    else if (this.value === undefined || isEmptyObject(this.value)) this.value = value;
    else if (!isEmptyObject(value) && !isSameValue(value, this.value))
      this.spoil('arguments that do not agree');
  }
}

/** An empty object as text. */
function isPlaceholder(text: string): boolean {
  return text.length < 16 && /^\s*\{\s*\}\s*$/.test(text);
}

function isBraced(text: string, first: string, last = ''): boolean {
  return text.trimStart().startsWith(first) && text.endsWith(last);
}

function bounded(text: string): string {
  if (text.length <= MAX_ARGS) return text;
  throw new ReconnectError(
    'limit',
    `the arguments of a tool call are longer than ${MAX_ARGS} UTF-16 code units`,
  );
}
