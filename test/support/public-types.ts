/** What the declarations of an entry name, read with the compiler that has an API. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript-5.9';

const root: string = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The types of this package that the exports of an entry name, and that the entry does not export: who uses it cannot
 * write them down. As `Type ← export that names it`. What entries pass on from the core is looked at in the core.
 *
 * @param core the declarations of the entry that holds the core, from the root of the repository.
 * @param others the same of the other entries.
 */
export function missingTypes(
  core: string,
  others: readonly string[],
): Record<string, readonly string[]> {
  const files = [core, ...others];
  const paths = files.map((file) => join(root, file));
  const program = ts.createProgram(paths, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const [inCore = new Set<ts.Symbol>(), ...inOthers] = paths.map((path) =>
    exportsOf(program, path),
  );
  const ofOthers = inOthers.map((exported) => missingFrom(checker, exported, inCore));
  const missing = [missingFrom(checker, inCore, new Set<ts.Symbol>()), ...ofOthers];
  return Object.fromEntries(files.map((file, n) => [file, missing[n] ?? []]));
}

function exportsOf(program: ts.Program, path: string): ReadonlySet<ts.Symbol> {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${path} is no module`);
  return new Set(checker.getExportsOfModule(module).map((symbol) => target(checker, symbol)));
}

function missingFrom(
  checker: ts.TypeChecker,
  exported: ReadonlySet<ts.Symbol>,
  elsewhere: ReadonlySet<ts.Symbol>,
): string[] {
  const missing = new Set<string>();
  for (const symbol of exported)
    for (const declaration of elsewhere.has(symbol) ? [] : (symbol.declarations ?? []))
      for (const type of typesIn(checker, declaration, exported))
        if (isOwnType(type) && !exported.has(type)) missing.add(`${type.name} ← ${symbol.name}`);
  return [...missing].toSorted();
}

function target(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** All that a declaration refers to by name. A base that is not exported has its members looked at instead. */
function typesIn(
  checker: ts.TypeChecker,
  declaration: ts.Node,
  exported: ReadonlySet<ts.Symbol>,
): Set<ts.Symbol> {
  const found = new Set<ts.Symbol>();
  visit(declaration);
  return found;

  function visit(node: ts.Node): void {
    const name = nameOf(node);
    const reference = name && checker.getSymbolAtLocation(name);
    const symbol = reference && target(checker, reference);
    if (symbol && ts.isExpressionWithTypeArguments(node) && !exported.has(symbol))
      symbol.declarations?.filter((base) => isOwn(base)).forEach(visit);
    else if (symbol) found.add(symbol);
    ts.forEachChild(node, visit);
  }
}

function nameOf(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  if (ts.isImportTypeNode(node)) return node.qualifier;
  return ts.isExpressionWithTypeArguments(node) ? node.expression : undefined;
}

/** A type that this package declares, and not a parameter of the declaration itself. */
function isOwnType(symbol: ts.Symbol): boolean {
  const isType = (symbol.flags & (ts.SymbolFlags.Type & ~ts.SymbolFlags.TypeParameter)) !== 0;
  return isType && (symbol.declarations ?? []).some(isOwn);
}

function isOwn(declaration: ts.Node): boolean {
  return declaration.getSourceFile().fileName.startsWith(join(root, 'dist'));
}
