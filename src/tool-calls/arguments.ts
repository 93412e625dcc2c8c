/** Arguments of tool calls: strict JSON, or nothing. */

/** The parsed arguments, or undefined for what is no JSON. An empty text is a call without arguments. */
export function parseArguments(text: string): { readonly input: unknown } | undefined {
  if (text.trim() === '') return { input: {} };
  try {
    return { input: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
