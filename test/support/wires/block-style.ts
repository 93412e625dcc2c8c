/** How a wire writes calls as blocks that open, get pieces, and close: as Anthropic and Gemini do. */

import { OTHER_INPUT, split } from './call-style.js';
import type { Choices } from './choices.js';
import type { CallRule, ScriptWriter } from './script.js';
import { inTurns } from './turns.js';
import type { JsonObject, TrueCall } from './truth.js';

export interface BlockStyle {
  readonly ids: 'given' | 'none' | 'empty';
  readonly names: 'given' | 'none' | 'empty';
  readonly args:
    | 'pieces'
    | 'one'
    | 'empty first'
    | 'in the start'
    | 'start and pieces'
    | 'start and other pieces'
    | 'an object as a piece'
    | 'whole again';
  /** How a block without arguments says so. */
  readonly empty: 'braces' | 'nothing' | 'empty piece';
  readonly index: 'own' | 'none' | 'zero';
  readonly stops: 'each' | 'none';
  readonly order: 'after each other' | 'in turns';
  readonly again: 'no' | 'the same' | 'with other arguments';
}

export function drawBlockStyle(choices: Choices, writer: ScriptWriter): BlockStyle {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  const ids = odd('ids', ['given', 'none', 'empty']);
  return {
    ids,
    names: odd('names', ['given', 'none', 'empty']),
    args: odd('args', [
      'pieces',
      'one',
      'empty first',
      'in the start',
      'start and pieces',
      'start and other pieces',
      'an object as a piece',
      'whole again',
    ]),
    empty: odd('empty', ['braces', 'nothing', 'empty piece']),
    index: odd('index', ['own', 'none', 'zero']),
    stops: odd('stops', ['each', 'none']),
    order: odd('order', ['after each other', 'in turns']),
    // Without an id it would be another call.
    again: ids === 'given' ? odd('again', ['no', 'the same', 'with other arguments']) : 'no',
  };
}

/** One event of a block. */
export type BlockEvent =
  | {
      readonly type: 'start';
      readonly call: number;
      readonly block: number;
      readonly input: JsonObject;
    }
  | {
      readonly type: 'piece';
      readonly call: number;
      readonly block: number;
      readonly piece: unknown;
    }
  | { readonly type: 'stop'; readonly call: number; readonly block: number };

export function blockEvents(
  calls: readonly TrueCall[],
  style: BlockStyle,
  choices: Choices,
): BlockEvent[] {
  const blocks = calls.map((call, n) => blockOf(call, n, n, style, choices));
  const events = style.order === 'in turns' ? inTurns(blocks) : blocks.flat();
  if (style.again === 'no') return events;
  const again = calls.flatMap((call, n) => {
    const input = style.again === 'the same' ? call.input : (JSON.parse(OTHER_INPUT) as JsonObject);
    return blockOf(
      { ...call, input },
      n,
      n + 10,
      { ...style, args: 'one', empty: 'braces' },
      choices,
    );
  });
  return [...events, ...again];
}

function blockOf(
  call: TrueCall,
  n: number,
  block: number,
  style: BlockStyle,
  choices: Choices,
): BlockEvent[] {
  const { start, pieces } = argumentsOf(call, style, choices);
  return [
    { type: 'start', call: n, block, input: start },
    ...pieces.map((piece): BlockEvent => ({ type: 'piece', call: n, block, piece })),
    ...(style.stops === 'each' ? [{ type: 'stop' as const, call: n, block }] : []),
  ];
}

function argumentsOf(
  { input }: TrueCall,
  { args, empty }: BlockStyle,
  choices: Choices,
): { start: JsonObject; pieces: unknown[] } {
  const json = JSON.stringify(input);
  if (json === '{}' && empty !== 'braces')
    return { start: {}, pieces: empty === 'nothing' ? [] : [''] };
  switch (args) {
    case 'one':
      return { start: {}, pieces: [json] };
    case 'empty first':
      return { start: {}, pieces: ['', ...split(json, choices)] };
    case 'in the start':
      return { start: input, pieces: [] };
    case 'start and pieces':
      return { start: input, pieces: split(json, choices) };
    case 'start and other pieces':
      return { start: input, pieces: [OTHER_INPUT] };
    case 'an object as a piece':
      return { start: {}, pieces: [input] };
    case 'whole again':
      return { start: {}, pieces: [...split(json, choices), json] };
    default:
      return { start: {}, pieces: split(json, choices) };
  }
}

export function indexOfBlock(
  block: number,
  first: number,
  { index }: BlockStyle,
): { index?: number } {
  if (index === 'none') return {};
  return { index: index === 'zero' ? 0 : first + block };
}

/**
 * What may become of a call that is written in this style, beside `among` calls.
 * @param isHeld calls leave at the end of the answer: what speaks against one is known by then
 */
export function blockRule(
  call: TrueCall,
  among: number,
  style: BlockStyle,
  isHeld: boolean,
): CallRule {
  const { may, why } = judgeStyle(call, among, style, isHeld);
  // The first block cannot be read, where blocks mix: the second is the only one.
  // An empty object at the start is what every block begins with: the pieces are all of the arguments.
  const isOther =
    Object.keys(call.input).length === 0 &&
    style.args === 'start and other pieces' &&
    style.empty === 'braces';
  // At a common place, other pieces for one call are those of another.
  const hasOther =
    style.again === 'with other arguments' || style.args === 'start and other pieces';
  const also = isOther || (why === MIXED && hasOther) ? [JSON.parse(OTHER_INPUT)] : [];
  return { call, ids: style.ids === 'given' ? [call.id] : null, may, why, also };
}

const MIXED = 'nothing tells the blocks apart';

function judgeStyle(
  { input }: TrueCall,
  among: number,
  style: BlockStyle,
  isHeld: boolean,
): Pick<CallRule, 'may' | 'why'> {
  const { ids, names, args, empty, index, stops, order, again } = style;
  const isEmpty = Object.keys(input).length === 0;
  if (names !== 'given') return { may: 'never', why: 'a call has a name' };
  if (index !== 'own' && order === 'in turns' && among > 1) return { may: 'may', why: MIXED };
  if (again === 'with other arguments')
    return { may: isHeld && ids === 'given' ? 'never' : 'may', why: 'one id, two arguments' };
  if (args === 'start and other pieces' && !isEmpty)
    return { may: 'never', why: 'arguments that do not agree' };
  if (args === 'start and other pieces' && again === 'the same')
    return { may: 'may', why: 'an empty object, then arguments, and that empty object again' };
  if (isEmpty && (empty !== 'braces' || args === 'in the start'))
    return { may: 'may', why: 'no arguments were ever said' };
  if (args === 'an object as a piece' || args === 'whole again')
    return { may: 'may', why: `arguments: ${args}` };
  if (stops === 'none') return { may: 'may', why: 'the block is not closed' };
  if (again === 'the same' && ids !== 'given') return { may: 'may', why: 'again without an id' };
  return { may: 'leave', why: '' };
}
