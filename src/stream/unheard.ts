/** A stream that starts over, or takes items back, while nobody listens: the consumer would have them twice. */

import type { ReconnectActor } from '../../machines/reconnect.types.js';

/** Events after which a consumer has to forget something. */
export type VoidingEvent = 'restarted' | 'reset';

/** Whether somebody listens to this event, on the stream or on its actor. */
export function hasListener(actor: ReconnectActor, type: VoidingEvent): boolean {
  // XState keeps its listeners to itself; where it keeps them elsewhere one day, nothing is said.
  const { eventListeners } = actor as unknown as { eventListeners?: unknown };
  if (!(eventListeners instanceof Map)) return true;
  const listeners = eventListeners as ReadonlyMap<string, ReadonlySet<unknown>>;
  return [type, '*'].some((name) => (listeners.get(name)?.size ?? 0) > 0);
}

/** What happened, in one sentence. */
export function unheardText(type: VoidingEvent): string {
  return type === 'restarted'
    ? "the stream started over and nobody listens to 'restarted': items that were delivered come again"
    : "items that were delivered are void and nobody listens to 'reset': they may come again";
}

/** Says so on the console, with the lines that mend it. In production nobody reads it. */
export function warnUnheard(type: VoidingEvent): void {
  if (isProduction()) return;
  // oxlint-disable-next-line no-console -- the one place that speaks to whoever writes the program
  globalThis.console?.warn(
    `stream-reconnect: ${unheardText(type)}. Forget what you have in both cases:
  stream.on('restarted', () => (items.length = 0));
  stream.on('reset', () => (items.length = 0)); // or the tail alone, by its scope
If the stream was over, say how it ends: isEnd, or terminal: 'eof'.`,
  );
}

/** Written out, since bundlers replace exactly this; in a page without a bundler there is no `process`. */
function isProduction(): boolean {
  try {
    return process.env.NODE_ENV === 'production';
  } catch {
    return false;
  }
}

declare const process: { readonly env: { readonly NODE_ENV?: string } };
