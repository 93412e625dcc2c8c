/** How a wire writes calls whose parts are pieces with an index: ids, names and arguments in all the ways that were seen. */

import type { Choices } from './choices.js';
import type { CallRule, ScriptWriter } from './script.js';
import type { Json, TrueCall } from './truth.js';

export interface CallStyle {
  readonly ids:
    | 'first'
    | 'every'
    | 'late'
    | 'empty, then late'
    | 'each another'
    | 'none'
    | 'empty'
    | 'first, then empty';
  readonly names:
    | 'first'
    | 'every'
    | 'late'
    | 'empty first'
    | 'first, then empty'
    | 'in two'
    | 'never';
  readonly args:
    | 'pieces'
    | 'one'
    | 'object'
    | 'empty first'
    | 'null first'
    | 'whole again'
    | 'object, then other text'
    | 'spaced';
  /** How a call without arguments says so. */
  readonly empty: 'braces' | 'empty text' | 'no field' | 'null';
  readonly index: 'own' | 'none' | 'zero' | 'null' | 'text';
  readonly order: 'after each other' | 'in turns';
  readonly again: 'no' | 'the same' | 'with other arguments';
}

export interface Piece {
  readonly call: number;
  /** Undefined: the wire has no index here. */
  readonly index: number | string | null | undefined;
  readonly id?: string;
  readonly name?: string;
  readonly args?: Json;
}

export function drawCallStyle(choices: Choices, writer: ScriptWriter): CallStyle {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  const ids = odd('ids', [
    'first',
    'every',
    'late',
    'empty, then late',
    'each another',
    'none',
    'empty',
    'first, then empty',
  ]);
  return {
    ids,
    names: odd('names', [
      'first',
      'every',
      'late',
      'empty first',
      'first, then empty',
      'never',
      // Two halves without a common id are two calls.
      ...(['first', 'every'].includes(ids) ? (['in two'] as const) : []),
    ]),
    args: odd('args', [
      'pieces',
      'one',
      'object',
      'empty first',
      'null first',
      'whole again',
      'object, then other text',
      'spaced',
    ]),
    empty: odd('empty', ['braces', 'empty text', 'no field', 'null']),
    index: odd('index', ['own', 'none', 'zero', 'null', 'text']),
    order: odd('order', ['after each other', 'in turns']),
    // Without an id it would be another call.
    again:
      ids === 'first' || ids === 'every'
        ? odd('again', ['no', 'the same', 'with other arguments'])
        : 'no',
  };
}

/** Other arguments than the call has: what must never run. */
export const OTHER_INPUT = '{"q":"of nobody"}';

/** No field for the arguments at all. */
const MISSING = undefined;

/** The pieces of one call, in order. */
export function piecesOf(call: TrueCall, n: number, style: CallStyle, choices: Choices): Piece[] {
  const args = argumentPieces(call, style, choices);
  const late = style.names === 'late' || style.names === 'in two' || style.ids.endsWith('late');
  // A late id or name needs a second piece to come in.
  const pieces = args.length < 2 && late ? [MISSING, ...args] : args;
  return pieces.map((one, at) => ({
    call: n,
    index: indexOf(n, style),
    ...idOf(call, at, n, style),
    ...nameOf(call, at, style),
    ...(one === undefined ? {} : { args: one }),
  }));
}

function argumentPieces(call: TrueCall, style: CallStyle, choices: Choices): (Json | undefined)[] {
  const json = JSON.stringify(call.input);
  if (json === '{}' && style.empty !== 'braces')
    return style.empty === 'empty text' ? [''] : [style.empty === 'null' ? null : MISSING];
  switch (style.args) {
    case 'one':
      return [json];
    case 'object':
      return [call.input];
    case 'spaced':
      return split(JSON.stringify(call.input, null, 1), choices);
    case 'empty first':
      return ['', ...split(json, choices)];
    case 'null first':
      return [null, MISSING, ...split(json, choices)];
    case 'whole again':
      return [...split(json, choices), json];
    case 'object, then other text':
      return [call.input, OTHER_INPUT];
    default:
      return split(json, choices);
  }
}

/** The text in a few pieces of random length. */
export function split(json: string, choices: Choices): string[] {
  const pieces: string[] = [];
  let at = 0;
  while (at < json.length && pieces.length < 5) {
    const size = json.length - at - choices.below(json.length - at);
    pieces.push(json.slice(at, at + size));
    at += size;
  }
  if (at < json.length) pieces.push(json.slice(at));
  return pieces;
}

