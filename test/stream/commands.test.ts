/** Every command is legal in every state and from every handler; `closed` comes once, and last. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream, ReconnectState } from '../../src/index.js';
import { EVENT_TYPES, eventsOf, onVirtualClock, read, record } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedOpening, ScriptedSource } from '../../src/testing/index.js';
import { END, bare, item, items } from '../support/numbered-log.js';

const uncaught: unknown[] = [];
const onUncaught = (error: unknown): void => void uncaught.push(error);
beforeEach(() => {
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
});
afterEach(async () => {
  await new Promise((resolve) => void setImmediate(resolve));
  process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
  expect(uncaught.splice(0)).toEqual([]);
});

type Stream = ReconnectingStream<number>;

const COMMANDS: Record<string, (stream: Stream, abort: () => void) => unknown> = {
  start: (stream) => stream.start(),
  retryNow: (stream) => stream.retryNow(),
  pause: (stream) => stream.pause(),
  resume: (stream) => stream.resume(),
  close: (stream) => stream.close(),
  cancel: (stream) => void stream.cancel(),
  abort: (_, abort) => abort(),
  // Not a method of the stream; XState itself warns about what is sent to an actor that is over.
  reset: ({ actor, state }) => state !== 'closed' && actor.send({ type: 'reset' }),
  checkpoint: (stream) => void stream.checkpoint(),
  dispose: (stream) => void stream[Symbol.asyncDispose](),
};

/** The state that follows at once; `·` is the one before. */
const TABLE: Record<ReconnectState, Record<string, ReconnectState | '·'>> = {
  idle: row('connecting', 'connecting', 'paused', '·', 'idle'),
  connecting: row('·', '·', 'paused', '·', 'idle'),
  connected: row('·', 'connecting', 'paused', '·', 'idle'),
  waiting: row('·', 'connecting', 'paused', '·', 'idle'),
  paused: row('·', 'connecting', '·', 'connecting', 'idle'),
  failed: row('·', 'connecting', 'paused', '·', 'idle'),
  closed: { ...row('·', '·', '·', '·', 'closed'), reset: '·' },
};

const OPENINGS: Record<ReconnectState, ScriptedOpening<number>> = {
  idle: [],
  connecting: 'no answer',
  connected: [items(1, 3)],
  waiting: { refuses: new TypeError('refused') },
  paused: [items(1, 3)],
  failed: { refuses: new TypeError('refused') },
  closed: [[END]],
};

describe('the commands', () => {
  const cases = (Object.keys(TABLE) as ReconnectState[]).flatMap((state) =>
    Object.keys(COMMANDS).map((command) => ({ state, command })),
  );

  it.each(cases)('$command in $state does what the table says', async ({ state, command }) => {
    const { stream, controller, heard, source, clock } = await bring(state);
    COMMANDS[command]?.(stream, () => controller.abort());
    const expected = TABLE[state][command] ?? 'closed';
    // A stream that has failed has released the signal, and stays as it is.
    const isLate = command === 'abort' && state === 'failed';
    expect(stream.state).toBe(expected === '·' || isLate ? state : expected);
    expect(Object.isFrozen(stream.snapshot)).toBe(true);
    expect(source.live).toBeLessThanOrEqual(1);
    await clock.settle();
    stream.close();
    await clock.advance(100_000);
    expect({ state: stream.state, live: source.live, timers: clock.armed }).toEqual({
      state: 'closed',
      live: 0,
      timers: 0,
    });
    expect(eventsOf(heard, 'closed')).toHaveLength(1);
    expect(heard.at(-1)?.type).toBe('closed');
    expect(await stream.done).toHaveProperty('status');
  });

  const handlers = EVENT_TYPES.filter((type) => type !== 'gap');
  const nested = [...handlers, 'subscribe', 'actor'].flatMap((where) =>
    Object.keys(COMMANDS).map((command) => ({ where, command })),
  );

  it('are tried in a run that comes by every event', async () => {
    const { heard } = await run(() => {});
    const types = new Set(heard.map(({ type }) => type));
    expect(handlers.filter((type) => !types.has(type))).toEqual(['diagnostic']);
  });

  it.each(nested)('$command from inside $where neither throws nor wedges', async (one) => {
    const { stream, heard, source, clock } = await run((live, abort) => {
      // Not for ever: a restart from the handler of a restart would be a loop of the caller.
      let left = 3;
      const handler = (): void => void (left-- > 0 && COMMANDS[one.command]?.(live, abort));
      if (one.where === 'subscribe') live.subscribe(handler);
      else if (one.where === 'actor') live.actor.subscribe(handler);
      else live.on(one.where as (typeof handlers)[number], handler);
    });
    expect(eventsOf(heard, 'closed')).toHaveLength(1);
    expect(heard.at(-1)?.type).toBe('closed');
    expect({ state: stream.state, live: source.live, timers: clock.armed }).toEqual({
      state: 'closed',
      live: 0,
      timers: 0,
    });
    expect(eventsOf(heard, 'diagnostic')).toEqual([]);
  });
});

