/** A source in memory, whose connections, items and faults are data. */

import { configError } from '../../machines/config.js';
import { ReconnectError } from '../../machines/errors.js';
import type {
  Connection,
  ResumePoint,
  SourceItem,
  StreamSource,
} from '../../machines/source-contract.js';

/**
 * One step of a connection: a batch of items, or how the bytes end. `eof` is a clean end of the bytes,
 * `drop` a broken connection, `throws` anything else that a read may reject with.
 */
export type ScriptedStep<T> =
  | readonly SourceItem<T>[]
  | 'eof'
  | 'drop'
  | { readonly throws: unknown };

/** The result of one call of `open`. After its last step a connection is silent. */
export type ScriptedOpening<T> =
  | readonly ScriptedStep<T>[]
  /** `open` never settles. */
  | 'no answer'
  /** `open` rejects. */
  | { readonly refuses: unknown };

export interface ScriptedSourceOptions<T> {
  /** The result of the nth call of `open`, from 0. @default connections that are silent until the test acts */
  readonly script?:
    | readonly ScriptedOpening<T>[]
    | ((at: ResumePoint, nth: number) => ScriptedOpening<T>);
  /** @default 'cursor' */
  readonly resume?: StreamSource<T>['resume'];
  /** @default 'explicit' */
  readonly terminal?: StreamSource<T>['terminal'];
  /** @default 'safe' */
  readonly reopen?: StreamSource<T>['reopen'];
}

export interface ScriptedSource<T> extends StreamSource<T> {
  /** The resume point of each call of `open`, oldest first. */
  readonly openings: readonly ResumePoint[];
  /** Number of connections that are neither broken nor closed, and of attempts that still wait. */
  readonly live: number;
  /** Number of batches that were requested. */
  readonly reads: number;
  /** Number of data items that were read. */
  readonly taken: number;
  /** Adds a step to the newest connection. */
  push(step: ScriptedStep<T>): void;
}

/**
 * Returns a source for tests, without a network, with every fault at an exact place. A test can drive what a
 * command, a drop or a clock does to a stream step by step.
 *
 * ```ts
 * const source = scriptedSource({
 *   script: [
 *     [[{ type: 'data', data: 'Hel', bytes: 3, id: '1' }], 'drop'],
 *     [[{ type: 'data', data: 'lo', bytes: 2, id: '2' }, { type: 'end', outcome: 'complete' }]],
 *   ],
 * });
 * ```
 */
export function scriptedSource<T>(options: ScriptedSourceOptions<T> = {}): ScriptedSource<T> {
  const { script = [], resume = 'cursor', terminal = 'explicit', reopen = 'safe' } = options;
  if (typeof script !== 'function') script.forEach(checkOpening);
  const openings: ResumePoint[] = [];
  const live = new Set<object>();
  const count = { reads: 0, taken: 0 };
  let newest: Line<T> | null = null;
  return {
    name: 'scripted',
    resume,
    terminal,
    reopen,
    openings,
    get live() {
      return live.size;
    },
    get reads() {
      return count.reads;
    },
    get taken() {
      return count.taken;
    },
    push(step) {
      checkStep(step);
      if (newest === null)
        throw new ReconnectError('usage', 'push() needs a connection: start the stream first');
      newest.push(step);
    },
    open(at, signal) {
      const nth = openings.push(at) - 1;
      const opening = (typeof script === 'function' ? script(at, nth) : script[nth]) ?? [];
      if (typeof script === 'function') checkOpening(opening, nth);
      if (opening === 'no answer') return unanswered(signal, live);
      if ('refuses' in opening) return rejection(opening.refuses);
      const line = createLine(opening, count, () => live.delete(line));
      live.add(line);
      newest = line;
      return Promise.resolve({ batches: line.batches, close: line.close });
    },
  };
}

function checkOpening(opening: unknown, nth: number): void {
  if (Array.isArray(opening)) opening.forEach(checkStep);
  else if (opening !== 'no answer' && !(typeof opening === 'object' && opening !== null))
    throw configError(`script[${nth}]`, "a list of steps, 'no answer' or { refuses }", opening);
}

/** A misspelt word would otherwise be read as a batch of characters. */
function checkStep(step: unknown): void {
  if (typeof step === 'string' && step !== 'eof' && step !== 'drop')
    throw configError('step', "a list of items, 'eof', 'drop' or { throws }", step);
}

interface Line<T> extends Connection<T> {
  push(step: ScriptedStep<T>): void;
}

function createLine<T>(
  opening: readonly ScriptedStep<T>[],
  count: { reads: number; taken: number },
  onOver: () => void,
): Line<T> {
  const steps = [...opening];
  let played = 0;
  let waiter: ((step: ScriptedStep<T>) => void) | null = null;
  let isOver = false;
  const over = (): void => {
    isOver = true;
    onOver();
    waiter?.('eof');
  };
  const play = (step: ScriptedStep<T>): IteratorResult<readonly SourceItem<T>[]> => {
    if (step !== 'eof' && step !== 'drop' && !isThrow(step)) {
      // Tests also send things that are no batch.
      const items: readonly (SourceItem<T> | null)[] = Array.isArray(step)
        ? (step as readonly (SourceItem<T> | null)[])
        : [];
      count.taken += items.filter((one) => one?.type === 'data').length;
      return { done: false, value: step };
    }
    isOver = true;
    onOver();
    if (step === 'eof') return { done: true, value: undefined };
    throw step === 'drop' ? new ReconnectError('network', 'the connection broke') : step.throws;
  };
  const next = async (): Promise<IteratorResult<readonly SourceItem<T>[]>> => {
    count.reads += 1;
    const step = isOver ? 'eof' : steps[played++];
    if (step !== undefined) return play(step);
    played = steps.length;
    return new Promise<ScriptedStep<T>>((resolve) => (waiter = resolve)).then((late) => {
      waiter = null;
      return play(late);
    });
  };
  return {
    batches: { [Symbol.asyncIterator]: () => ({ next }) },
    close: over,
    push: (step) => {
      const waiting = waiter;
      waiter = null;
      if (waiting === null) steps.push(step);
      else waiting(step);
    },
  };
}

function isThrow<T>(step: ScriptedStep<T>): step is { readonly throws: unknown } {
  return typeof step === 'object' && step !== null && 'throws' in step;
}

function unanswered(signal: AbortSignal, live: Set<object>): Promise<never> {
  const attempt = {};
  live.add(attempt);
  signal.addEventListener('abort', () => live.delete(attempt), { once: true });
  return new Promise(() => {});
}

function rejection(reason: unknown): Promise<never> {
  return new Promise((_, reject) => {
    // oxlint-disable-next-line prefer-promise-reject-errors -- foreign sources reject with anything
    reject(reason);
  });
}
