/** Items of OpenAI Responses that are calls: who runs them, and with what. */

import type { ResponseStep } from '../response/answer.js';
import type { CallPiece } from '../calls/call-piece.js';
import type { ToolCalls } from '../calls/calls.js';
import { fieldsOf, textOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { eventStep } from '../response/steps.js';

/**
 * Whether the item is a call, or asks whether one may be run: `function_call`, `custom_tool_call`, `shell_call`,
 * `apply_patch_call`, `computer_call`, `mcp_call`, `web_search_call`, `mcp_approval_request` and what will be added.
 */
export function isCallItem({ type }: Fields): boolean {
  return typeof type === 'string' && /(?:_call|^mcp_approval_request)$/.test(type);
}

/** What is known of the call when its item is added. Arguments are not: they will come, and the item repeats them. */
export function beginningOf(item: Fields): CallPiece {
  const { type, name } = item;
  const call = {
    id: idOf(item),
    name: IN_PIECES.has(type) ? name : (textOf(name) ?? nameOf(type)),
    isServerTool: isServerTool(item),
  };
  return type === 'custom_tool_call' ? { ...call, isText: true } : call;
}

/** The item is done: its call is whole, and leaves. */
export function readCallItem(calls: ToolCalls<string>, key: string, item: Fields): ResponseStep[] {
  const begun = beginningOf(item);
  // One that has left, and is done once more, is compared with what it was.
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

/** A request for approval is no call to run: its arguments stand in the account of the stream, for who decides. */
function asRequest({ part, toolCall }: ResponseStep, item: Fields): ResponseStep {
  if (part.type !== 'toolCall') return { part, toolCall };
  return { ...eventStep('response.output_item.done', item), toolCall };
}

/** Kinds of calls that have a name, and whose arguments are a text that comes in pieces. */
const IN_PIECES: ReadonlySet<unknown> = new Set([
  'custom_tool_call',
  'function_call',
  'mcp_approval_request',
  'mcp_call',
]);

/** Whether the arguments of the item come in pieces before it is done. */
export function isInPieces({ type }: Fields): boolean {
  return IN_PIECES.has(type);
}

/** Fields of an item that are about the call, and not its input. */
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
/** Of a call that the peer runs, what it is run with; the rest of the item are results. */
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

/** What the client has to answer has a `call_id`, unless the item says who runs it. */
function isServerTool({ type, call_id: call, execution, environment }: Fields): boolean {
  if (type === 'mcp_call' || type === 'mcp_approval_request') return true;
  if (type === 'function_call' || type === 'custom_tool_call') return false;
  if (execution === 'server') return true;
  // A shell in a container of the vendor.
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

/** What an item says beside its call, such as results; nothing where it says no more. */
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
