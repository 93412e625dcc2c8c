/** A recording holds what happened, replays to the same states, and gives nothing away. */

import { createActor } from 'xstate';
import { describe, expect, it } from 'vitest';
import { reconnectMachine } from '../../machines/index.js';
import { ReconnectError, reconnectStream, systemClock } from '../../src/index.js';
import type { ReconnectOptions, ResumePoint } from '../../src/index.js';
import { recorder, replay } from '../../src/recorder/index.js';
import type { Recording } from '../../src/recorder/index.js';
import { scriptedSource, seededRandom, virtualClock } from '../../src/testing/index.js';
import type { ScriptedOpening } from '../../src/testing/index.js';
import { after, bare, items } from '../support/numbered-log.js';
import { runs } from '../support/effort.js';

const SECRET = '{"card":"4111"}';

/** Every other opening breaks in one way or another, with a tool call in the middle. */
function script(seed: number): (at: ResumePoint) => ScriptedOpening<number> {
  const random = seededRandom(seed);
  return (at) => {
    const from = after(at) + 1;
    const batch = items(from, from + Math.floor(random() * 4));
    const call = { ...bare(0), toolCall: [{ id: `call-${from}`, name: 'pay', args: SECRET }] };
    const draw = random();
    if (draw < 0.1) return { refuses: new ReconnectError('network', 'nobody listens') };
    if (draw < 0.2) return [batch, [call], 'eof'];
    if (draw < 0.5) return [batch, 'drop'];
    return [batch, [call], batch, 'drop'];
  };
}

async function recorded(seed: number, options: ReconnectOptions = {}, limit?: number) {
  const flight = recorder(limit === undefined ? {} : { limit });
  const clock = virtualClock(5_000);
  const random = seededRandom(seed);
  const source = scriptedSource<number>({ script: script(seed) });
  const stream = reconnectStream(source, {
    clock,
    random: seededRandom(seed + 1),
    maxElapsedMs: 60_000,
    inspect: flight.inspect,
    ...options,
  });
  void (async () => {
    try {
      for await (const _ of stream);
    } catch {
      // A stream may fail here.
    }
  })();
  for (let n = 0; n < 30; n++) {
    await clock.advance(random() * 3_000);
    const draw = random();
    if (draw < 0.1) stream.pause();
    else if (draw < 0.3) stream.resume();
    else if (draw < 0.5) stream.retryNow();
    else if (draw < 0.55) stream.actor.send({ type: 'pause' });
  }
  if (random() < 0.5) stream.close();
  await clock.settle();
  return { stream, recording: flight.recording() as Recording };
}

const RUNS = runs(10, 40);

