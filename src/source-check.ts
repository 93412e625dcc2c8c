/** A source that cannot work is refused at once. */

import { wrong } from '../machines/config.js';
import type { StreamSource } from '../machines/contract.js';

/** @throws ReconnectError kind `config`. */
export function checkSource(source: unknown): void {
  const { open, resume, terminal, reopen, name } = (source ?? {}) as Partial<StreamSource<unknown>>;
  if (typeof open !== 'function')
    throw wrong(
      'source',
      'a StreamSource with open()',
      source,
      'Write sse({ url }) or fromAsyncIterable(…).',
    );
  if (typeof name !== 'string') throw wrong('source.name', 'a string', name);
  const words = {
    resume: ['cursor', 'count', 'replay', 'continuation', 'none'],
    terminal: ['explicit', 'eof'],
    reopen: ['safe', 'restarts-work'],
  };
  for (const [field, value] of Object.entries({ resume, terminal, reopen })) {
    const allowed = words[field as keyof typeof words];
    if (typeof value !== 'string' || !allowed.includes(value))
      throw wrong(`source.${field}`, `one of ${allowed.join(', ')}`, value);
  }
}