function indexOf(n: number, { index }: CallStyle): number | string | null | undefined {
  if (index === 'none') return undefined;
  if (index === 'null') return null;
  if (index === 'zero') return 0;
  return index === 'text' ? String(n) : n;
}

function idOf({ id }: TrueCall, at: number, n: number, { ids }: CallStyle): { id?: string } {
  switch (ids) {
    case 'first':
      return at === 0 ? { id } : {};
    case 'first, then empty':
      return { id: at === 0 ? id : '' };
    case 'every':
      return { id };
    case 'late':
      return at === 0 ? {} : { id };
    case 'empty, then late':
      return { id: at === 0 ? '' : id };
    case 'each another':
      return { id: `${id}-${n}-${at}` };
    case 'empty':
      return { id: '' };
    default:
      return {};
  }
}

function nameOf({ name }: TrueCall, at: number, { names }: CallStyle): { name?: string } {
  switch (names) {
    case 'first':
      return at === 0 ? { name } : {};
    case 'first, then empty':
      return { name: at === 0 ? name : '' };
    case 'every':
      return { name };
    case 'late':
      return at === 1 ? { name } : {};
    case 'empty first':
      return at === 0 ? { name: '' } : { name };
    case 'in two':
      return at > 1 ? {} : { name: at === 0 ? name.slice(0, 2) : name.slice(2) };
    default:
      return {};
  }
}

/** What may become of the call at place `n` of all `calls`, which are written in this style. */
export function ruleOf(
  calls: readonly TrueCall[],
  n: number,
  style: CallStyle,
  pieces: readonly Piece[],
): CallRule {
  const call = calls[n]!;
  const { may, why } = hasName(call, n, style, pieces) ? judgeStyle(calls, n, style) : NAMELESS;
  const isFirstSaid = isBare(call) && style.again === 'with other arguments';
  const ids = pieces.flatMap(({ call: of, id }) =>
    of === n && id !== undefined && id !== '' ? [id] : [],
  );
  // An id that comes late may come too late: the call may have been opened under one of ours.
  const isFree = ids.length === 0 || style.ids.endsWith('late') || may === 'may';
  // A whole object, and then a name again, with another id or nothing to separate calls by: that may be a call of its own.
  const also: unknown[] =
    isFirstSaid || (may === 'may' && style.args === 'object, then other text')
      ? [JSON.parse(OTHER_INPUT)]
      : [];
  // With an id, a name and whole arguments of its own, and no place to compare, what comes again is a second call.
  const isTwice =
    style.ids === 'each another' &&
    style.args === 'whole again' &&
    !hasPlace(style) &&
    may === 'may';
  const mixed = isMixed(calls, style) ? mixedInputs(n, style, pieces) : [];
  return {
    call,
    ids: isFree ? null : [...new Set(ids)],
    may: mixed.length > 0 ? 'may' : may,
    why,
    also: [...also, ...mixed],
    ...(isTwice ? { times: 2 } : {}),
  };
}

/** Calls in turns, whose first pieces have neither an id, nor a name, nor a place: they begin as one call would. */
function isMixed(calls: readonly TrueCall[], { ids, names, index, order }: CallStyle): boolean {
  const isNameless = names !== 'first' && names !== 'every';
  const isUnknown = ids.endsWith('late') || ids === 'none' || ids === 'empty';
  const isPlaced = index === 'own' || index === 'text';
  return calls.length > 1 && order === 'in turns' && isNameless && isUnknown && !isPlaced;
}

function saysWhose({ id, name }: Piece): boolean {
  return [id, name].some((one) => one !== undefined && one !== '');
}

/** What the call at place `n` can be read as, with pieces that say of no call whose they are. */
function mixedInputs(n: number, style: CallStyle, pieces: readonly Piece[]): Json[] {
  const read = pieces.filter((piece) => piece.call === n || !saysWhose(piece));
  const texts = read.map(({ args }) => (typeof args === 'string' ? args : ''));
  const objects = read.flatMap(({ args }) =>
    typeof args === 'object' && args !== null ? [args] : [],
  );
  const other = style.args === 'object, then other text' ? [OTHER_INPUT] : [];
  return [...objects, ...[texts.join(''), ...other].flatMap(parsed)];
}

function parsed(text: string): Json[] {
  try {
    return [JSON.parse(text) as Json];
  } catch {
    return [];
  }
}

