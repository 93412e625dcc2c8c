/** How a wire writes calls as items that are added, get deltas, and are done: as OpenAI Responses does. */

import { OTHER_INPUT, split } from './call-style.js';
import type { Choices } from './choices.js';
import { begun, whole } from './script.js';
import type { CallRule, Fact, ScriptWriter } from './script.js';
import type { TrueCall } from './truth.js';

export interface ItemStyle {
  readonly ids: 'given' | 'none' | 'empty' | 'each another';
  readonly callIds: 'given' | 'none' | 'empty';
  readonly names: 'both' | 'only done' | 'only added' | 'never';
  readonly args:
    | 'deltas and done'
    | 'only done'
    | 'only deltas'
    | 'an object when done'
    | 'deltas of others';
  readonly empty: 'braces' | 'empty text' | 'no field';
  readonly added: 'given' | 'none';
  readonly done: 'item' | 'no item' | 'no status' | 'incomplete';
  readonly outputIndex: 'own' | 'none';
  readonly order: 'after each other' | 'in turns';
  readonly again: 'no' | 'the same' | 'with other arguments';
}

export function drawItemStyle(choices: Choices, writer: ScriptWriter): ItemStyle {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  const callIds = odd('call ids', ['given', 'none', 'empty']);
  return {
    ids: odd('item ids', ['given', 'none', 'empty', 'each another']),
    callIds,
    names: odd('names', ['both', 'only done', 'only added', 'never']),
    args: odd('args', [
      'deltas and done',
      'only done',
      'only deltas',
      'an object when done',
      'deltas of others',
    ]),
    empty: odd('empty', ['braces', 'empty text', 'no field']),
    added: odd('added', ['given', 'none']),
    done: odd('done', ['item', 'no item', 'no status', 'incomplete']),
    outputIndex: odd('output index', ['own', 'none']),
    order: odd('order', ['after each other', 'in turns']),
    // Without an id it would be another call.
    again: callIds === 'given' ? odd('again', ['no', 'the same', 'with other arguments']) : 'no',
  };
}

export interface ItemEvent {
  readonly type: string;
  readonly fields: object;
  readonly facts: readonly Fact[];
}

/** The events of one call. */
export function callItems(
  call: TrueCall,
  n: number,
  style: ItemStyle,
  choices: Choices,
): ItemEvent[] {
  const json = JSON.stringify(call.input);
  const isBare = json === '{}' && style.empty !== 'braces';
  let count = 0;
  const itemId = (): string | undefined =>
    ({ given: `item_${n}`, none: undefined, empty: '', 'each another': `item_${n}_${count++}` })[
      style.ids
    ];
  const index = style.outputIndex === 'own' ? { output_index: n + 2 } : {};
  const item = (fields: object, isNamed: boolean): object => ({
    id: itemId(),
    type: 'function_call',
    call_id: { given: call.id, none: undefined, empty: '' }[style.callIds],
    ...(isNamed ? { name: call.name } : {}),
    ...fields,
  });
  const events: ItemEvent[] = [];
  const event = (type: string, fields: object, facts: readonly Fact[] = []): void =>
    void events.push({ type: `response.${type}`, fields, facts: [begun(n), ...facts] });
  const isStray = isUnlinked(style);
  const piece = (type: string, fields: object): void =>
    event(type, { ...index, item_id: itemId(), ...fields }, isStray ? [begun(100 + n)] : []);
  const { names } = style;
  if (style.added === 'given')
    event('output_item.added', {
      ...index,
      item: item(
        { arguments: '', status: 'in_progress' },
        names === 'both' || names === 'only added',
      ),
    });
  const said = style.args === 'deltas of others' ? OTHER_INPUT : json;
  if (style.args !== 'only done' && !isBare)
    for (const delta of split(said, choices)) piece('function_call_arguments.delta', { delta });
  const final = isBare ? (style.empty === 'empty text' ? '' : undefined) : json;
  if (style.args !== 'only deltas' && !isBare)
    piece('function_call_arguments.done', { arguments: json });
  if (style.done === 'no item') return events;
  const args = { 'only deltas': undefined, 'an object when done': isBare ? undefined : call.input }[
    style.args as string
  ];
  const isNamed = names === 'both' || names === 'only done';
  const status = { item: 'completed', 'no status': undefined, incomplete: 'incomplete' }[
    style.done
  ];
  const doneItem = (given: unknown): object => item({ arguments: given, status }, isNamed);
  const given = style.args === 'only deltas' || style.args === 'an object when done' ? args : final;
  event(
    'output_item.done',
    { ...index, item: doneItem(given) },
    style.done === 'incomplete' ? [] : [whole(n)],
  );
  if (style.again !== 'no')
    event('output_item.done', {
      ...index,
      item: doneItem(style.again === 'the same' ? given : OTHER_INPUT),
    });
  return events;
}

/** Nothing links a piece to an item that is done: as far as anybody can see, it is of one that never is. */
function isUnlinked({ ids, added, done, outputIndex }: ItemStyle): boolean {
  if (added === 'given' || ids === 'given') return false;
  return done === 'no item' || (ids === 'each another' && outputIndex === 'none');
}

export function itemRule(call: TrueCall, among: number, style: ItemStyle): CallRule {
  const { may, why } = judgeStyle(call, among, style);
  return { call, ids: style.callIds === 'given' ? [call.id] : null, may, why };
}

function judgeStyle(
  { input }: TrueCall,
  among: number,
  style: ItemStyle,
): Pick<CallRule, 'may' | 'why'> {
  const { ids, callIds, names, args, empty, added, done, outputIndex, order, again } = style;
  const isEmpty = Object.keys(input).length === 0;
  const isApart = (ids === 'given' || outputIndex === 'own') && added === 'given';
  const hasName =
    names === 'both' ||
    (names === 'only done' && done !== 'no item') ||
    (names === 'only added' && added === 'given');
  if (done === 'incomplete') return { may: 'never', why: 'the item is incomplete' };
  if (!hasName && done !== 'no item') return { may: 'never', why: 'a call has a name' };
  if (isEmpty && empty !== 'braces')
    return empty === 'empty text' && done !== 'no item'
      ? { may: 'may', why: 'empty text where JSON is due' }
      : { may: done === 'no item' ? 'may' : 'never', why: 'no arguments were ever said' };
  // Pieces that may be of any call contradict none.
  const isAny = isUnlinked(style) || (!isApart && order === 'in turns' && among > 1);
  if (args === 'deltas of others' && isAny)
    return { may: 'may', why: 'nothing tells the items apart' };
  if (args === 'deltas of others')
    return { may: done === 'no item' ? 'may' : 'never', why: 'arguments that do not agree' };
  if (done === 'no item') return { may: 'may', why: 'the item is never done' };
  if (args === 'only deltas') return { may: 'may', why: 'done without arguments' };
  if (again !== 'no' && callIds !== 'given') return { may: 'may', why: 'again without an id' };
  if (!isApart && (names === 'only added' || (order === 'in turns' && among > 1)))
    return { may: 'may', why: 'nothing tells the items apart' };
  return { may: 'leave', why: '' };
}
