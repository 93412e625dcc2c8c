/** The options of the inspector, and their validation. */

import { configError } from '../../../machines/config.js';

export interface InspectorServerOptions {
  /** The port to listen on; 0: a free one. @default 0 */
  port?: number | undefined;
  /** Listens on `::1` as well as on `127.0.0.1`. @default false */
  ipv6?: boolean | undefined;
  /** Refuses all commands. @default false */
  readOnly?: boolean | undefined;
  /** Shows the arguments of tool calls, not only their length. @default false */
  showArguments?: boolean | undefined;
  /** Events and states kept for pages that are opened late. @default 400 */
  historyLength?: number | undefined;
  /** Actors shown at once, with their children; a new actor replaces the oldest stopped one. @default 500 */
  maxActors?: number | undefined;
  /** Pages that may be open at once. @default 8 */
  maxViewers?: number | undefined;
}

export type ResolvedServerOptions = {
  readonly [K in keyof Required<InspectorServerOptions>]: NonNullable<InspectorServerOptions[K]>;
};

/** @throws ReconnectError kind `config`. */
export function resolveServerOptions(options: InspectorServerOptions): ResolvedServerOptions {
  const { port = 0, ipv6 = false, readOnly = false, showArguments = false } = options;
  const { historyLength = 400, maxActors = 500, maxViewers = 8 } = options;
  const resolved = { port, ipv6, readOnly, showArguments, historyLength, maxActors, maxViewers };
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(resolved, name));
  if (unknown !== undefined)
    throw configError('options', `one of: ${Object.keys(resolved).join(', ')}`, unknown);
  if (!isWhole(port, 0, 65_535)) throw configError('port', 'a whole number from 0 to 65535', port);
  for (const [name, value] of Object.entries({ ipv6, readOnly, showArguments }))
    if (typeof value !== 'boolean') throw configError(name, 'true or false', value);
  for (const [name, value] of Object.entries({ historyLength, maxActors, maxViewers }))
    if (!isWhole(value, 1, 10_000))
      throw configError(name, 'a whole number from 1 to 10000', value);
  return resolved;
}

function isWhole(value: unknown, from: number, to: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to;
}
