/** The definition of an actor's machine as JSON that `createMachine` draws again. */

/** A JSON text, or null where the actor is no machine or its definition cannot be written. */
export function definitionOf(logic: unknown): string | null {
  if (typeof logic !== 'object' || logic === null) return null;
  const known = written.get(logic);
  if (known !== undefined) return known;
  const definition = write(logic);
  written.set(logic, definition);
  return definition;
}

/** A thousand streams have one machine, and writing it takes a millisecond. */
const written = new WeakMap<object, string | null>();

function write({ root, definition }: { root?: Node; definition?: object }): string | null {
  if (root === undefined || definition === undefined) return null;
  try {
    return JSON.stringify(withAlways(JSON.parse(JSON.stringify(definition)) as Written, root));
  } catch {
    // Code of the user: a machine with a cycle in its meta, for one.
    return null;
  }
}

interface Node {
  readonly states?: Readonly<Record<string, Node>>;
  readonly always?: readonly unknown[];
}

interface Written {
  readonly states?: Readonly<Record<string, Written>>;
  readonly transitions?: readonly object[];
}

/** XState leaves transitions without an event out of its definitions. */
function withAlways(from: Written, node: Node): Written {
  const always = (JSON.parse(JSON.stringify(node.always ?? [])) as object[]).map((one) => ({
    ...one,
    eventType: '',
  }));
  const states = Object.entries(from.states ?? {}).map(([key, state]) => [
    key,
    withAlways(state, node.states?.[key] ?? {}),
  ]);
  return {
    ...from,
    states: Object.fromEntries(states) as Record<string, Written>,
    ...(always.length === 0
      ? {}
      : { always, transitions: [...(from.transitions ?? []), ...always] }),
  };
}
