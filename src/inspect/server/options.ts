/** What a caller of the inspector may set. */

import { configError } from '../../../machines/config.js';

export interface InspectorServerOptions {
  /** The port to listen on; 0: one that the system chooses. @default 0 */
  port?: number | undefined;
  /** Listens on `::1` too; `127.0.0.1` is always there, other addresses never. @default false */
  ipv6?: boolean | undefined;
  /** Shows and sends nothing. @default false */
  readOnly?: boolean | undefined;
  /** Shows the arguments of tool calls, not only their length. @default false */
  showArguments?: boolean | undefined;
  /** Events and states kept for viewers that come late. @default 400 */
  historyLength?: number | undefined;
  /** Actors shown at once, with their children; the oldest that are over make room for new ones. @default 500 */
  maxActors?: number | undefined;
  /** Pages that may look on at once. @default 8 */
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
