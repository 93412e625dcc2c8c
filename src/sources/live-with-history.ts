/** The source `liveWithHistory()`: a live stream joined to a list of what came before, each item once. */

import type {
  Connection,
  DataItem,
  ResumePoint,
  SourceClock,
  SourceHost,
  SourceItem,
  SourceMemory,
  StreamSource,
} from '../../machines/source-contract.js';
import { ignoreRejection } from '../../machines/thenable.js';
import { weightOf } from '../buffers/byte-budget.js';
import { nextRequest } from '../host/request-pace.js';
import { configFailure, describeType, sourceError } from './shared/source-error.js';
import { ask, checkIdLength, wrongResponse } from './shared/to-items.js';
import { checkFunction, checkKnown, checkString } from './shared/validate-options.js';
import { Recent } from './live-with-history/recent.js';
import { systemTimers } from './shared/timers.js';

export interface HistoryContext {
  /** The last item that was delivered; undefined before the first. */
  readonly lastId: string | undefined;
  /** Aborts with the connection. */
  readonly signal: AbortSignal;
}

export interface LiveWithHistoryOptions<T> {
  /** The source of what comes from now on, such as `sse()` or `webSocket()`. It is not asked to resume from a position. */
  live: StreamSource<T>;
  /**
   * Returns what came before, oldest first. Called on each connection, while the live items wait. If the list reaches back
   * to the item `lastId`, nothing is missing; otherwise a `gap` is reported.
   */
  history: (context: HistoryContext) => readonly T[] | PromiseLike<readonly T[]>;
  /** Returns the id of an item, the same in the list and in the live stream. */
  idOf: (item: T) => string;
  /** Ids that are remembered, and live items that may wait for the history. @default 10000 */
  maxItems?: number | undefined;
  /** The name in diagnostics. @default that of `live` */
  name?: string | undefined;
}

const OPTIONS = { live: true, history: true, idOf: true, maxItems: true, name: true } as const;

