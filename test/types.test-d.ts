import { describe, expectTypeOf, it } from 'vitest';
import { createActor, fromCallback, fromPromise } from 'xstate';
import type { EventObject } from 'xstate';
import { planResume, reconnectMachine } from '../machines/index.js';
import type {
  ReconnectActor,
  ReconnectContext,
  ReconnectMachine,
  ReconnectState,
} from '../machines/index.js';
import type { Opened, OpenInput, ReaderInput } from '../machines/reconnect.types.js';
import {
  backoffDelayMs,
  canResume,
  createReconnectManager,
  defaultReconnectConfig,
  ReconnectError,
  reconnectStream,
} from '../src/index.js';
import type {
  Checkpoint,
  ReconnectConfig,
  ReconnectErrorKind,
  ReconnectEvent,
  ReconnectOptions,
  StreamOutcome,
  StreamSource,
} from '../src/index.js';
import { sse } from '../src/sources/index.js';
import { fromWireEvent, toWireEvent, toWireState } from '../src/wire/index.js';

type OfType<K extends ReconnectEvent['type']> = Extract<ReconnectEvent, { type: K }>;

declare const source: StreamSource<{ text: string }>;

describe('the machine', () => {
  it('has the plain word as its value', () => {
    const actor = createActor(reconnectMachine, { input: {} });
    expectTypeOf(actor.getSnapshot().value).toEqualTypeOf<ReconnectState>();
    expectTypeOf(actor.getSnapshot().context).toEqualTypeOf<ReconnectContext>();
    expectTypeOf(actor).toExtend<ReconnectActor>();
    expectTypeOf(actor.getSnapshot().matches('waiting')).toEqualTypeOf<boolean>();
    // @ts-expect-error there is no such state
    actor.getSnapshot().matches('resting');
  });

  it('takes its own events and no others', () => {
    const actor = createActor(reconnectMachine, { input: { config: { maxAttempts: 3 } } });
    actor.send({ type: 'pause', reason: 'hidden' });
    actor.send({ type: 'attempt.failed', error: 'gone' });
    // @ts-expect-error an unknown command
    actor.send({ type: 'halt' });
    // @ts-expect-error the error is missing
    actor.send({ type: 'attempt.failed' });
    // @ts-expect-error a drop needs its failure
    actor.send({ type: 'stream.dropped' });
    // @ts-expect-error a misspelt option
    createActor(reconnectMachine, { input: { config: { maxAttempt: 3 } } });
  });

  it('names what it emits', () => {
    const actor = createActor(reconnectMachine, { input: {} });
    actor.on('waiting', (event) => {
      expectTypeOf(event).toExtend<OfType<'waiting'>>();
      expectTypeOf(event.delayMs).toEqualTypeOf<number>();
    });
    actor.on('closed', ({ outcome }) => expectTypeOf(outcome.drops).toEqualTypeOf<number>());
    actor.on('*', (event) => expectTypeOf(event).toEqualTypeOf<ReconnectEvent>());
    // @ts-expect-error nothing of that name is emitted
    actor.on('reconnected', () => {});
  });

  it('can be given actors of the right shape, and stays the same machine', () => {
    const provided = reconnectMachine.provide({
      actors: {
        open: fromPromise<Opened, OpenInput>(({ input }) =>
          Promise.resolve({ connection: input.connection }),
        ),
        reader: fromCallback<EventObject, ReaderInput>(({ input, sendBack }) =>
          sendBack({ type: 'stream.diagnostic', code: 'c', message: `${input.connection}` }),
        ),
      },
      delays: { backoff: ({ context }) => context.attempt * 10 },
      guards: { isFatal: ({ context }, { isFatal }) => isFatal || context.attempt > 1 },
    });
    expectTypeOf(provided).toExtend<ReconnectMachine>();
    expectTypeOf(createActor(provided, { input: {} })).toExtend<ReconnectActor>();
    reconnectMachine.provide({
      // @ts-expect-error no actor of that name
      actors: { close: fromPromise(() => Promise.resolve(1)) },
    });
    reconnectMachine.provide({
      // @ts-expect-error the output is not what the machine needs
      actors: { open: fromPromise<string, OpenInput>(() => Promise.resolve('x')) },
    });
    // @ts-expect-error no delay of that name
    reconnectMachine.provide({ delays: { pause: 1 } });
  });

  it('decides without knowing functions', () => {
    // @ts-expect-error an unknown way to resume
    planResume({ name: 'x', resume: 'maybe', reopen: 'safe', allowRestart: false });
  });
});

