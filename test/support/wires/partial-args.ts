/** Arguments in pieces at JSON paths, as Gemini 3 sends them where the request asks for it. */

import type { Choices } from './choices.js';
import type { ScriptWriter } from './script.js';
import type { Json, TrueCall } from './truth.js';

export function drawPartial(choices: Choices, writer: ScriptWriter): boolean {
  return writer.odd(choices, 'arguments', ['whole', 'at paths']) === 'at paths';
}

/** The parts of one call: its name, then a value each, text in two, and one that ends it. */
export function partialParts({ id, name, input }: TrueCall, choices: Choices): object[] {
  const values = [...leaves('$', input)].flatMap(([jsonPath, value]) =>
    valuePieces(jsonPath, value, choices),
  );
  return [
    { functionCall: { id, name, willContinue: true } },
    ...values.map((one) => ({ functionCall: { partialArgs: [one], willContinue: true } })),
    { functionCall: {} },
  ];
}

function* leaves(path: string, value: Json): Generator<[string, string | number | boolean | null]> {
  if (typeof value !== 'object' || value === null) yield [path, value];
  else if (Array.isArray(value))
    for (const [n, one] of (value as readonly Json[]).entries())
      yield* leaves(`${path}[${n}]`, one);
  else
    for (const [field, one] of Object.entries(value as object)) {
      const isPlain = /^\w+$/.test(field);
      yield* leaves(
        isPlain ? `${path}.${field}` : `${path}[${JSON.stringify(field)}]`,
        one as Json,
      );
    }
}

function valuePieces(
  jsonPath: string,
  value: string | number | boolean | null,
  choices: Choices,
): object[] {
  if (value === null) return [{ jsonPath, nullValue: 'NULL_VALUE' }];
  if (typeof value === 'number') return [{ jsonPath, numberValue: value }];
  if (typeof value === 'boolean') return [{ jsonPath, boolValue: value }];
  const at = choices.below(value.length + 1);
  return [
    { jsonPath, stringValue: value.slice(0, at), willContinue: true },
    { jsonPath, stringValue: value.slice(at) },
  ];
}