describe('a recording', () => {
  it('replays to the same states, in random runs', async () => {
    let steps = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const { stream, recording } = await recorded(seed);
      const copy = JSON.parse(JSON.stringify(recording)) as Recording;
      const { agrees, steps: replayed } = replay(copy);
      const first = replayed.find((step) => !step.agrees);
      expect([seed, first]).toEqual([seed, undefined]);
      expect(agrees).toBe(true);
      expect(replayed.at(-1)?.value).toBe(stream.state);
      steps += replayed.length;
      stream.close();
    }
    expect(steps).toBeGreaterThan(50 * RUNS);
  }, 300_000);

  it('begins in the middle when there is more than it keeps, wherever that is', async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const { stream, recording } = await recorded(seed, {}, 5 + (seed % 7));
      expect(recording.steps.length).toBe(5 + (seed % 7));
      expect(recording.dropped).toBeGreaterThan(0);
      seen.add(recording.from.value);
      expect([seed, replay(recording).steps.filter((step) => !step.agrees)]).toEqual([seed, []]);
      stream.close();
    }
    expect([...seen]).toEqual(expect.arrayContaining(['waiting', 'connecting', 'connected']));
  }, 300_000);

  it('contains only the length of tool arguments', async () => {
    const { stream, recording } = await recorded(7);
    const text = JSON.stringify(recording);
    expect(stream.snapshot.streamState.toolCalls).not.toEqual({});
    expect(JSON.stringify(stream.snapshot.streamState)).toContain('4111');
    expect(text).not.toContain('4111');
    expect(text).toContain('•'.repeat(SECRET.length));
    stream.close();
  });

  it.each(['failed', 'paused', 'closed', 'waiting'] as const)(
    'is whole for a listener of %s that asks for it',
    async (type) => {
      const flight = recorder();
      const clock = virtualClock();
      const source = scriptedSource<number>({ script: () => [items(1, 1), 'drop'] });
      const stream = reconnectStream(source, { clock, maxAttempts: 1, inspect: flight.inspect });
      const told: (Recording | null)[] = [];
      stream.on(type, () => told.push(flight.recording()));
      stream.start();
      await clock.settle();
      if (type === 'paused') stream.pause();
      if (type === 'closed') stream.close();
      await clock.advance(10_000);
      expect(told[0]?.steps.at(-1)?.value).toBe(type);
      expect(replay(told[0]).agrees).toBe(true);
      // Nothing is in it twice, once the listeners are through.
      const later = flight.recording();
      expect(later?.steps.slice(0, told[0]?.steps.length)).toEqual(told[0]?.steps);
      stream.close();
    },
  );

  it('keeps an event as it was, and of one that is no JSON its type', () => {
    const flight = recorder();
    const actor = createActor(reconnectMachine, { inspect: flight.inspect, clock: virtualClock() });
    actor.start();
    const error = { kind: 'reported', message: 'first' } as const;
    const event = { type: 'attempt.failed', error: { ...error } } as const;
    actor.send(event);
    Object.assign(event.error, { message: 'second' });
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    actor.send(Object.assign({ type: 'attempt.connecting' } as const, { loop }));
    actor.send(Object.assign({ type: 'attempt.connected' } as const, { big: 10n }));
    const events = flight.recording()?.steps.map((step) => step.event);
    expect(events).toEqual([
      { type: 'attempt.failed', error, reading: expect.anything() as unknown },
      { type: 'attempt.connecting', reading: expect.anything() as unknown },
      { type: 'attempt.connected', reading: expect.anything() as unknown },
    ]);
  });

  it('that was damaged is refused as wrong input, whatever the damage', async () => {
    const { stream, recording } = await recorded(5);
    stream.close();
    const hostile: unknown[] = [
      null,
      5,
      {},
      [],
      'x',
      { toString: 1 },
      JSON.parse('{"__proto__":1}'),
    ];
    let refused = 0;
    const short = JSON.stringify({ ...recording, steps: recording.steps.slice(0, 3) });
    for (const [n, path] of pathsOf(JSON.parse(short)).entries()) {
      const damaged = JSON.parse(short) as object;
      setAt(damaged, path, hostile[n % hostile.length]);
      try {
        replay(damaged);
      } catch (error) {
        const { kind } = error as ReconnectError;
        expect([path.join('.'), kind]).toEqual([path.join('.'), 'config']);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(20);
    expect(() => replay(JSON.stringify(recording))).toThrow('Write replay(JSON.parse(text)).');
    expect(Object.keys(Object.prototype)).toEqual([]);
  }, 300_000);

  it('notices a machine that does something else', async () => {
    const { stream, recording } = await recorded(3);
    const [step, ...rest] = recording.steps;
    const changed = { ...step, context: { ...step?.context, attempts: 77 } };
    const { agrees, steps } = replay({ ...recording, steps: [changed, ...rest] });
    expect(agrees).toBe(false);
    expect(steps.filter((one) => !one.agrees)).toHaveLength(1);
    stream.close();
  });

  it('is of one stream, and null before there is one', () => {
    const flight = recorder();
    expect(flight.recording()).toBe(null);
    const [one, other] = [1, 2].map(() =>
      createActor(reconnectMachine, { input: {}, inspect: flight.inspect, clock: virtualClock() }),
    );
    one?.start();
    other?.start();
    other?.send({ type: 'connect' });
    one?.send({ type: 'pause' });
    expect(flight.recording()?.steps.map(({ value }) => value)).toEqual(['paused']);
  });

  it('of a host without moments agrees in its states', () => {
    const flight = recorder();
    const actor = createActor(reconnectMachine, {
      input: { config: { maxAttempts: 3 } },
      inspect: flight.inspect,
      clock: systemClock,
    });
    actor.start();
    actor.send({ type: 'attempt.start' });
    actor.send({ type: 'attempt.connecting' });
    actor.send({ type: 'attempt.connected' });
    actor.send({ type: 'attempt.failed', error: 'gone' });
    actor.stop();
    const { steps } = replay(flight.recording());
    expect(steps.map(({ value }) => value)).toEqual(steps.map(({ recorded: { value } }) => value));
  });

  it.each([
    ['nothing', undefined, 'recording.version: expected 1'],
    ['another version', { version: 2 }, 'recording.version: expected 1'],
    ['no state', { version: 1, from: {} }, 'recording.from.value: expected the name of a state'],
    [
      'an inherited name for a state',
      { version: 1, from: { value: 'constructor' } },
      'recording.from.value: expected the name of a state',
    ],
    [
      'no context',
      { version: 1, from: { value: 'idle', context: {} } },
      'recording.from.context: expected the context of the machine',
    ],
  ])('is refused with a reason: %s', (_, given, message) => {
    expect(() => replay(given)).toThrow(message);
  });

  it('has one option', () => {
    expect(() => recorder({ limt: 5 } as object)).toThrow('limt: expected a known option');
  });

  it.each([0, 1.5, NaN, Infinity])('cannot keep %d events', (limit) => {
    expect(() => recorder({ limit })).toThrow(
      'limit: expected a whole number of events, 1 or more',
    );
  });
});

/** Every place in a value that is JSON. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))
      : [];
  return path.length === 0 ? inner : [[...path], ...inner];
}

function setAt(target: object, path: readonly string[], value: unknown): void {
  const last = path.at(-1) ?? '';
  let place = target as Record<string, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  place[last] = value;
}