describe('pause', () => {
  it('lasts until every reason is gone', () => {
    const stream = reconnectStream(scriptedSource());
    const heard = record(stream);
    stream.pause('offline');
    stream.pause('hidden');
    stream.pause('hidden');
    expect(stream.snapshot.pausedBy).toEqual(['offline', 'hidden']);
    stream.resume('hidden');
    expect(stream.state).toBe('paused');
    stream.resume('offline');
    expect(stream.state).toBe('connecting');
    expect(eventsOf(heard, 'paused')).toEqual([{ type: 'paused', reasons: ['offline'] }]);
    stream.close();
  });
});

describe('the snapshot', () => {
  it('is frozen, and the same object until something changes', async () => {
    const source = scriptedSource({ script: [[items(1, 3)]] });
    const { stream, clock } = onVirtualClock(source);
    const idle = stream.snapshot;
    expect(stream.snapshot).toBe(idle);
    stream.start();
    expect(stream.snapshot).not.toBe(idle);
    await clock.settle();
    const connected = stream.snapshot;
    const seen: unknown[] = [];
    const stop = stream.subscribe((snapshot) => seen.push(snapshot));
    source.push([item(4)]);
    source.push([{ type: 'alive' }]);
    await clock.settle();
    expect(stream.snapshot).toBe(connected);
    expect(seen).toEqual([]);
    stream.pause();
    expect(seen.at(-1)).toBe(stream.snapshot);
    expect(new Set(seen).size).toBe(seen.length);
    const { length } = seen;
    stop();
    stop();
    stream.close();
    expect(seen).toHaveLength(length);
    expect(Object.isFrozen(stream.snapshot)).toBe(true);
    expect(Object.isFrozen(stream.snapshot.streamState)).toBe(true);
    expect(Object.isFrozen(stream.snapshot.pausedBy)).toBe(true);
  });
});

function row(
  start: ReconnectState | '·',
  retryNow: ReconnectState | '·',
  pause: ReconnectState | '·',
  resume: ReconnectState | '·',
  reset: ReconnectState,
): Record<string, ReconnectState | '·'> {
  return { start, retryNow, pause, resume, reset, checkpoint: '·' };
}

/** A stream that was brought into this state. */
async function bring(state: ReconnectState) {
  const controller = new AbortController();
  const source = scriptedSource({ script: () => OPENINGS[state] });
  const driven = onVirtualClock(source, {
    signal: controller.signal,
    maxAttempts: state === 'failed' ? 0 : 5,
  });
  if (state !== 'idle') driven.stream.start();
  await driven.clock.settle();
  if (state === 'paused') driven.stream.pause();
  expect(driven.stream.state).toBe(state);
  return { ...driven, source, controller };
}

/** A run in which each event comes about; `prepare` gets the stream before it starts. */
async function run(prepare: (stream: Stream, abort: () => void) => void) {
  const controller = new AbortController();
  const tool = { type: 'data', data: 3, bytes: 1, id: '3', toolCall: [{ id: 'call', args: '{}' }] };
  const scripts: ScriptedOpening<number>[] = [
    [[bare(1)], 'drop'],
    [[item(1), bare(2)], 'drop'],
    [[item(1), bare(2), tool as never], [], 'eof'],
    { refuses: new TypeError('refused') },
    [[item(4), { type: 'reset', scope: 'all', why: 'new run' }, item(5)]],
    [[item(6), { type: 'upToDate' }, { type: 'rotate', afterMs: 1000 }]],
  ];
  const refused = Object.assign(new TypeError('refused'), { code: 'CERT_HAS_EXPIRED' });
  const source: ScriptedSource<number> = scriptedSource({
    script: (_, nth) => scripts[nth] ?? (nth % 2 === 0 ? { refuses: refused } : [[item(nth)]]),
  });
  const driven = onVirtualClock(source, {
    signal: controller.signal,
    delivery: 'eager',
    stallTimeoutMs: 2000,
    highWaterMark: 4,
  });
  const { stream, clock } = driven;
  prepare(stream, () => controller.abort());
  const reading = read(stream);
  await clock.advance(30_000);
  stream.pause();
  stream.resume();
  await clock.advance(30_000);
  stream.retryNow();
  await clock.advance(30_000);
  stream.close();
  await clock.advance(100_000);
  await reading.ended;
  return { ...driven, source };
}
