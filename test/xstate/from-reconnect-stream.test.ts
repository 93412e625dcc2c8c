/** A stream as a child of the user's own machine: invoked, spawned, commanded, persisted. */

import { describe, expect, it } from 'vitest';
import { assign, createActor, sendTo, setup, stopChild, toPromise, waitFor } from 'xstate';
import type { AnyActorRef, SnapshotFrom } from 'xstate';
import type { ReconnectOptions } from '../../src/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import type { ScriptedOpening, ScriptedSource, VirtualClock } from '../../src/testing/index.js';
import { fromReconnectStream } from '../../src/xstate/index.js';
import { after, END, item, items, range } from '../support/numbered-log.js';

interface Made {
  readonly clock: VirtualClock;
  readonly sources: ScriptedSource<number>[];
}

type Script = (cursor: number, nth: number) => ScriptedOpening<number>;

const add = (all: readonly number[], n: number): readonly number[] => [...all, n];

/** The logic, and each source that it made. */
function make(script: Script, options: ReconnectOptions = {}) {
  const made: Made = { clock: virtualClock(), sources: [] };
  const logic = fromReconnectStream(
    (_input: { id: string }) => {
      const source = scriptedSource<number>({ script: (at, nth) => script(after(at), nth) });
      made.sources.push(source);
      return source;
    },
    {
      initial: [] as readonly number[],
      reduce: add,
      jitter: 'none',
      ...options,
      clock: made.clock,
    },
  );
  return { ...made, logic };
}

/** A parent that invokes it. */
function parentOf(logic: ReturnType<typeof make>['logic']) {
  return setup({
    types: {
      context: {} as { data: readonly number[]; states: string[]; status: string; error: unknown },
      events: {} as { type: 'stop' } | { type: 'pause' } | { type: 'resume' },
    },
    actors: { stream: logic },
  }).createMachine({
    context: { data: [], states: [], status: '', error: null },
    initial: 'streaming',
    states: {
      streaming: {
        invoke: {
          id: 'answer',
          systemId: 'the answer',
          src: 'stream',
          input: { id: '7' },
          onSnapshot: {
            actions: assign(({ context, event: { snapshot } }) => ({
              data: snapshot.context.data,
              states:
                context.states.at(-1) === snapshot.context.state
                  ? context.states
                  : [...context.states, snapshot.context.state],
            })),
          },
          onDone: {
            target: 'over',
            actions: assign({ status: ({ event }) => event.output.status }),
          },
          onError: { target: 'lost', actions: assign({ error: ({ event }) => event.error }) },
        },
        on: {
          stop: 'left',
          pause: {
            actions: sendTo(({ system }) => system.get('the answer') as AnyActorRef, {
              type: 'pause',
            }),
          },
          resume: { actions: sendTo('answer', { type: 'resume' }) },
        },
      },
      left: {},
      lost: {},
      over: { type: 'final' },
    },
  });
}

describe('invoked', () => {
  it('the parent sees its states and its data, and is done with its outcome', async () => {
    const { logic, clock } = make((from, nth) =>
      nth === 0 ? [items(1, 2), 'drop'] : [[...items(from + 1, 5), END]],
    );
    const actor = createActor(parentOf(logic)).start();
    await clock.advance(5000);
    await waitFor(actor, (s) => s.value === 'over');
    expect(actor.getSnapshot().context).toMatchObject({ data: range(1, 5), status: 'complete' });
    expect(actor.getSnapshot().context.states).toEqual([
      'idle',
      'connecting',
      'connected',
      'waiting',
      'connecting',
      'connected',
      'closed',
    ]);
  });

  it('leaving the state closes the connection', async () => {
    const { logic, clock, sources } = make(() => [items(1, 2)]);
    const actor = createActor(parentOf(logic)).start();
    await clock.settle();
    expect(sources[0]?.live).toBe(1);
    actor.send({ type: 'stop' });
    await clock.settle();
    expect([actor.getSnapshot().value, sources[0]?.live]).toEqual(['left', 0]);
    expect(actor.getSnapshot().context.data).toEqual([1, 2]);
  });

  it('takes commands by its system id, and by itself', async () => {
    const { logic, clock, sources } = make((from) => [items(from + 1, from + 2)]);
    const actor = createActor(parentOf(logic)).start();
    await clock.settle();
    actor.send({ type: 'pause' });
    await clock.settle();
    expect([actor.getSnapshot().context.states.at(-1), sources[0]?.live]).toEqual(['paused', 0]);
    actor.send({ type: 'resume' });
    await clock.settle();
    expect(actor.getSnapshot().context.data).toEqual([1, 2, 3, 4]);
  });

  it('a stream that failed is an error, behind a snapshot with what came and where to go on', async () => {
    const { logic, clock } = make(() => [items(1, 2), 'drop'], { maxAttempts: 0 });
    const machine = parentOf(logic);
    const actor = createActor(machine).start();
    const seen: SnapshotFrom<typeof logic>[] = [];
    (
      actor.getSnapshot().children as { answer: ReturnType<typeof createActor<typeof logic>> }
    ).answer.subscribe({
      next: (snapshot) => seen.push(snapshot),
      error: () => {},
    });
    await clock.settle();
    expect(actor.getSnapshot()).toMatchObject({
      value: 'lost',
      context: { data: [1, 2], error: { kind: 'exhausted' } },
    });
    expect(seen.at(-1)?.context).toMatchObject({
      state: 'failed',
      saved: { value: [1, 2], checkpoint: { cursor: '2' } },
    });
  });

  it('a source that cannot be made is an error of the actor', async () => {
    const logic = fromReconnectStream((): never => {
      throw new Error('no source');
    });
    const actor = createActor(logic, { input: undefined });
    const ended = toPromise(actor);
    actor.start();
    await expect(ended).rejects.toThrow('no source');
  });
});

