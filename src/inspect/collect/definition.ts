/** The definition of an actor's machine as JSON that `createMachine` accepts. */

/** Returns a JSON text, or null if the actor is no machine or its definition cannot be serialised. */
export function definitionOf(logic: unknown): string | null {
  if (typeof logic !== 'object' || logic === null) return null;
  const known = written.get(logic);
  if (known !== undefined) return known;
  const definition = write(logic);
  written.set(logic, definition);
  return definition;
}

/** Cached by machine: a thousand streams have one, and serialising it takes a millisecond. */
const written = new WeakMap<object, string | null>();

function write(logic: { readonly root?: Node; readonly definition?: object }): string | null {
  try {
    const { root, definition } = logic;
    if (root === undefined || definition === undefined) return null;
    return JSON.stringify(asConfig(JSON.parse(JSON.stringify(definition)) as Written, root));
  } catch {
    // The user's machine may throw here, for example with a cycle in its meta.
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
  readonly initial?: { readonly target?: readonly string[] } | string | undefined;
  readonly id?: string;
}

/**
 * XState's definitions leave out transitions without an event, and name the initial state by an object that
 * `createMachine` does not take.
 */
function asConfig(from: Written, node: Node): Written {
  const always = (JSON.parse(JSON.stringify(node.always ?? [])) as object[]).map((one) => ({
    ...one,
    eventType: '',
  }));
  const states = Object.entries(from.states ?? {}).map(([key, state]) => [
    key,
    asConfig(state, node.states?.[key] ?? {}),
  ]);
  const target = typeof from.initial === 'object' ? from.initial.target?.[0] : undefined;
  const first = target?.replace(/^#/u, '');
  const [initial] = Object.entries(from.states ?? {}).find(([, { id }]) => id === first) ?? [];
  return {
    ...from,
    initial,
    states: Object.fromEntries(states) as Record<string, Written>,
    ...(always.length === 0
      ? {}
      : { always, transitions: [...(from.transitions ?? []), ...always] }),
  };
}
