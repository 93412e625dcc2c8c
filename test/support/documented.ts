/** Parts of the docs that are made from the code. */

import { readFileSync, writeFileSync } from 'node:fs';

export const UPDATE = 'the docs are out of date; to rewrite them: npm run docs';

/**
 * What stands between the marks of this name; with UPDATE_DOCS `text` is put there first.
 * @param file its name in docs/
 */
export function documented(file: string, name: string, text: string): string | undefined {
  const path = new URL(`../../docs/${file}`, import.meta.url);
  const before = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
  const marks = new RegExp(`(?<=<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(?=\\n<!-- /${name} -->)`);
  const after =
    process.env['UPDATE_DOCS'] === undefined ? before : before.replace(marks, () => text);
  if (after !== before) writeFileSync(path, after);
  return marks.exec(after)?.[0];
}
