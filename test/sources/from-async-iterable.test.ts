import { describe, expect, it, vi } from 'vitest';

import { fromAsyncIterable } from '../../src/sources/index.js';
import type { IterableOptions, Iterate } from '../../src/sources/index.js';
import { facts, openError, readAll, START } from './drive.js';

async function* count(from: number, to: number): AsyncGenerator<number> {
  for (let i = from; i <= to; i++) yield i;
}
const never = new Promise<never>(() => {});
const signal = new AbortController().signal;

describe('a function', () => {
  it('is asked for the rest at each attempt', async () => {
    const source = fromAsyncIterable((at) => count(at.items + 1, 3));
    expect(source).toMatchObject({ resume: 'count', terminal: 'eof', reopen: 'safe' });
    expect((await readAll(source)).data).toEqual([1, 2, 3]);
    expect((await readAll(source, { items: 2 })).data).toEqual([3]);
  });

  it('may return any iterable, or a promise of one', async () => {
    const forms: Iterate<string>[] = [() => ['ab', 'c'], async () => new Set(['ab', 'c'])];
    for (const form of forms) {
      const { items } = await readAll(fromAsyncIterable(form));
      expect(items.map((item) => item.type === 'data' && item.bytes)).toEqual([2, 1]);
    }
    const promises = [Promise.resolve(1), Promise.resolve(2)] as unknown as number[];
    expect((await readAll(fromAsyncIterable(() => promises))).data).toEqual([1, 2]);
  });

  it('that throws, rejects, or returns no iterable gives a typed error', async () => {
    const boom = (): never => {
      throw new Error('no such\nfile');
    };
    for (const form of [boom, async () => boom()]) {
      const error = await openError(fromAsyncIterable(form));
      expect(facts(error)).toEqual({ kind: 'source', fatal: false });
      expect(error.message).toBe('The function that opens the iterable threw: no such\\nfile');
    }
    for (const answer of [undefined, 7, 'text', {}]) {
      const error = await openError(fromAsyncIterable(() => answer as unknown as number[]));
      expect(facts(error)).toEqual({ kind: 'config', fatal: true });
    }
    const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    const error = await openError(fromAsyncIterable(() => Promise.reject(reset)));
    expect(facts(error)).toEqual({ kind: 'network', fatal: false, code: 'ECONNRESET' });
  });

  it('that hangs is left when the signal aborts, and its late iterable is closed', async () => {
    const controller = new AbortController();
    let answer: (iterable: AsyncIterable<number>) => void = () => {};
    const late = new Promise<AsyncIterable<number>>((resolve) => (answer = resolve));
    const error = openError(
      fromAsyncIterable(() => late),
      {},
      controller.signal,
    );
    controller.abort();
    expect((await error).code).toBe('ABORT_ERR');
    await new Promise<void>((resolve) => {
      const iterator = { next: () => never, return: () => (resolve(), never) };
      answer({ [Symbol.asyncIterator]: () => iterator });
    });
  });

  it('is not asked when the signal is aborted already', async () => {
    const iterate = vi.fn(() => []);
    await openError(fromAsyncIterable(iterate), {}, AbortSignal.abort());
    expect(iterate).not.toHaveBeenCalled();
  });
});

describe('an iterable', () => {
  it('is read once; the second time says what to write instead', async () => {
    const source = fromAsyncIterable(count(1, 2));
    expect(source).toMatchObject({ resume: 'none', terminal: 'eof', reopen: 'restarts-work' });
    expect((await readAll(source)).data).toEqual([1, 2]);
    const error = await openError(source);
    expect(facts(error)).toEqual({ kind: 'not-resumable', fatal: true });
    expect(error.message).toContain('(at, signal) =>');
  });
});