/**
 * Joins a live stream to a list call. On each connection it subscribes, then fetches the list, delivers the items of the
 * list that are new, and then the items that came live meanwhile: in order, and each item once.
 *
 * @example
 * ```ts
 * import { liveWithHistory, webSocket } from 'stream-reconnect/sources';
 *
 * interface Message { id: string; text: string }
 * const source = liveWithHistory<Message>({
 *   live: webSocket({ url: 'wss://example.com/room', parse: (text) => JSON.parse(String(text)) as Message }),
 *   history: async ({ signal }) =>
 *     (await (await fetch('https://example.com/room/messages', { signal })).json()) as Message[],
 *   idOf: (message) => message.id,
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function liveWithHistory<T>(options: LiveWithHistoryOptions<T>): StreamSource<T> {
  checkKnown('liveWithHistory', options, OPTIONS);
  const { live, history, idOf, maxItems = 10_000 } = options;
  if (typeof (live as Partial<StreamSource<T>> | undefined)?.open !== 'function')
    throw configFailure('live to be a source', describeType(live), "live: sse('https://…')");
  checkFunction('history', history ?? null, 'async () => (await fetch(…)).json()');
  checkFunction('idOf', idOf ?? null, '(item) => item.id');
  if (!Number.isSafeInteger(maxItems) || maxItems < 1)
    throw configFailure(
      'maxItems to be a whole number from 1',
      describeType(maxItems),
      'maxItems: 10000',
    );
  const seen = new Recent(maxItems);

  return Object.freeze({
    name: checkString('name', options.name ?? live.name),
    resume: 'live',
    terminal: live.terminal,
    reopen: live.reopen,
    delivery: 'eager',
    fillsGaps: true,
    reportsUpToDate: true,
    open,
    ...(live.cancel === undefined ? {} : { cancel: live.cancel.bind(live) }),
  });

  async function open(
    at: ResumePoint,
    signal: AbortSignal,
    host?: SourceHost,
  ): Promise<Connection<T>> {
    // Items that were passed on but not taken come again: the position shows which were taken.
    seen.settle(at.cursor);
    const connection = await live.open({ ...at, cursor: undefined }, signal, host);
    const clock = host?.clock ?? systemTimers;
    const batches = join(connection, { lastId: at.cursor, signal }, clock, host?.memory);
    return {
      batches,
      get outcome() {
        return connection.outcome;
      },
      get isQuiet() {
        return connection.isQuiet;
      },
      get heldBytes() {
        return connection.heldBytes;
      },
      close: () => connection.close(),
    };
  }

  async function* join(
    connection: Connection<T>,
    context: HistoryContext,
    clock: SourceClock,
    memory: SourceMemory | undefined,
  ): AsyncGenerator<readonly SourceItem<T>[]> {
    const iterator = connection.batches[Symbol.asyncIterator]();
    let timer: unknown;
    const timeout = new Promise<never>((_, reject) => {
      timer = clock.setTimeout(() => reject(tooLate()), HISTORY_MS);
    });
    try {
      const waiting: SourceItem<T>[] = [];
      let held = 0;
      const list = Promise.race([fetchList(context), timeout]);
      // Whichever of the two rejects second would be unhandled.
      list.catch(() => {});
      let next = pull(iterator);
      let isOver = false;
      for (let items: readonly T[] | null = null; items === null;) {
        const turn = isOver ? await list : await Promise.race([list, next]);
        if ('list' in turn) items = yield* past(turn.list, context);
        else if (turn.done === true) isOver = true;
        else {
          waiting.push(...turn.value);
          if (waiting.length > maxItems) throw tooMany(`${maxItems}`);
          const data = turn.value.filter((item) => item.type === 'data');
          const bytes = data.reduce((sum, item) => sum + weightOf(item), 0);
          held += bytes;
          memory?.hold(bytes);
          // The items wait; their arrival is a sign of life.
          yield [];
          // Read on although nothing is free: all that waits is in here. One item may be larger than that.
          if (memory?.free === 0 && waiting.length > 1) throw tooMany('maxBufferedBytes of');
          next = pull(iterator);
        }
      }
      clock.clearTimeout(timer);
      memory?.hold(-held);
      yield fresh(waiting);
      while (!isOver) {
        const turn = await next;
        if (turn.done === true) return;
        yield fresh(turn.value);
        next = pull(iterator);
      }
    } finally {
      clock.clearTimeout(timer);
      // Not awaited: it may settle only when the connection is closed.
      ignoreRejection(iterator.return?.());
    }
  }

  async function fetchList(context: HistoryContext): Promise<{ readonly list: readonly T[] }> {
    await nextRequest(context.signal);
    const list: unknown = await history(context);
    if (!Array.isArray(list)) throw wrongResponse('history', 'a list of items', list);
    return { list: list as T[] };
  }

  /** Yields the new items of the list, in one batch. */
  function* past(
    list: readonly T[],
    { lastId }: HistoryContext,
  ): Generator<readonly SourceItem<T>[], readonly T[]> {
    const items = list.map((data) => toItem({ type: 'data', data, bytes: sizeOf(data) }));
    const from = items.findLastIndex(({ id }) => id === lastId);
    const reaches = lastId === undefined || from >= 0 || items.some(({ id }) => seen.has(id));
    // After a reload no ids are remembered: the items before the last one were delivered.
    const after = seen.isEmpty && from >= 0 ? items.slice(from + 1) : items;
    const gap = { type: 'gap', from: lastId ?? null, to: items[0]?.id ?? null } as const;
    yield [...(reaches ? [] : [gap]), ...fresh(after), { type: 'upToDate' }];
    return list;
  }

  /** Returns the items with their ids, without those that were passed on before. */
  function fresh(items: readonly SourceItem<T>[]): SourceItem<T>[] {
    return items.flatMap((item): SourceItem<T>[] => {
      // Positions of the live stream are not used: the ids of this source are.
      if (item.type === 'checkpoint') return [{ type: 'alive' }];
      if (item.type !== 'data') return [item];
      const own = toItem(item);
      return seen.add(own.id) ? [own] : [];
    });
  }

  function toItem(item: DataItem<T>): DataItem<T> & { readonly id: string } {
    const id: unknown = ask('idOf', idOf, item.data);
    if (typeof id !== 'string') throw wrongResponse('idOf', 'a string', id);
    checkIdLength(id);
    const own = { ...item, id };
    // Set only if present: a property added to a copy makes V8 store the object as a dictionary, at twice the memory.
    return item.follows === undefined ? own : { ...own, follows: undefined };
  }
}

/** Time for the list to arrive, in ms. */
const HISTORY_MS = 30_000;

function pull<T>(
  iterator: AsyncIterator<readonly SourceItem<T>[]>,
): Promise<IteratorResult<readonly SourceItem<T>[]>> {
  const next = Promise.resolve(iterator.next());
  // The promise is awaited later, or never.
  next.catch(() => {});
  return next;
}

/** Estimates the size of an item: the size on the wire is not known. */
function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  try {
    return (JSON.stringify(data) as string | undefined)?.length ?? 0;
  } catch {
    return 0;
  }
}

function tooLate(): Error {
  return sourceError('network', `no history within ${HISTORY_MS} ms`, { fatal: false });
}

function tooMany(most: string): Error {
  const message = `more than ${most} live items came before the history did`;
  return sourceError('limit', message, { fatal: false });
}
