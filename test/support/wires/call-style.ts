/** How a wire tells calls whose parts are pieces with an index: ids, names and arguments in all the ways that were seen. */

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

/** What may become of a call that is told in this style, beside `among` calls. */
export function ruleOf(
  call: TrueCall,
  n: number,
  among: number,
  style: CallStyle,
  pieces: readonly Piece[],
): CallRule {
  const { may, why } = hasName(call, n, style, pieces) ? judgeStyle(call, among, style) : NAMELESS;
  const isBare = Object.keys(call.input).length === 0 && style.again === 'with other arguments';
  const ids = pieces.flatMap(({ call: of, id }) =>
    of === n && id !== undefined && id !== '' ? [id] : [],
  );
  // An id that comes late may come too late: the call may have been opened under one of ours.
  const isFree = ids.length === 0 || style.ids.endsWith('late') || may === 'may';
  // A whole object, and then a name again, with another id or nothing to separate calls by: that may be a call of its own.
  const also =
    isBare || (may === 'may' && style.args === 'object, then other text')
      ? [JSON.parse(OTHER_INPUT)]
      : [];
  return { call, ids: isFree ? null : [...new Set(ids)], may, why, also };
}

/** Whether a second piece with a name may be the first of another call. */
function mayBegin({ ids, index }: CallStyle): boolean {
  if (ids === 'none' || ids === 'empty') return index === 'none' || index === 'null';
  return ids.endsWith('late') || ids === 'each another';
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
  call: TrueCall,
  among: number,
  style: CallStyle,
): Pick<CallRule, 'may' | 'why'> {
  const { ids, names, args, empty, index, order, again } = style;
  if (names === 'never')
    return { may: 'may', why: 'a name that comes with the call when it is told again' };
  if (Object.keys(call.input).length === 0 && empty !== 'braces')
    return empty === 'empty text'
      ? { may: 'may', why: 'empty text where JSON is due' }
      : { may: 'never', why: 'no arguments were ever said' };
  if (args === 'object, then other text')
    return {
      may: names === 'every' && mayBegin(style) ? 'may' : 'never',
      why: 'arguments that do not agree',
    };
  // An empty object is what some peers begin with, before the arguments.
  if (again === 'with other arguments')
    return {
      may: Object.keys(call.input).length === 0 ? 'may' : 'never',
      why: 'one id, two arguments',
    };
  if (args === 'whole again') return { may: 'may', why: 'arguments repeated as a whole' };
  if (names === 'in two') return { may: 'may', why: 'two pieces of a name, or two names' };
  if (Object.keys(call.input).length === 0 && names !== 'first')
    return { may: 'may', why: 'no arguments, and a name that comes late' };
  const isApart = index === 'own' || index === 'text' || among === 1;
  if (isApart && again === 'no') return { may: 'leave', why: '' };
  const own = ids === 'every' || ids === 'first';
  if (index === 'own' || index === 'text')
    return own ? { may: 'leave', why: '' } : { may: 'may', why: 'again without an id' };
  if (ids === 'every') return { may: 'leave', why: '' };
  if (ids === 'first' && (order === 'after each other' || args === 'one' || args === 'object'))
    return { may: names === 'first' ? 'leave' : 'may', why: 'no index' };
  return { may: 'may', why: 'nothing tells the calls apart' };
}
