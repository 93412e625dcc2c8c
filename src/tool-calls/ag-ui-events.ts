/** Events of AG-UI that are passed on: without the arguments of calls that some of them repeat. */

import type { Fields } from './fields.js';

/** Where a call, or an object about one, has its arguments. */
const ARGUMENTS: ReadonlySet<string> = new Set(['args', 'arguments', 'input']);
/** What makes an object one about a call. */
const MARKS = ['arguments', 'toolCallId', 'toolCallName', 'toolName'] as const;
/** Deeper than any event of an agent: what lies beneath is left out. */
const MAX_DEPTH = 64;

export function withoutArguments(event: Fields): unknown {
  const { rawEvent: _, ...fields } = event;
  switch (event['type']) {
    // What a provider said, word for word.
    case 'RAW':
      return { type: 'RAW', source: event['source'] };
    // The request, with the calls of the answers before.
    case 'RUN_STARTED': {
      const { input: __, ...rest } = fields;
      return clean(rest, 0);
    }
    // The application's own, and patched by name.
    case 'ACTIVITY_DELTA':
    case 'ACTIVITY_SNAPSHOT':
    case 'STATE_DELTA':
    case 'STATE_SNAPSHOT':
      return fields;
    default:
      return clean(fields, 0);
  }
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.map((one) => clean(one, depth + 1));
  const isCall =
    MARKS.some((mark) => Object.hasOwn(value, mark)) || isToolPart((value as Fields)['type']);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) =>
      isCall && ARGUMENTS.has(name) ? [] : [[name, clean(field, depth + 1)]],
    ),
  );
}

/** Parts of messages: `tool-call`, `tool_use`. */
function isToolPart(type: unknown): boolean {
  return typeof type === 'string' && type.startsWith('tool');
}