describe('spawned', () => {
  it('emits lifecycle events and items, and is stopped by stopChild', async () => {
    const { logic, clock, sources } = make((from, nth) => [items(from + 1, nth === 0 ? 1 : 3)]);
    const machine = setup({
      types: { events: {} as { type: 'drop it' } },
      actors: { logic },
    }).createMachine({
      entry: assign(({ spawn }) => ({ ref: spawn('logic', { id: 'one', input: { id: '' } }) })),
      on: { 'drop it': { actions: stopChild('one') } },
    });
    const actor = createActor(machine).start();
    const ref = actor.getSnapshot().children['one'] as ReturnType<typeof createActor<typeof logic>>;
    const heard: string[] = [];
    ref.on('*', (event) => heard.push(event.type === 'items' ? event.items.join() : event.type));
    await clock.settle();
    sources[0]?.push('drop');
    await clock.advance(2000);
    actor.send({ type: 'drop it' });
    await clock.settle();
    expect(heard.filter((type) => type !== 'progress')).toEqual([
      'connected',
      '1',
      'dropped',
      'waiting',
      'attemptStarted',
      'connected',
      '2',
      '3',
    ]);
    expect([sources[0]?.live, actor.getSnapshot().children['one']]).toEqual([0, undefined]);
  });
});

describe('persisted', () => {
  it('a parent is restored, at any time, and its stream goes on: each item once in the data', async () => {
    for (let savedAtMs = 0; savedAtMs < 4000; savedAtMs += 250) {
      const script: Script = (from, nth) =>
        nth < 3 && from < 7 ? [items(from + 1, from + 2), 'drop'] : [[...items(from + 1, 9), END]];
      const first = make(script);
      const actor = createActor(parentOf(first.logic)).start();
      await first.clock.advance(savedAtMs);
      const saved = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as never;
      actor.stop();
      await first.clock.settle();
      expect(first.sources.map(({ live }) => live)).toEqual([0]);

      const second = make(script);
      const restored = createActor(parentOf(second.logic), { snapshot: saved }).start();
      await second.clock.advance(60_000);
      expect(restored.getSnapshot()).toMatchObject({
        value: 'over',
        context: { status: 'complete', data: range(1, 9) },
      });
    }
  });

  it('a snapshot that is saved before the start, or twice, says the same', () => {
    const { logic } = make(() => []);
    const actor = createActor(logic, { input: { id: '1' } });
    const saved = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as never;
    const again = createActor(logic, { input: { id: '1' }, snapshot: saved });
    expect(JSON.parse(JSON.stringify(again.getPersistedSnapshot()))).toEqual(saved);
  });
});

it('what is no source is refused at once', () => {
  expect(() => fromReconnectStream({} as never)).toThrow('a source');
});

it('without `reduce` the data stays as it is', async () => {
  const clock = virtualClock();
  const actor = createActor(
    fromReconnectStream(scriptedSource({ script: [[[item(1), END]]] }), { clock }),
    { input: undefined },
  ).start();
  await clock.settle();
  const { status, output, context } = actor.getSnapshot();
  expect([status, output?.status, context.data]).toEqual(['done', 'complete', undefined]);
});
