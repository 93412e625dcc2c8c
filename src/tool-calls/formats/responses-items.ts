/** Items of OpenAI Responses that are calls: their input, and who runs them. */

import type { ResponseStep } from '../response/answer.js';
import type { CallPiece } from '../calls/call-piece.js';
import type { ToolCalls } from '../calls/calls.js';
import { fieldsOf, textOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { eventStep } from '../response/steps.js';

/**
 * Returns whether the item is a call, or a request to approve one: `function_call`, `custom_tool_call`, `shell_call`,
 * `apply_patch_call`, `computer_call`, `mcp_call`, `web_search_call`, `mcp_approval_request` and future ones.
 */
export function isCallItem({ type }: Fields): boolean {
  return typeof type === 'string' && /(?:_call|^mcp_approval_request)$/.test(type);
}

/** Returns the piece for an added item, without arguments: they follow, and the finished item repeats them. */
export function beginningOf(item: Fields): CallPiece {
  const { type, name } = item;
  const call = {
    id: idOf(item),
    name: IN_PIECES.has(type) ? name : (textOf(name) ?? nameOf(type)),
    isServerTool: isServerTool(item),
  };
  return type === 'custom_tool_call' ? { ...call, isText: true } : call;
}

/** Delivers the call of a finished item. */
export function readCallItem(calls: ToolCalls<string>, key: string, item: Fields): ResponseStep[] {
  const begun = beginningOf(item);
  // A delivered call whose item is done again is compared.
  const isBegun = calls.peek(key) !== undefined;
  // An earlier process may have begun it.
  const added = calls.isOver(key) ? [] : calls.add(key, begun);
  const steps = isBegun ? added : [];
  if (calls.peek(key) === undefined) calls.open(key, begun);
  const { type, status, arguments: args, input } = item;
  if (IN_PIECES.has(type)) calls.takeWhole(key, type === 'custom_tool_call' ? input : args);
  else {
    calls.forgetPieces(key);
    calls.add(key, { value: inputOf(item) });
  }
  const isCompleted = status === undefined || status === null || status === 'completed';
  const isRun = isServerTool(item) && status !== 'incomplete';
  if (!isCompleted && !isRun) calls.spoil(key, 'not completed by the peer');
  const left = calls.close(key);
  if (type === 'mcp_approval_request')
    return [...steps, ...left.map((step) => asRequest(step, item))];
  return [...steps, ...left, ...besides(item)];
}

/** Handles a request for approval, which is no call to run: its arguments are in the stream's record, for the decision. */
function asRequest({ part, toolCall }: ResponseStep, item: Fields): ResponseStep {
  if (part.type !== 'toolCall') return { part, toolCall };
  return { ...eventStep('response.output_item.done', item), toolCall };
}

/** Kinds of calls with a name, and with arguments as text in pieces. */
const IN_PIECES: ReadonlySet<unknown> = new Set([
  'custom_tool_call',
  'function_call',
  'mcp_approval_request',
  'mcp_call',
]);

/** Returns whether the arguments of the item come in pieces before it is done. */
export function isInPieces({ type }: Fields): boolean {
  return IN_PIECES.has(type);
}

/** Fields of an item that describe the call, and are not its input. */
const ABOUT: ReadonlySet<string> = new Set([
  'arguments',
  'call_id',
  'caller',
  'created_by',
  'id',
  'input',
  'name',
  'status',
  'type',
]);
/** Fields of an item that are the input of a call which the peer runs; the rest are results. */
const INPUTS: ReadonlySet<string> = new Set([
  'action',
  'code',
  'container_id',
  'queries',
  'revised_prompt',
]);

function idOf({ call_id: call, id }: Fields): string | undefined {
  return (textOf(call) || textOf(id)) ?? undefined;
}

function nameOf(type: unknown): string {
  return String(type).replace(/_call$/, '');
}

/** Returns whether the peer runs the call. Calls for the client have a `call_id`, unless the item says who runs it. */
function isServerTool({ type, call_id: call, execution, environment }: Fields): boolean {
  if (type === 'mcp_call' || type === 'mcp_approval_request') return true;
  if (type === 'function_call' || type === 'custom_tool_call') return false;
  if (execution === 'server') return true;
  // A shell in a container of the vendor is run by the vendor.
  if (fieldsOf(environment)['type'] === 'container_reference') return true;
  return typeof call !== 'string' || call === '';
}

function inputOf(item: Fields): unknown {
  const { arguments: args } = item;
  if (typeof args === 'object' && args !== null) return args;
  const isServer = isServerTool(item);
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => (isServer ? INPUTS.has(name) : !ABOUT.has(name))),
  );
}

/** Returns the fields of an item besides the call, such as results; none if there are no others. */
function besides(item: Fields): ResponseStep[] {
  const isInput = !IN_PIECES.has(item['type']) && !isServerTool(item);
  const others = Object.entries(item).filter(
    ([name, value]) =>
      (name === 'caller' || (!ABOUT.has(name) && !isInput)) &&
      value !== null &&
      value !== undefined,
  );
  return others.length === 0 ? [] : [eventStep('response.output_item.done', item)];
}
