/** A copy of the built package in which every function reports that it was entered. */

import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import ts from 'typescript-5.9';

/**
 * @param root the project, built
 * @returns the folder of the copy; its functions call `globalThis.__entered(file, name)`
 */
export function instrumentedCopy(root) {
  const folder = mkdtempSync(join(tmpdir(), 'routes-'));
  for (const name of ['machines', 'src'])
    cpSync(join(root, 'dist', name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  for (const path of scriptsIn(folder)) {
    const file = relative(folder, path);
    writeFileSync(path, instrumented(file, readFileSync(path, 'utf8')));
  }
  return folder;
}

function scriptsIn(folder) {
  return ['machines', 'src'].flatMap((name) =>
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

/** The code with a call at the beginning of each function that has a body. */
function instrumented(file, code) {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  const insertions = [];
  visit(source);
  let text = code;
  // From the end: what is inserted moves what comes after it.
  for (const { at, put } of insertions.toSorted((one, other) => other.at - one.at))
    text = text.slice(0, at) + put + text.slice(at);
  return text;

  function visit(node) {
    ts.forEachChild(node, visit);
    if (!ts.isFunctionLike(node) || node.body === undefined) return;
    const entered = `__entered(${JSON.stringify(file)}, ${JSON.stringify(nameOf(node))})`;
    if (ts.isBlock(node.body)) {
      insertions.push({ at: node.body.getStart() + 1, put: `${entered};` });
      return;
    }
    insertions.push({ at: node.body.getStart(), put: `(${entered}, ` });
    insertions.push({ at: node.body.getEnd(), put: ')' });
  }
}

/** As it is called in its file; a function without a name by its place. */
function nameOf(node) {
  const named = node.name ?? node.parent.name;
  if (named !== undefined) return named.getText();
  if (ts.isConstructorDeclaration(node)) return `new ${node.parent.name?.getText() ?? ''}`;
  const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
  return `line ${line + 1}`;
}
