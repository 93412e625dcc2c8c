/** Works around a bug of the fetch in Node 20 and 22, by which a response can end the process. */

/**
 * undici 6, which they bundle, fails a response with more than five content codings in a way that leaves an object
 * on which the next fault of the socket, or an abort, raises an uncatchable error. Later versions
 * abort the request at that point instead, and so does this: through the option `dispatcher` of undici's fetch, with
 * the dispatcher that is in use anyway. Every other fetch ignores the option or is not given it.
 */
export function guardedInit(fetch: unknown, init: RequestInit): RequestInit {
  const dispatcher: unknown = (globalThis as { [GLOBAL_DISPATCHER]?: unknown })[GLOBAL_DISPATCHER];
  if (fetch !== globalThis.fetch || !isDispatcher(dispatcher)) return init;
  const guarded: Dispatcher = {
    isMockActive: dispatcher.isMockActive,
    dispatch: (request, handler) => dispatcher.dispatch(request, guardedHandler(handler)),
  };
  return { ...init, dispatcher: guarded } as RequestInit;
}

/** The symbol under which all versions of undici in a process keep the dispatcher of fetch. */
const GLOBAL_DISPATCHER: unique symbol = Symbol.for('undici.globalDispatcher.1') as never;

/** undici's own limit of content codings. */
const MAX_CODINGS = 5;

interface Dispatcher {
  /** undici's mock agent expects other bodies. */
  readonly isMockActive?: unknown;
  dispatch(request: unknown, handler: object): unknown;
}

type Method = (...args: unknown[]) => unknown;

/** Returns a handler that is not of the form of undici 6 unchanged. */
function guardedHandler(handler: object): object {
  const methods: Record<string, Method> = {};
  for (const [name, value] of Object.entries(handler))
    if (typeof value === 'function') methods[name] = (value as Method).bind(handler);
  const { onConnect, onHeaders } = methods;
  if (onConnect === undefined || onHeaders === undefined) return handler;
  let abort: Method = () => {};
  return {
    ...methods,
    onConnect: (...args: unknown[]) => {
      abort = args[0] as Method;
      return onConnect(...args);
    },
    onHeaders: (...args: unknown[]) => {
      if (codingsIn(args[1]) <= MAX_CODINGS) return onHeaders(...args);
      abort(new Error('The response has too many content codings'));
      return false;
    },
  };
}

/** @param raw names and values in turn, as bytes */
function codingsIn(raw: unknown): number {
  if (!Array.isArray(raw)) return 0;
  const fields = raw as readonly unknown[];
  let count = 0;
  for (let at = 0; at + 1 < fields.length; at += 2)
    if (String(fields[at]).toLowerCase() === 'content-encoding')
      count += String(fields[at + 1]).split(',').length;
  return count;
}

function isDispatcher(value: unknown): value is Dispatcher {
  return typeof (value as Partial<Dispatcher> | null | undefined)?.dispatch === 'function';
}
