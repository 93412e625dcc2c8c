/** What an error says is kept where people look for it, and nothing else of it is. */

import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, fromPromise } from 'xstate';
import { reconnectMachine } from '../../machines/index.js';
import type { OpenLogic, ReaderLogic } from '../../machines/reconnect.types.js';
import { ReconnectError, reconnectStream } from '../../src/index.js';
import { SourceError } from '../../src/sources/shared/source-error.js';
import { sse } from '../../src/sources/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import { bare } from '../support/numbered-log.js';

const WHY = 'the shard 7 is read-only';

/** What may be thrown, and what its message is in ours. */
const THROWN: Record<string, readonly [thrown: unknown, kind: string, message: string]> = {
  'a plain Error': [new Error(WHY), 'source', WHY],
  'an Error of its own class': [new (class Mine extends Error {})(WHY), 'source', WHY],
  'an object with a message': [{ message: WHY, stack: 'x' }, 'source', WHY],
  'a text': [WHY, 'source', WHY],
  'a mistake in the code': [new TypeError(`x.y: ${WHY}`), 'network', `broke: x.y: ${WHY}`],
  'an error with a code': [
    Object.assign(new Error(WHY), { code: 'ECONNRESET' }),
    'network',
    `(ECONNRESET): ${WHY}`,
  ],
  'a ReconnectError': [new ReconnectError('network', WHY), 'network', WHY],
};

/** What says nothing. */
const MUTE: readonly unknown[] = [
  undefined,
  null,
  5,
  new Error(''),
  new Error(' '),
  {},
  Object.create(null),
  { message: 7 },
  {
    get message() {
      throw new Error('a trap');
    },
  },
];

/** What engines throw where a value would be too large. */
const TOO_LARGE: Record<string, () => unknown> = {
  'a string': () => 'x'.repeat(2 ** 30),
  'an array': () => Array.from({ length: 2 ** 32 }),
  'a number': () => 2n ** (2n ** 40n),
  'the stack': function overflow(): unknown {
    return [overflow()];
  },
  'a buffer, in another realm': () => runInNewContext('new ArrayBuffer(2 ** 53)') as unknown,
  'a string, by a code of Node': () => {
    throw Object.assign(new Error('too long'), { code: 'ERR_STRING_TOO_LONG' });
  },
};

describe('what is too large for the engine', () => {
  it.each(Object.entries(TOO_LARGE))('is a limit, and not retried: %s', async (_, make) => {
    const thrown = thrownBy(make);
    const trap = new Proxy([], { get: make });
    for (const step of [{ throws: thrown }, [trap as never]]) {
      const source = scriptedSource<number>({ script: () => [step] });
      const { stream, clock, heard } = onVirtualClock(source, { maxAttempts: 3 });
      const { ended } = read(stream);
      await clock.settle();
      await ended;
      const { status, error, attempts } = await stream.done;
      expect([status, error?.kind, attempts]).toEqual(['failed', 'limit', 0]);
      expect(eventsOf(heard, 'failed')).toHaveLength(1);
    }
  });

  it('is a limit in a body that is read', async () => {
    const pull = (): never => thrownAgain(thrownBy(TOO_LARGE['a string'] as never));
    const events = { headers: { 'content-type': 'text/event-stream' } };
    const broken = (): Promise<Response> =>
      Promise.resolve(new Response(new ReadableStream({ pull }), events));
    const stream = reconnectStream(sse({ url: 'http://127.0.0.1/', fetch: broken }));
    stream.start();
    const { status, error, attempts } = await stream.done;
    expect([status, error?.kind, attempts]).toEqual(['failed', 'limit', 0]);
  });
});