describe('options', () => {
  it('give items a cursor, a size and an end', async () => {
    const source = fromAsyncIterable(() => count(1, 5), {
      id: (item) => (item === 2 ? undefined : `c${item}`),
      bytes: () => 8,
      isEnd: (item) => item === 3,
    });
    expect(source).toMatchObject({ resume: 'cursor', terminal: 'explicit' });
    expect((await readAll(source)).items).toEqual([
      { type: 'data', data: 1, bytes: 8, id: 'c1' },
      { type: 'data', data: 2, bytes: 8, id: undefined },
      { type: 'data', data: 3, bytes: 8, id: 'c3' },
      { type: 'end', outcome: 'complete' },
    ]);
  });

  it.each(['id', 'bytes', 'isEnd'] as const)(
    '%s that throws or answers nonsense is final',
    async (name) => {
      const boom = (): never => {
        throw new Error('x');
      };
      for (const fn of [boom, () => Symbol('x'), async () => true]) {
        const options = { [name]: fn } as unknown as IterableOptions<number>;
        const { error } = await readAll(fromAsyncIterable(() => count(1, 5), options));
        expect(facts(error)).toEqual({ kind: 'callback', fatal: true });
      }
    },
  );

  it.each([
    [undefined, {}],
    ['text', {}],
    [{}, {}],
    [count, null],
    [count, { resume: 'cursor' }],
    [count, { resume: 'x' }],
    [count, { terminal: 5 }],
    [count, { reopen: true }],
    [count, { id: 'id' }],
    [count, { name: 5 }],
  ])('%o with %o are refused at once', (iterate, options) => {
    const make = (): unknown =>
      fromAsyncIterable(iterate as unknown as Iterate<number>, options as IterableOptions<number>);
    expect(make).toThrow(/^expected .+, got .+; write /);
  });
});

describe('an iterator that', () => {
  const read = (iterator: object): ReturnType<typeof readAll> =>
    readAll(
      fromAsyncIterable(() => ({ [Symbol.asyncIterator]: () => iterator }) as AsyncIterable<1>),
    );
  const boom = (): never => {
    throw new Error('x');
  };

  it.each([
    ['throws in next', { next: boom }, 'source', false],
    ['rejects in next', { next: async () => boom() }, 'source', false],
    ['has no next', {}, 'protocol', true],
    ['is none', 5, 'protocol', true],
    ['gives no object', { next: () => 5 }, 'protocol', true],
    ['gives a promise of no object', { next: async () => null }, 'protocol', true],
    [
      'throws in done',
      { next: async () => Object.defineProperty({}, 'done', { get: boom }) },
      'source',
      false,
    ],
  ])('%s gives a typed error', async (_, iterator, kind, fatal) => {
    expect(facts((await read(iterator as object)).error)).toEqual({ kind, fatal });
  });

  it.each([
    ['throws', boom],
    ['rejects', async () => boom()],
    ['hangs', () => never],
    ['answers nonsense', () => 5],
  ])('%s in return is closed at once, also while next hangs', async (_, leave) => {
    const left = vi.fn(leave);
    const iterator = { next: () => never, return: left };
    const iterable = { [Symbol.asyncIterator]: () => iterator } as unknown as AsyncIterable<1>;
    const connection = await fromAsyncIterable(() => iterable).open(START, signal);
    const batches = connection.batches[Symbol.asyncIterator]();
    const next = batches.next();
    await connection.close();
    await connection.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await batches.next()).toEqual({ done: true, value: undefined });
    expect(left).toHaveBeenCalledTimes(1);
  });

  it('answers after close is not heard again', async () => {
    let answer: (result: IteratorResult<number>) => void = () => {};
    const iterator = { next: () => new Promise((resolve) => (answer = resolve)) };
    const iterable = { [Symbol.asyncIterator]: () => iterator } as unknown as AsyncIterable<number>;
    const connection = await fromAsyncIterable(() => iterable).open(START, signal);
    const next = connection.batches[Symbol.asyncIterator]().next();
    await connection.close();
    answer({ done: false, value: 1 });
    expect((await next).done).toBe(true);
  });
});
