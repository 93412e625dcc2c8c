/** How a wire gives calls whole, each in a part or a line of its own: as Gemini's content API and Ollama do. */

import { OTHER_INPUT } from './call-style.js';
import type { Choices } from './choices.js';
import type { CallRule, ScriptWriter } from './script.js';
import type { Json, TrueCall } from './truth.js';

export interface WholeStyle {
  readonly ids: 'given' | 'none' | 'empty' | 'the same for all';
  readonly names: 'given' | 'none' | 'empty';
  readonly args: 'object' | 'text' | 'later' | 'twice';
  /** How a call without arguments says so. */
  readonly empty: 'braces' | 'no field' | 'null' | 'empty text';
  readonly again: 'no' | 'the same' | 'with other arguments';
  readonly chunks: 'one each' | 'all in one';
}

export interface WholeGiven {
  readonly call: number;
  readonly id?: string;
  readonly name?: string;
  readonly args?: Json;
}

export function drawWholeStyle(choices: Choices, writer: ScriptWriter): WholeStyle {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  const ids = odd('call ids', ['given', 'none', 'empty', 'the same for all']);
  const names = odd('names', ['given', 'none', 'empty']);
  return {
    ids,
    names,
    args: names === 'given' ? odd('args', ['object', 'text', 'later', 'twice']) : 'object',
    // With an id at most it would be a placeholder, as some servers send beside text.
    empty:
      names === 'given' ? odd('empty', ['braces', 'no field', 'null', 'empty text']) : 'braces',
    // Without an id it would be another call.
    again: ids === 'given' ? odd('again', ['no', 'the same', 'with other arguments']) : 'no',
    chunks: odd('chunks', ['one each', 'all in one']),
  };
}

/** The calls by chunk. */
export function wholeChunks(calls: readonly TrueCall[], style: WholeStyle): WholeGiven[][] {
  const first = calls.flatMap((call, n) => piecesOf(call, n, style));
  const again =
    style.again === 'no'
      ? []
      : calls.map((call, n) => ({
          call: n,
          id: call.id,
          name: call.name,
          args: style.again === 'the same' ? call.input : (JSON.parse(OTHER_INPUT) as Json),
        }));
  const all = [...first, ...again];
  if (style.chunks === 'all in one') return all.length === 0 ? [] : [all];
  return all.map((one) => [one]);
}

function piecesOf(call: TrueCall, n: number, style: WholeStyle): WholeGiven[] {
  const { ids, names, args } = style;
  const id = {
    given: { id: call.id },
    none: {},
    empty: { id: '' },
    'the same for all': { id: 'call_0' },
  }[ids];
  const name = { given: { name: call.name }, none: {}, empty: { name: '' } }[names];
  const given = argumentsOf(call, style);
  if (args === 'later')
    return [
      { call: n, ...id, ...name },
      { call: n, ...id, ...given },
    ];
  const whole = { call: n, ...id, ...name, ...given };
  return args === 'twice' && ids === 'given' ? [whole, { ...whole, name: '' }] : [whole];
}

function argumentsOf({ input }: TrueCall, { args, empty }: WholeStyle): { args?: Json } {
  if (Object.keys(input).length === 0 && empty !== 'braces')
    return { 'no field': {}, null: { args: null }, 'empty text': { args: '' } }[empty];
  return { args: args === 'text' ? JSON.stringify(input) : input };
}

/** Why a call may not leave that is given twice, with one id and other arguments. */
export const SECOND = 'one id, two arguments';

/** What may become of a call that is given in this style, beside `among` calls. */
export function wholeRule(call: TrueCall, among: number, style: WholeStyle): CallRule {
  const { may, why } = judgeStyle(call, among, style);
  const isBare = Object.keys(call.input).length === 0 && style.empty !== 'braces';
  // Those that come the second time are the first that are said.
  const also = isBare && style.again === 'with other arguments' ? [JSON.parse(OTHER_INPUT)] : [];
  const ids = { given: [call.id], 'the same for all': ['call_0'] }[style.ids as string] ?? null;
  // Of two calls with one id the second may get another.
  return { call, ids: among > 1 && style.ids !== 'given' ? null : ids, may, why, also };
}

function judgeStyle(
  { input }: TrueCall,
  among: number,
  { ids, names, args, empty, again }: WholeStyle,
): Pick<CallRule, 'may' | 'why'> {
  const isEmpty = Object.keys(input).length === 0;
  if (names !== 'given')
    return again === 'no'
      ? { may: 'never', why: 'a call has a name' }
      : { may: 'may', why: 'a name that comes with the call when it is given again' };
  if (again === 'with other arguments')
    return { may: isEmpty && empty !== 'braces' ? 'may' : 'never', why: SECOND };
  if (ids === 'the same for all' && among > 1) return { may: 'may', why: 'one id, two calls' };
  if (isEmpty && empty !== 'braces') return { may: 'may', why: 'no arguments were ever said' };
  if (args === 'text') return { may: 'may', why: 'arguments as text' };
  if (args === 'later') return { may: 'may', why: 'arguments that come later' };
  if (args === 'twice') return { may: 'may', why: 'arguments that come again' };
  return { may: 'leave', why: '' };
}
