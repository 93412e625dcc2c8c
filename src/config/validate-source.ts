/** Validates the facts of a source, so that one that cannot work is refused at once. */

import { configError } from '../../machines/config.js';
import {
  DELIVERY_MODES,
  REOPEN_MODES,
  RESUME_MODES,
  TERMINALS,
} from '../../machines/source-contract.js';
import type { StreamSource } from '../../machines/source-contract.js';

/** @throws ReconnectError kind `config`. */
export function checkSource(source: unknown): void {
  const { open, resume, terminal, reopen, name, delivery } = (source ?? {}) as Partial<
    StreamSource<unknown>
  >;
  if (typeof open !== 'function')
    throw configError(
      'source',
      'a StreamSource with open()',
      source,
      'Write sse({ url }) or fromAsyncIterable(…).',
    );
  if (typeof name !== 'string') throw configError('source.name', 'a string', name);
  checkWord('source.resume', resume, RESUME_MODES);
  checkWord('source.terminal', terminal, TERMINALS);
  checkWord('source.reopen', reopen, REOPEN_MODES);
  if (delivery !== undefined) checkWord('source.delivery', delivery, DELIVERY_MODES);
}

function checkWord(name: string, value: unknown, words: readonly unknown[]): void {
  if (!words.includes(value)) throw configError(name, `one of ${words.join(', ')}`, value);
}