/** Calls of which something is said, other than in pieces that can be those of another one. */
export function calledIn(
  calls: readonly TrueCall[],
  style: CallStyle,
  pieces: readonly Piece[],
): ReadonlySet<number> {
  const said = pieces.filter(
    (piece) => saysCall(piece) && (saysWhose(piece) || !isMixed(calls, style)),
  );
  return new Set(said.map(({ call }) => call));
}

function hasPlace({ index }: CallStyle): boolean {
  return index !== 'none' && index !== 'null';
}

/** Whether a second piece with a name may be the first of another call. */
function mayBegin({ ids, index, order }: CallStyle): boolean {
  // One place for all: the name of the call before is none of a new call, that of another is.
  if (ids === 'none' || ids === 'empty')
    return index === 'none' || index === 'null' || (index === 'zero' && order === 'in turns');
  return ids.endsWith('late') || ids === 'each another';
}

function isBare({ input }: TrueCall): boolean {
  return Object.keys(input).length === 0;
}

const NAMELESS = { may: 'never', why: 'a call has a name' } as const;

/** The name may come in a piece for which there was no occasion. */
function hasName(
  { name }: TrueCall,
  n: number,
  { names, again }: CallStyle,
  pieces: readonly Piece[],
): boolean {
  if (names === 'in two' || again !== 'no') return true;
  return pieces.some((piece) => piece.call === n && piece.name === name);
}

/** Whether a piece says anything by which there is a call: an id alone is a placeholder. */
export function saysCall({ name, args }: Piece): boolean {
  return [name, args].some((one) => one !== undefined && one !== null && one !== '');
}

function judgeStyle(
  calls: readonly TrueCall[],
  n: number,
  style: CallStyle,
): Pick<CallRule, 'may' | 'why'> {
  const { ids, names, args, empty, index, order, again } = style;
  const isEmpty = isBare(calls[n]!);
  if (names === 'never')
    return { may: 'may', why: 'a name that comes with the call when it is told again' };
  if (isEmpty && empty !== 'braces') {
    if (empty === 'empty text') return { may: 'may', why: 'empty text where JSON is due' };
    // An empty text that says neither its call by an id nor by a place may be of the one before it.
    if (args === 'empty first' && index !== 'own' && index !== 'text' && calls.length > 1)
      return { may: 'may', why: 'empty text of another call' };
    return again === 'no'
      ? { may: 'never', why: 'no arguments were ever said' }
      : { may: 'may', why: 'arguments that come with the call when it is told again' };
  }
  // An empty object is what some peers begin with, before the arguments.
  if (args === 'object, then other text' && isEmpty)
    return { may: 'may', why: 'an empty object, then arguments' };
  if (args === 'object, then other text')
    return {
      may: names === 'every' && mayBegin(style) ? 'may' : 'never',
      why: 'arguments that do not agree',
    };
  // An empty object is what some peers begin with, before the arguments.
  if (again === 'with other arguments')
    return {
      may: isEmpty ? 'may' : 'never',
      why: 'one id, two arguments',
    };
  if (args === 'whole again') return { may: 'may', why: 'arguments repeated as a whole' };
  if (names === 'in two') return { may: 'may', why: 'two pieces of a name, or two names' };
  if (isEmpty && names !== 'first')
    return { may: 'may', why: 'no arguments, and a name that comes late' };
  const isApart = index === 'own' || index === 'text' || calls.length === 1;
  if (isApart && again === 'no') return { may: 'leave', why: '' };
  const own = ids === 'every' || ids === 'first';
  if (index === 'own' || index === 'text')
    return own ? { may: 'leave', why: '' } : { may: 'may', why: 'again without an id' };
  // Arguments under another id, before their name, may be those of a call that began with an empty object.
  if (ids === 'every' && names === 'late' && calls.slice(0, n).some(isBare))
    return { may: 'may', why: 'an empty object, and a name that comes late' };
  if (ids === 'every') return { may: 'leave', why: '' };
  // What comes for a call may be for one before it, of which no arguments were said.
  const isUnsaid = empty !== 'braces' && calls.slice(0, n).some(isBare);
  const isInOrder = order === 'after each other' && !isUnsaid;
  if (ids === 'first' && (isInOrder || args === 'one' || args === 'object'))
    return { may: names === 'first' ? 'leave' : 'may', why: 'no index' };
  return { may: 'may', why: 'nothing tells the calls apart' };
}
