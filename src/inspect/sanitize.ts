/** Options for the inspectors of `@statelyai/inspect`: only JSON without arguments leaves the process. */

import type { AnyEventObject, MachineContext } from 'xstate';
import { partsOf, shownEvent } from './collect/log-entries.js';
import { toPlain } from './collect/to-plain-json.js';

/** Options to spread into those of `createInspector`, `createBrowserInspector` or `createWebSocketInspector`. */
export interface Sanitize {
  readonly sanitizeEvent: (event: AnyEventObject) => AnyEventObject;
  readonly sanitizeContext: (context: MachineContext) => MachineContext;
  readonly serialize: <T extends object>(event: T) => T;
}

/**
 * Replaces the arguments of tool calls by their length.
 *
 * `serialize` covers what the other two do not: the output of a stream that is over, and inputs.
 */
export const sanitize: Sanitize = Object.freeze({
  sanitizeEvent: (event: AnyEventObject) => shownEvent(event),
  // Actors that are no machines have no context.
  sanitizeContext: (context: MachineContext) => (toPlain(context) ?? {}) as MachineContext,
  serialize,
});

/** The definition is not data of a stream, and is kept whole. */
function serialize<T extends object>(event: T): T {
  const { definition, snapshot, ...rest } = event as { definition?: unknown; snapshot?: unknown };
  return {
    ...(toPlain(rest) as object),
    ...(typeof definition === 'string' ? { definition } : {}),
    ...(snapshot === undefined ? {} : { snapshot: toPlain(snapshotOf(snapshot)) }),
  } as T;
}

function snapshotOf(snapshot: unknown): unknown {
  return typeof snapshot === 'object' && snapshot !== null ? partsOf(snapshot) : {};
}
