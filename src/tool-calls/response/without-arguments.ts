/** Removes arguments of calls from values of the peer, which are otherwise passed on unchanged. */

import { isObject } from './arguments.js';
import type { Fields } from '../../json/fields.js';

/** Fields that contain arguments in any object. */
const ARGUMENTS: ReadonlySet<string> = new Set([
  'arguments',
  'inputTextDelta',
  'partialArgs',
  'partial_arguments',
  'partial_json',
  'rawInput',
]);
/** Fields that contain arguments in an object that describes a call. */
const CALL_ARGUMENTS: ReadonlySet<string> = new Set([
  'action',
  'actions',
  'args',
  'code',
  'input',
  'operation',
  'queries',
]);
/** Fields by which an object describes a call. */
const MARKS = [
  'arguments',
  'call_id',
  'toolCallId',
  'toolCallName',
  'toolName',
  'tool_call_id',
] as const;
/** Fields whose value describes a call, or a list of calls. */
const CALLS: ReadonlySet<string> = new Set([
  'custom',
  'function',
  'functionCall',
  'functionCalls',
  'function_call',
  'toolCall',
  'toolCalls',
  'tool_call',
  'tool_calls',
]);
/** Types of parts that are calls: `tool-call`, `server_tool_use`, `shell_call`, `mcp_approval_request`. */
const CALL_TYPE = /^tool[-_]|^dynamic-tool|_tool_use$|_call$|[a-z]Call$|_approval_request$/;
/** Depth below which everything is left out; no event is so deep. */
const MAX_DEPTH = 64;

/** Returns a copy without arguments of calls, at any depth. Values without arguments are not copied. */
export function withoutArguments(value: unknown): unknown {
  return clean(value, false, 0);
}

function clean(value: unknown, isCall: boolean, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.map((one) => clean(one, isCall, depth + 1));
  const isAboutCall = isCall || isAbout(value as Fields);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) =>
      ARGUMENTS.has(name) || (isAboutCall && CALL_ARGUMENTS.has(name))
        ? []
        : [[name, clean(field, CALLS.has(name) && isListOrObject(field), depth + 1)]],
    ),
  );
}

function isAbout(value: Fields): boolean {
  const { type } = value;
  if (typeof type === 'string' && CALL_TYPE.test(type)) return true;
  return MARKS.some((mark) => Object.hasOwn(value, mark));
}

function isListOrObject(value: unknown): boolean {
  return Array.isArray(value) || isObject(value);
}
