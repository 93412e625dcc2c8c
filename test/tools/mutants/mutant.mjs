/**
 * One mistake: the change of one place, and the tests of which one has to notice it.
 *
 * @returns {{ name: string, file: string, find: string, put: string, tests: string[] }}
 */
export function mutant(name, file, find, put, ...tests) {
  return { name, file, find, put, tests: tests.map((test) => `test/${test}.test.ts`) };
}