function thrownBy(make: () => unknown): unknown {
  try {
    make();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

function thrownAgain(thrown: unknown): never {
  throw thrown;
}

describe('the message of an error', () => {
  const cases = Object.entries(THROWN).flatMap(([name, facts]) =>
    (['open()', 'batches'] as const).map((where) => [name, where, ...facts] as const),
  );

  it.each(cases)('is kept: %s, thrown by %s', async (_, where, thrown, kind, message) => {
    const opening = where === 'open()' ? { refuses: thrown } : [{ throws: thrown }];
    const source = scriptedSource<number>({ script: () => opening });
    const { stream, clock, heard } = onVirtualClock(source, { maxAttempts: 1 });
    const { ended } = read(stream);
    await clock.settle();
    expect(stream.snapshot.error?.kind).toBe(kind);
    expect(stream.snapshot.error?.message).toContain(message);
    await clock.advance(1000);
    const error = await ended;
    expect(error?.kind).toBe('exhausted');
    expect(error?.message).toContain(message);
    expect(eventsOf(heard, 'failed')[0]?.error).toBe(error?.message);
    expect((await stream.done).error).toBe(error);
    if (where === 'batches') expect(eventsOf(heard, 'dropped')[0]?.message).toContain(message);
  });

  it('is a sentence of ours where there is none', async () => {
    for (const thrown of MUTE) {
      const source = scriptedSource<number>({ script: () => ({ refuses: thrown }) });
      const { stream, clock } = onVirtualClock(source);
      stream.start();
      await clock.settle();
      expect(stream.snapshot.error).toEqual({
        kind: 'source',
        message: 'the source threw an error without a text',
      });
      stream.close();
    }
  });

  it('is bounded and on one line, in ours as well', async () => {
    const text = `a\nb\u0000\u202e${'x'.repeat(100_000)}`;
    for (const thrown of [new Error(text), new ReconnectError('source', text), text]) {
      const source = scriptedSource<number>({ script: () => ({ refuses: thrown }) });
      const { stream, clock, heard } = onVirtualClock(source, { maxAttempts: 0 });
      void read(stream);
      await clock.settle();
      const { message } = stream.snapshot.error ?? { message: '' };
      expect(message).toContain(String.raw`a\nb\u0000\u202exxx`);
      expect(message.length).toBeLessThan(2200);
      expect(eventsOf(heard, 'failed')[0]?.error).toBe(message);
    }
  });

  it.each([
    ['Failed to parse URL from https://user:p@ss@a.test/x?key=s3cret#s3cret', 'URL from …'],
    ['Invalid URL: ws://a.test:81/s3cret?token=s3cret', 'ws://a.test:81/…'],
    ["cannot GET '/run?key=s3cret&x=1'", "'/run?…'"],
    ['Headers.append: "Bearer s3cret" is an invalid header value.', 'Headers.append: "…"'],
    [`${'a.'.repeat(20_000)}https://a.test/s3cret`, 'a.a.a.'],
  ])('shows nothing of a request: %#', async (text, shown) => {
    const source = scriptedSource<number>({ script: () => ({ refuses: new TypeError(text) }) });
    const { stream, clock } = onVirtualClock(source);
    stream.start();
    await clock.settle();
    expect(stream.snapshot.error?.message).toContain(shown);
    expect(stream.snapshot.error?.message).not.toMatch(/s3cret|p@ss|user/);
    stream.close();
  });
});

describe('an actor of one’s own', () => {
  const open: OpenLogic = fromPromise(() => Promise.reject(new Error(WHY)));
  const reader: ReaderLogic = fromCallback(() => {
    throw new Error(WHY);
  });
  const opens: OpenLogic = fromPromise(() => Promise.resolve({ connection: 1 }));

  it.each([
    ['open', { open }],
    ['reader', { open: opens, reader }],
  ])('has its message kept: %s', async (_, actors) => {
    const clock = virtualClock();
    const actor = createActor(reconnectMachine.provide({ actors }), { clock });
    actor.start();
    actor.send({ type: 'connect' });
    await clock.settle();
    expect(actor.getSnapshot()).toMatchObject({
      value: 'waiting',
      context: { error: { kind: 'source', message: WHY } },
    });
    actor.stop();
  });

  it('says by its error whether another attempt can help, as a source does', async () => {
    const states: unknown[] = [];
    for (const error of [
      new ReconnectError('tls', 'no'),
      new ReconnectError('http', 'no', { status: 404 }),
      Object.assign(new ReconnectError('http', 'no', { status: 404 }), { fatal: false }),
      new ReconnectError('http', 'no', { status: 503 }),
    ]) {
      const clock = virtualClock();
      const refuses: OpenLogic = fromPromise(() => Promise.reject(error));
      const machine = reconnectMachine.provide({ actors: { open: refuses } });
      const actor = createActor(machine, { clock });
      actor.start();
      actor.send({ type: 'connect' });
      await clock.settle();
      states.push(actor.getSnapshot().value);
      actor.stop();
    }
    expect(states).toEqual(['failed', 'failed', 'waiting', 'waiting']);
  });
});

describe('the body of a refused request', () => {
  const BODY = `{"error":{"message":"${WHY}"}} canary`;
  const refusal = (fatal: boolean): SourceError =>
    new SourceError('http', 'status 400', { fatal, status: 400, body: BODY });

  it.each([
    ['fatal', true, 'http'],
    ['the last one', false, 'exhausted'],
  ] as const)('is with the error that the loop throws: %s', async (_, fatal, kind) => {
    const source = scriptedSource<number>({ script: () => ({ refuses: refusal(fatal) }) });
    const { stream, clock, heard } = onVirtualClock(source, { maxAttempts: 1 });
    const { ended } = read(stream);
    await clock.advance(1000);
    const error = await ended;
    expect({ kind: error?.kind, status: error?.status, body: error?.body }).toEqual({
      kind,
      status: 400,
      body: BODY,
    });
    expect((await stream.done).error?.body).toBe(BODY);
    const shown = [
      heard,
      stream.snapshot,
      stream.checkpoint(),
      stream.actor.getPersistedSnapshot(),
      error,
      error?.stack,
      await stream.done,
      stream,
    ];
    for (const value of shown) {
      expect(JSON.stringify(value) ?? '').not.toContain('canary');
      expect(inspect(value, { depth: 10, showHidden: true })).not.toContain('canary');
    }
  });

  it('is that of the request that mattered, not of one before it', async () => {
    const source = scriptedSource<number>({
      script: [{ refuses: refusal(false) }, [[bare(1)], { throws: new Error('x') }]],
      resume: 'none',
    });
    const { stream, clock } = onVirtualClock(source);
    const { ended } = read(stream);
    await clock.advance(1000);
    expect((await ended)?.kind).toBe('not-resumable');
    expect((await ended)?.body).toBeUndefined();
  });
});
