/** The options of `fromAsyncIterable()`, their defaults and their validation. */

import type { EndOutcome, ResumeMode, StreamSource } from '../../../machines/source-contract.js';
import { checkFunction, checkKnown, checkWords } from '../shared/validate-options.js';
import { configFailure } from '../shared/source-error.js';

export interface IterableOptions<T> {
  /** The name in diagnostics. @default 'iterable' */
  name?: string | undefined;
  /**
   * How the stream continues after a drop.
   * @default 'cursor' with `id`; else 'count' for a function, which must honour `at.items`; else 'none'
   */
  resume?: ResumeMode | undefined;
  /** `'eof'`: the end of the iterable is the end of the stream. @default 'explicit' with `isEnd`, else 'eof' */
  terminal?: StreamSource<T>['terminal'] | undefined;
  /** Whether calling the function again is harmless. @default 'safe' for a function, else 'restarts-work' */
  reopen?: StreamSource<T>['reopen'] | undefined;
  /** Returns the cursor of an item; undefined if it has none. */
  id?: ((item: T) => string | undefined) | undefined;
  /** Says which item ends the stream; the item itself is delivered. */
  isEnd?: ((item: T) => boolean | EndOutcome) | undefined;
  /** Returns the size of an item. @default its length if it is a string, its byteLength if it has one, else 0 */
  bytes?: ((item: T) => number) | undefined;
}

const ITERABLE_OPTIONS = {
  name: true,
  resume: true,
  terminal: true,
  reopen: true,
  id: true,
  isEnd: true,
  bytes: true,
} as const satisfies Record<keyof IterableOptions<unknown>, true>;

export interface CheckedIterableOptions<T> {
  readonly name: string;
  readonly resume: ResumeMode;
  readonly terminal: StreamSource<T>['terminal'];
  readonly reopen: StreamSource<T>['reopen'];
  readonly id: IterableOptions<T>['id'];
  readonly isEnd: IterableOptions<T>['isEnd'];
  readonly bytes: (item: T) => number;
}

/** @throws ReconnectError `config` */
export function checkIterableOptions<T>(
  options: IterableOptions<T>,
  once: boolean,
): CheckedIterableOptions<T> {
  checkKnown('fromAsyncIterable', options, ITERABLE_OPTIONS);
  const { id, isEnd, bytes } = options;
  for (const [key, value] of Object.entries({ id, isEnd, bytes })) {
    checkFunction(key, value, `${key}: (item) => …`);
  }
  const { name, resume, terminal, reopen } = checkWords(options, {
    name: 'iterable',
    resume: defaultResume(once, id !== undefined),
    terminal: isEnd === undefined ? 'eof' : 'explicit',
    reopen: once ? 'restarts-work' : 'safe',
  });
  if (resume === 'cursor' && !id) {
    throw configFailure("id with resume: 'cursor'", 'none', 'id: (item) => item.id');
  }
  return { name, resume, terminal, reopen, id, isEnd, bytes: bytes ?? sizeOf };
}

function defaultResume(once: boolean, hasId: boolean): ResumeMode {
  if (once) return 'none';
  return hasId ? 'cursor' : 'count';
}

function sizeOf(item: unknown): number {
  if (typeof item === 'string') return item.length;
  const size = (item as { byteLength?: unknown } | null | undefined)?.byteLength;
  return typeof size === 'number' ? size : 0;
}
