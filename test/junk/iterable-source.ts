/** `fromAsyncIterable()`: its callbacks, and the iterable of the caller. */

import { fromAsyncIterable } from '../../src/sources/index.js';
import type { IterableOptions } from '../../src/sources/index.js';
import type { Subject } from './cell.js';
import type { Places } from './places.js';

export const iterableSource: Subject = {
  name: 'fromAsyncIterable()',
  create(place) {
    const live = new Set<object>();
    let last = 0;
    let waiting: (() => void) | null = null;
    let push: ((n: number | null) => void) | null = null;

    function iterable(leave: () => void): AsyncIterable<number> {
      const queue: (number | null)[] = [];
      let wake: (() => void) | null = null;
      push = (n) => {
        queue.push(n);
        wake?.();
      };
      const next = place('next', async (): Promise<IteratorResult<number>> => {
        if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const n = queue.shift();
        if (n != null) return { done: false, value: n };
        leave();
        throw new TypeError('broken');
      });
      const iterator = {
        next,
        return: place('return', () => Promise.resolve({ done: true as const, value: undefined })),
      };
      return { [Symbol.asyncIterator]: place('asyncIterator', () => iterator) };
    }
    // What the places of an iterable are called is known before there is one.
    iterable(() => {});
    push = null;

    const iterate = place('iterate', (_at: unknown, signal: AbortSignal) => {
      const attempt = {};
      live.add(attempt);
      const leave = (): void => void live.delete(attempt);
      signal.addEventListener('abort', leave);
      return new Promise<AsyncIterable<number>>((resolve) => {
        waiting = () => {
          waiting = null;
          resolve(iterable(leave));
        };
      });
    });
    const own: Places<IterableOptions<number>> = {
      id: place('id', String),
      isEnd: place('isEnd', () => false),
      bytes: place('bytes', () => 1),
    };
    return {
      source: fromAsyncIterable<number>(iterate, own),
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
