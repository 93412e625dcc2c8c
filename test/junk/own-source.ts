/** A source of the caller's own: each of its methods and getters, and what they give. */

import type { Connection, SourceItem, StreamSource } from '../../src/index.js';
import type { Subject } from './cell.js';

export const ownSource: Subject = {
  name: 'a source',
  triesOptions: true,
  create(place) {
    const live = new Set<object>();
    let last = 0;
    let waiting: (() => void) | null = null;
    let push: ((n: number | null) => void) | null = null;
    const item = place('item', (n: number): SourceItem<number> => ({
      type: 'data',
      data: n,
      bytes: 1,
      id: String(n),
    }));
    const batch = place('batch', (one: SourceItem<number>): readonly SourceItem<number>[] => [one]);
    const open = place(
      'open',
      (_at: unknown, signal: AbortSignal) =>
        new Promise<Connection<number>>((resolve, reject) => {
          const attempt = {};
          live.add(attempt);
          const leave = (): void => {
            live.delete(attempt);
            reject(new Error('left'));
          };
          signal.addEventListener('abort', leave);
          waiting = () => {
            waiting = null;
            resolve(connectionOf(leave));
          };
        }),
    );
    function connectionOf(leave: () => void): Connection<number> {
      const queue: (number | null)[] = [];
      let wake: (() => void) | null = null;
      push = (n) => {
        queue.push(n);
        wake?.();
      };
      const next = place(
        'next',
        async (): Promise<IteratorResult<readonly SourceItem<number>[]>> => {
          if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
          const n = queue.shift();
          if (n == null) {
            leave();
            throw new TypeError('broken');
          }
          return { done: false, value: batch(item(n)) };
        },
      );
      const iterator = {
        next,
        return: place('return', () => Promise.resolve({ done: true as const, value: undefined })),
      };
      const outcome = place('outcome', () => null);
      const isQuiet = place('isQuiet', () => false);
      const iterate = place('asyncIterator', () => iterator);
      const batches = place('batches', () => ({ [Symbol.asyncIterator]: iterate }));
      const close = place('close', leave);
      return {
        get outcome() {
          return outcome();
        },
        get isQuiet() {
          return isQuiet();
        },
        get batches() {
          return batches();
        },
        close,
      };
    }
    // What the places of a connection are called is known before there is one.
    connectionOf(() => {});
    push = null;
    const source: StreamSource<number> = {
      name: 'own',
      resume: 'cursor',
      terminal: 'explicit',
      reopen: 'safe',
      open,
      cancel: place('source.cancel', () => Promise.resolve()),
      contiguous: place('contiguous', () => 'next' as const),
    };
    return {
      source,
      peer: {
        answer: () => waiting?.(),
        send: () => push?.((last += 1)),
        drop: () => push?.(null),
        get live() {
          return live.size;
        },
      },
    };
  },
};
