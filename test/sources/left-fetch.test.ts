/** What becomes of a fetch that was left, and of one that has nothing left to abort. */

import { afterEach, describe, expect, it } from 'vitest';

import { sse } from '../../src/sources/index.js';
import type { SseOptions } from '../../src/sources/index.js';
import { startServer } from '../support/server.js';
import type { TestServer } from '../support/server.js';
import { openError, readAll, START, streamResponse } from './drive.js';

type Fetch = NonNullable<SseOptions['fetch']>;

let server: TestServer | undefined;
afterEach(() => server?.close());

const url = 'http://test.invalid/';

/** The signal that fetch was given, after the attempt was left. */
async function isAborted(
  answer: Fetch,
  read: (
    source: ReturnType<typeof sse>,
    signal: AbortSignal,
    called: Promise<void>,
  ) => Promise<unknown>,
): Promise<boolean | undefined> {
  const attempt = new AbortController();
  let given: AbortSignal | null | undefined;
  let call = (): void => {};
  const called = new Promise<void>((resolve) => (call = resolve));
  const fetch: Fetch = (address, init) => {
    given = init.signal;
    call();
    return answer(address, init);
  };
  await read(sse({ url, fetch }), attempt.signal, called);
  attempt.abort();
  return given?.aborted;
}

describe('the signal of a fetch', () => {
  it('is not aborted once the fetch has failed', async () => {
    const fails: Fetch = () => Promise.reject(new TypeError('x'));
    const throws: Fetch = () => {
      throw new TypeError('x');
    };
    for (const fetch of [fails, throws])
      expect(await isAborted(fetch, (source, signal) => openError(source, {}, signal))).toBe(false);
  });

  it('is not aborted once the body has ended, broken, or was read as an error', async () => {
    const broken = (): Response =>
      new Response(new ReadableStream({ pull: (body) => body.error(new Error('x')) }), {
        headers: { 'content-type': 'text/event-stream' },
      });
    for (const response of [() => streamResponse(['data: 1\n\n']), broken])
      expect(
        await isAborted(
          () => Promise.resolve(response()),
          (source, signal) => readAll(source, {}, signal),
        ),
      ).toBe(false);
    for (const status of [200, 400, 503])
      expect(
        await isAborted(
          () => Promise.resolve(new Response('{}', { status })),
          (source, signal) => openError(source, {}, signal),
        ),
      ).toBe(false);
  });

  it('is aborted while the fetch runs, and while the body is read', async () => {
    const hangs: Fetch = () => new Promise(() => {});
    expect(
      await isAborted(hangs, async (source, signal, called) => {
        source.open(START, signal).catch(() => {});
        await called;
      }),
    ).toBe(true);
    const open: Fetch = () =>
      Promise.resolve(
        new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } }),
      );
    expect(await isAborted(open, (source, signal) => source.open(START, signal))).toBe(true);
  });
});

describe('a response with many content codings', () => {
  it('is refused before the fetch of Node makes something of it', async () => {
    server = await startServer();
    for (const codings of ['gzip, gzip, gzip, gzip, gzip, gzip', ', , , , , , ,']) {
      const error = await openError(sse({ url: `${server.url}/encoding?codings=${codings}` }));
      expect(error).toMatchObject({ kind: 'network', fatal: false });
      // Ours: where that of Node speaks, it is too late.
      const { cause } = error.cause as Error;
      expect((cause as Error).message).toBe('The response has too many content codings');
    }
    await server.idle();
  });

  it('does not change what a mock of the dispatcher is asked for', async () => {
    const key = Symbol.for('undici.globalDispatcher.1');
    const globals = globalThis as unknown as Record<
      symbol,
      { dispatch: (...args: never[]) => unknown }
    >;
    const real = globals[key]!;
    const asked: unknown[] = [];
    globals[key] = {
      dispatch: (request: never, handler: never) => {
        asked.push((request as { method: string }).method);
        return real.dispatch(request, handler);
      },
    };
    try {
      server = await startServer();
      expect((await readAll(sse({ url: `${server.url}/ok?n=1` }))).error).toBeUndefined();
    } finally {
      globals[key] = real;
    }
    expect(asked).toEqual(['GET']);
  });
});
