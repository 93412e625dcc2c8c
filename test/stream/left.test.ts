/** Whatever becomes of a source, a connection or a promise after we left it ends nobody's process. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReconnectManager } from '../../src/index.js';
import type { Connection, SourceItem, StreamSource } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import { END, bare } from '../support/numbered-log.js';

const uncaught: unknown[] = [];
const onUncaught = (error: unknown): void => void uncaught.push(error);

beforeEach(() => {
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
});
afterEach(async () => {
  await new Promise((resolve) => void setTimeout(resolve, 5));
  process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
  expect(uncaught.splice(0)).toEqual([]);
});

/** What a function of somebody else may give or do where nobody waits for it. */
const GIVES: Record<string, () => unknown> = {
  nothing: () => undefined,
  'a rejection': () => Promise.reject(new Error('late')),
  'a rejection that comes late': () =>
    new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 2)),
  'a throw': () => {
    throw new Error('at once');
  },
  'a thenable that throws': () => ({
    // oxlint-disable-next-line unicorn/no-thenable -- what sources give
    then: () => {
      throw new Error('in then');
    },
  }),
  'a thenable that rejects': () => ({
    // oxlint-disable-next-line unicorn/no-thenable -- what sources give
    then: (_: unknown, reject: (error: Error) => void) => reject(new Error('thenable')),
  }),
  'an object whose then is a trap': () =>
    // oxlint-disable-next-line unicorn/no-thenable -- what sources give
    Object.defineProperty({}, 'then', {
      get: () => {
        throw new Error('a trap');
      },
    }),
  'a promise of another class': () =>
    Object.assign(Promise.reject(new Error('late')), { catch: undefined }),
};
const names = Object.keys(GIVES);

const batchesOf = (
  next: () => unknown,
  more: object = {},
): AsyncIterable<readonly SourceItem<number>[]> => ({
  [Symbol.asyncIterator]: () => ({ next, ...more }) as AsyncIterator<readonly SourceItem<number>[]>,
});

function sourceOf(open: () => unknown): StreamSource<number> {
  return { ...scriptedSource<number>(), open: open as StreamSource<number>['open'] };
}

describe('a source that was left', () => {
  it.each(names)('may give for close(): %s', async (name) => {
    const batches = batchesOf(() => new Promise(() => {}));
    const { stream, clock } = onVirtualClock(sourceOf(() => ({ batches, close: GIVES[name] })));
    stream.start();
    await clock.settle();
    stream.close();
    expect((await stream.done).status).toBe('closed');
  });

  it.each(names)('may give for return(): %s', async (name) => {
    const batches = batchesOf(() => new Promise(() => {}), { return: GIVES[name] });
    const { stream, clock } = onVirtualClock(sourceOf(() => ({ batches, close: () => {} })));
    stream.start();
    await clock.settle();
    stream.close();
    expect((await stream.done).status).toBe('closed');
  });

  it.each(names)('may give for open(), once nobody waits for it: %s', async (name) => {
    const source = sourceOf(
      () =>
        new Promise((resolve, reject) => {
          setTimeout(() => {
            try {
              resolve(GIVES[name]?.());
            } catch (error) {
              reject(error);
            }
          }, 1);
        }),
    );
    const { stream } = onVirtualClock(source);
    stream.start();
    stream.close();
    expect((await stream.done).status).toBe('closed');
  });

  it.each(names)('may give for a read that was going on: %s', async (name) => {
    let answer: () => void = () => {};
    const next = (): unknown =>
      new Promise((resolve, reject) => {
        answer = () => {
          try {
            resolve(GIVES[name]?.());
          } catch (error) {
            reject(error);
          }
        };
      });
    const connection = { batches: batchesOf(next), close: () => {} };
    const { stream, clock } = onVirtualClock(sourceOf(() => connection));
    stream.start();
    await clock.settle();
    stream.close();
    answer();
    expect((await stream.done).status).toBe('closed');
  });

  it.each(names)('may give for cancel(): %s', async (name) => {
    const source = { ...sourceOf(() => new Promise(() => {})), cancel: GIVES[name] };
    const { stream } = onVirtualClock(source as StreamSource<number>);
    stream.start();
    await stream.cancel();
    expect((await stream.done).status).toBe('cancelled');
  });

  it.each(['batches', 'close'])('may open late a connection whose %s is a trap', async (field) => {
    const trap = Object.defineProperty({ close: () => {}, batches: batchesOf(() => null) }, field, {
      get: () => {
        throw new Error('a trap');
      },
    });
    let settle: (connection: Connection<number>) => void = () => {};
    const open = () => new Promise<Connection<number>>((resolve) => (settle = resolve));
    const left = onVirtualClock(sourceOf(open));
    left.stream.start();
    left.stream.close();
    settle(trap);
    // In time it is a connection that is none.
    const { stream, clock } = onVirtualClock(sourceOf(() => trap));
    const { ended } = read(stream);
    await clock.settle();
    expect((await ended)?.kind).toBe('protocol');
  });
});

describe('a source that is in use', () => {
  it.each(names.slice(1))('loses its connection where a read gives: %s', async (name) => {
    const next = GIVES[name] ?? (() => {});
    const connection = { batches: batchesOf(next), close: () => {} };
    const { stream, clock } = onVirtualClock(
      sourceOf(() => connection),
      { maxAttempts: 0 },
    );
    const { ended } = read(stream);
    await clock.settle();
    await new Promise((resolve) => setTimeout(resolve, 4));
    expect((await ended)?.kind).toBe('exhausted');
  });
});

describe('code of the caller', () => {
  it.each(names)('may give at any place: %s', async (name) => {
    const gives = GIVES[name] as () => never;
    const source = scriptedSource<number>({
      script: [[[bare(1)], 'drop'], [[bare(2), END]]],
    });
    const { stream, clock, heard } = onVirtualClock(source, {
      classify: gives,
      inspect: gives,
      environment: { isOnline: true, watch: gives },
    });
    stream.on('connected', gives);
    stream.subscribe(gives);
    const { ended } = read(stream);
    await clock.advance(1000);
    await ended;
    expect((await stream.done).status).toBe('complete');
    await new Promise((resolve) => setTimeout(resolve, 4));
    const codes = eventsOf(heard, 'diagnostic').map(({ code }) => code);
    if (name === 'nothing') expect(codes).toEqual([]);
    else if (name === 'a throw') expect(codes).toContain('listener');

    const manager = createReconnectManager({}, gives);
    manager.startAttempt();
    manager.markConnected();
    expect(manager.state).toBe('connected');
  });
});