describe('reconnectStream', () => {
  it('gives what the source gives', () => {
    const stream = reconnectStream(source, { maxAttempts: 3 });
    expectTypeOf(stream[Symbol.asyncIterator]().next()).resolves.toEqualTypeOf<
      IteratorResult<{ text: string }, undefined>
    >();
    expectTypeOf(stream.batches().next()).resolves.toEqualTypeOf<
      IteratorResult<readonly { text: string }[], undefined>
    >();
    expectTypeOf(stream.state).toEqualTypeOf<ReconnectState>();
    expectTypeOf(stream.done).toEqualTypeOf<Promise<StreamOutcome>>();
    expectTypeOf(stream.checkpoint()).toEqualTypeOf<Checkpoint>();
    expectTypeOf(stream.actor).toEqualTypeOf<ReconnectActor>();
    expectTypeOf(stream.cancel('enough')).toEqualTypeOf<Promise<void>>();
    expectTypeOf(stream).toExtend<AsyncIterable<{ text: string }>>();
    expectTypeOf(stream).toExtend<AsyncDisposable>();
    // @ts-expect-error read-only
    stream.state = 'idle';
  });

  it('gives each listener its own event, and returns how to stop', () => {
    const stream = reconnectStream(source);
    const stop = stream.on('failed', (event) => {
      expectTypeOf(event).toEqualTypeOf<OfType<'failed'>>();
      expectTypeOf(event.kind).toEqualTypeOf<ReconnectErrorKind>();
    });
    expectTypeOf(stop).toEqualTypeOf<() => void>();
    stream.on('toolCall', ({ status }) =>
      expectTypeOf(status).toEqualTypeOf<'streaming' | 'complete' | 'interrupted'>(),
    );
    stream.on('reset', ({ scope }) => expectTypeOf(scope).toEqualTypeOf<'all' | 'pending'>());
    stream.on('paused', ({ reasons }) => expectTypeOf(reasons).toEqualTypeOf<readonly string[]>());
    stream.subscribe(({ delayMs }) => expectTypeOf(delayMs).toEqualTypeOf<number | null>());
    // @ts-expect-error no such event
    stream.on('open', () => {});
    // @ts-expect-error not a field of this event
    stream.on('waiting', ({ error }) => void error);
  });

  it('may be given undefined for what is left out', () => {
    const signal = undefined as AbortSignal | undefined;
    const maxElapsedMs = undefined as number | undefined;
    reconnectStream(source, { signal, maxElapsedMs, stallTimeoutMs: null, checkpoint: undefined });
    expectTypeOf<{ resetAfterMs: undefined }>().toExtend<ReconnectOptions>();
  });

  it('refuses what is no option or no value of it', () => {
    // @ts-expect-error a misspelt option
    reconnectStream(source, { maxRetries: 3 });
    // @ts-expect-error a text is no number
    reconnectStream(source, { maxAttempts: '3' });
    // @ts-expect-error an unknown jitter
    reconnectStream(source, { jitter: 'wild' });
    // @ts-expect-error an unknown delivery
    reconnectStream(source, { delivery: 'twice' });
    // @ts-expect-error a clock needs now()
    reconnectStream(source, { clock: { setTimeout, clearTimeout } });
    // @ts-expect-error no source
    reconnectStream('https://example.test/');
    // @ts-expect-error a source of words that do not exist
    reconnectStream({ ...source, terminal: 'maybe' });
  });

  it('takes the source of an address', () => {
    const stream = reconnectStream(sse({ url: 'https://example.test/' }));
    expectTypeOf(stream[Symbol.asyncIterator]().next()).resolves.toExtend<
      IteratorResult<{ type: string; data: string; id: string }, undefined>
    >();
  });
});

describe('the manager and the pure functions', () => {
  it('say what the seed says', () => {
    const manager = createReconnectManager({ jitter: false }, (event) =>
      expectTypeOf(event).toEqualTypeOf<ReconnectEvent>(),
    );
    expectTypeOf(manager.startAttempt()).toEqualTypeOf<number | null>();
    expectTypeOf(manager.state).toEqualTypeOf<ReconnectState>();
    expectTypeOf(manager.config).toEqualTypeOf<ReconnectConfig>();
    expectTypeOf(backoffDelayMs(defaultReconnectConfig, 1, () => 0.5)).toEqualTypeOf<number>();
    expectTypeOf(canResume(manager.streamState, 'cursor')).toEqualTypeOf<boolean>();
    // @ts-expect-error read-only
    manager.attemptCount = 3;
    // @ts-expect-error the bytes are a number
    manager.recordChunk('12', 5);
    // @ts-expect-error all of the config is needed here
    backoffDelayMs({ maxAttempts: 3 }, 1);
    // @ts-expect-error an unknown way to resume
    canResume(manager.streamState, 'maybe');
  });

  it('have errors of known kinds', () => {
    expectTypeOf(new ReconnectError('eof', 'gone').kind).toEqualTypeOf<ReconnectErrorKind>();
    // @ts-expect-error an unknown kind
    expectTypeOf(new ReconnectError('weather', 'rain')).toExtend<Error>();
  });
});

describe('the wire', () => {
  it('takes the seed’s words', () => {
    expectTypeOf(toWireState('paused')).toEqualTypeOf<
      'Idle' | 'Waiting' | 'Connecting' | 'Connected' | 'Failed'
    >();
    expectTypeOf(fromWireEvent({}).type).toEqualTypeOf<
      'attemptStarted' | 'waiting' | 'connected' | 'failed'
    >();
    expectTypeOf(toWireEvent(fromWireEvent({}))).toBeObject();
    // @ts-expect-error an unknown state
    toWireState('resting');
  });
});
