/** Converts the definition of an XState 5 machine into one that `createMachine` of XState 4 accepts. */

/** @param definition the parsed JSON of `definitionOf` */
export function toLegacyDefinition(definition: object): object {
  // Without it, `createMachine` warns in every viewer.
  return { ...state(definition as Fields), predictableActionArguments: true };
}

type Fields = Readonly<Record<string, unknown>>;

function state(from: Fields): Fields {
  const { id, key, type, initial, history, meta, description, tags } = from;
  const states = fields(from['states']);
  const { on, after, always } = transitions(from);
  return {
    id,
    key,
    type,
    ...(history === false || history === undefined ? {} : { history }),
    ...(typeof initial === 'string' ? { initial } : {}),
    states: Object.fromEntries(
      Object.entries(states).map(([name, one]) => [name, state(fields(one))]),
    ),
    on,
    after,
    ...(always.length === 0 ? {} : { always }),
    entry: list(from['entry']).flatMap(action),
    exit: list(from['exit']).flatMap(action),
    invoke: list(from['invoke']).map(invocation),
    meta,
    description,
    tags: list(tags),
  };
}

function transitions(from: Fields): { on: Fields; after: Fields; always: readonly object[] } {
  const on: Record<string, object[]> = {};
  const after: Record<string, object[]> = {};
  const always: object[] = [];
  for (const one of list(from['transitions']).map(fields)) {
    const { eventType, delay } = one;
    const event = typeof eventType === 'string' ? eventType : '';
    if (event === '') always.push(transition(one));
    else if (typeof delay === 'string' || typeof delay === 'number')
      (after[delay] ??= []).push(transition(one));
    else (on[legacyEventType(event)] ??= []).push(transition(one));
  }
  return { on, after, always };
}

/** The events that XState sends itself have other names in XState 4. */
export function legacyEventType(type: string): string {
  return type
    .replace(/^xstate\.done\.actor\./u, 'done.invoke.')
    .replace(/^xstate\.error\.actor\./u, 'error.platform.')
    .replace(/^xstate\.done\.state\./u, 'done.state.')
    .replace(/^xstate\.after\.(.+?)\.([^.]+(?:\..*)?)$/u, 'xstate.after($1)#$2');
}

function transition(from: Fields): object {
  const { guard, target, reenter } = from;
  const targets = list(target).filter((one) => typeof one === 'string');
  return {
    ...(targets.length === 0 ? {} : { target: targets }),
    ...(guard === undefined || guard === null ? {} : { cond: nameOf(guard) }),
    actions: list(from['actions']).flatMap(action),
    internal: reenter !== true && targets.length === 0,
  };
}

/** Removes the prefix by which XState 4 would take an action for one of its own, and run it. */
function action(from: unknown): object[] {
  if (from === null || from === undefined) return [];
  return [{ type: nameOf(from).replace(/^xstate\./u, '') }];
}

function invocation(from: unknown): object {
  const { id, src } = fields(from);
  return { type: 'xstate.invoke', id, src: typeof src === 'string' ? src : 'actor' };
}

function nameOf(from: unknown): string {
  if (typeof from === 'string') return from;
  const { type } = fields(from);
  return typeof type === 'string' ? type : 'inline';
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
