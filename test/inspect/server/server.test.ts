/** The inspector's server: what a viewer receives, also one that comes late, and what it can send actors. */

import { createActor, createMachine, fromPromise } from 'xstate';
import { afterEach, describe, expect, it } from 'vitest';
import { reconnectMachine } from '../../../machines/index.js';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectingStream } from '../../../src/index.js';
import { inspectorServer } from '../../../src/inspect/index.js';
import type { InspectorServer, InspectorServerOptions } from '../../../src/inspect/index.js';
import type { InspectMessage, SnapshotMessage } from '../../../src/inspect/collect/protocol.js';
import { ask, openClient } from '../../support/inspect-client.js';
import type { InspectClient } from '../../support/inspect-client.js';
import { callingSource, drain, SECRET } from '../../support/inspected.js';
import { scriptedSource } from '../../../src/testing/index.js';
import { END, item } from '../../support/numbered-log.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function start(options?: InspectorServerOptions): Promise<InspectorServer> {
  const inspector = await inspectorServer(options);
  open.push(inspector);
  return inspector;
}

async function view({ url }: InspectorServer): Promise<InspectClient> {
  const client = await openClient(url);
  open.push(client);
  return client;
}

function keep<T extends ReconnectingStream<number>>(stream: T): T {
  open.push(stream);
  return stream;
}

function statesIn(messages: readonly InspectMessage[], sessionId: string): unknown[] {
  const values = messages
    .filter((one): one is SnapshotMessage => one.type === '@xstate.snapshot')
    .filter((one) => one.sessionId === sessionId)
    .map(({ snapshot }) => snapshot.value);
  return values.filter((value, n) => value !== values[n - 1]);
}

describe('a viewer', () => {
  it('receives the actor with a definition that draws its chart, its events and its states', async () => {
    const inspector = await start();
    const client = await view(inspector);
    const stream = reconnectStream(callingSource(), {
      inspect: inspector.inspect,
      initialBackoffMs: 1,
    });
    const { sessionId } = stream.actor;
    await drain(stream);
    await client.until(() => statesIn(client.messages, sessionId).includes('closed'));
    const actor = client.messages.find(({ type }) => type === '@xstate.actor');
    if (actor?.type !== '@xstate.actor') throw new Error('no actor was told');
    const drawn = createMachine(JSON.parse(client.definitions.get(actor.definition!)!) as object);
    expect(Object.keys(drawn.definition.states)).toEqual(
      Object.keys(reconnectMachine.definition.states),
    );
    expect(statesIn(client.messages, sessionId)).toEqual([
      'idle',
      'connecting',
      'connected',
      'waiting',
      'connecting',
      'connected',
      'closed',
    ]);
    const events = client.messages.flatMap((one) =>
      one.type === '@xstate.event' && one.sessionId === sessionId ? [one.event.type] : [],
    );
    expect(events).toEqual(expect.arrayContaining(['connect', 'stream.dropped', 'stream.ended']));
  });

  it('that comes late gets the actor, its last state and what happened', async () => {
    const inspector = await start();
    const stream = reconnectStream(callingSource(), {
      inspect: inspector.inspect,
      initialBackoffMs: 1,
    });
    await drain(stream);
    const { hello } = await view(inspector);
    const { sessionId } = stream.actor;
    expect(hello.actors.map((one) => one.sessionId)).toEqual([sessionId]);
    expect(hello.snapshots.map(({ snapshot }) => snapshot.value)).toEqual(['closed']);
    expect(statesIn(hello.history, sessionId).at(-1)).toBe('closed');
    expect(statesIn(hello.history, sessionId)).toContain('waiting');
  });

  it('sees arguments by their length, unless an option says otherwise', async () => {
    for (const showArguments of [false, true]) {
      const inspector = await start({ showArguments });
      const stream = reconnectStream(callingSource(), {
        inspect: inspector.inspect,
        initialBackoffMs: 1,
      });
      await drain(stream);
      const { text } = await view(inspector);
      expect(text.includes(SECRET)).toBe(showArguments);
      expect(text.includes('characters)')).toBe(!showArguments);
    }
  });

  it('receives any actor: nested machines, promises, and machines that move without an event', async () => {
    const inspector = await start();
    const client = await view(inspector);
    const machine = createMachine({
      id: 'door',
      initial: 'shut',
      states: { shut: { on: { push: 'ajar' } }, ajar: { always: { target: 'open' } }, open: {} },
    });
    const door = createActor(machine, { inspect: inspector.inspect }).start();
    createActor(
      fromPromise(() => Promise.resolve(7)),
      { inspect: inspector.inspect, id: 'seven' },
    ).start();
    door.send({ type: 'push' });
    await client.until(() => statesIn(client.messages, door.sessionId).includes('open'));
    await client.until(() => JSON.stringify(client.messages).includes('"output":7'));
    const actors = client.messages.flatMap((one) => (one.type === '@xstate.actor' ? [one] : []));
    expect(actors.map(({ name }) => name)).toEqual(['door', 'seven']);
    const drawn = createMachine(
      JSON.parse(client.definitions.get(actors[0]!.definition!)!) as object,
    );
    const moved = createActor(drawn).start();
    moved.send({ type: 'push' });
    expect(moved.getSnapshot().value).toBe('open');
  });

  it('receives the end when the inspector closes, and the port is free then', async () => {
    const inspector = await start();
    const client = await view(inspector);
    const { port } = new URL(inspector.url);
    await inspector.close();
    await client.until(() => client.isEnded);
    const again = await start({ port: Number(port) });
    expect(new URL(again.url).port).toBe(port);
    expect(again.url).not.toBe(inspector.url);
  });
});

describe('an inspector that is closed', () => {
  it('is harmless to streams that go on, and to whoever closes it again', async () => {
    const inspector = await start();
    const source = scriptedSource({ script: [[[item(1)]]] });
    const stream = keep(reconnectStream(source, { inspect: inspector.inspect }));
    const items = stream[Symbol.asyncIterator]();
    await items.next();
    await inspector.close();
    await inspector.close();
    source.push([item(2), END]);
    expect([await items.next(), await items.next()]).toEqual([
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
    expect((await stream.done).status).toBe('complete');
  });

  it('sends what happened up to then', async () => {
    const inspector = await start();
    const client = await view(inspector);
    const stream = keep(reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect }));
    stream.start();
    stream.close();
    await inspector.close();
    await client.until(() => client.isEnded);
    expect(statesIn(client.messages, stream.actor.sessionId).at(-1)).toBe('closed');
  });
});

describe('what comes too fast', () => {
  it('is sent as one message with a count', async () => {
    const inspector = await start();
    const client = await view(inspector);
    const machine = createMachine({ id: 'counter', on: { tick: {}, tock: {} } });
    const counter = createActor(machine, { inspect: inspector.inspect }).start();
    for (let n = 0; n < 20_000; n++) counter.send({ type: 'tick' });
    counter.send({ type: 'tock' });
    await client.until(() => client.text.includes('tock"'));
    const ticks = client.messages.flatMap((one) =>
      one.type === '@xstate.event' && one.event.type === 'tick' ? [one.count] : [],
    );
    expect(ticks.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    expect(client.messages.length).toBeLessThan(200);
  });

  it('leaves a late viewer what happened before a long time of mere progress', async () => {
    const inspector = await start({ historyLength: 10 });
    const client = await view(inspector);
    const machine = createMachine({ id: 'slow', on: { go: {}, 'stream.progress': {} } });
    const slow = createActor(machine, { inspect: inspector.inspect }).start();
    slow.send({ type: 'go' });
    for (let n = 1; n <= 10; n++) {
      slow.send({ type: 'stream.progress', n });
      await client.until(() => client.text.includes(`"n":${n}`));
    }
    const { hello } = await view(inspector);
    const types = hello.history.flatMap((one) =>
      one.type === '@xstate.event' ? [one.event.type] : [],
    );
    expect(types).toEqual(['xstate.init', 'go']);
    expect(hello.snapshots[0]?.event).toEqual({ type: 'stream.progress', n: 10 });
  });

  it('leaves no change of state out, and fits in the history', async () => {
    const inspector = await start({ historyLength: 50 });
    const machine = createMachine({
      id: 'switch',
      initial: 'off',
      states: { off: { on: { flip: 'on' } }, on: { on: { flip: 'off' } } },
    });
    const toggle = createActor(machine, { inspect: inspector.inspect }).start();
    const client = await view(inspector);
    for (let n = 0; n < 201; n++) toggle.send({ type: 'flip' });
    await client.until(() => statesIn(client.messages, toggle.sessionId).length === 201);
    const { hello } = await view(inspector);
    expect(hello.history).toHaveLength(50);
    expect(hello.snapshots[0]?.snapshot.value).toBe('on');
  });

  it('makes room for new actors by forgetting those that are over', async () => {
    const inspector = await start({ maxActors: 3 });
    const machine = createMachine({
      id: 'short',
      initial: 'a',
      states: { a: { on: { end: 'z' } }, z: { type: 'final' } },
    });
    const begin = (): ReturnType<typeof createActor> =>
      createActor(machine, { inspect: inspector.inspect }).start();
    for (let n = 0; n < 3; n++) begin().send({ type: 'end' });
    const first = await view(inspector);
    expect(first.hello.actors).toHaveLength(3);
    const lasting = [begin(), begin(), begin(), begin()];
    const { hello } = await view(inspector);
    expect(hello.actors.map(({ sessionId }) => sessionId)).toEqual(
      lasting.slice(0, 3).map(({ sessionId }) => sessionId),
    );
    expect(hello.hiddenCount).toBe(1);
  });
});

describe('many actors', () => {
  const short = createMachine({
    id: 'short',
    initial: 'a',
    states: { a: { on: { end: 'z' } }, z: { type: 'final' } },
  });

  it('that begin and end in one burst are all sent, though few fit', async () => {
    const inspector = await start({ maxActors: 3 });
    const client = await view(inspector);
    const ids: string[] = [];
    for (let n = 0; n < 50; n++) {
      const actor = createActor(short, { inspect: inspector.inspect }).start();
      actor.send({ type: 'end' });
      ids.push(actor.sessionId);
    }
    await client.until(() => statesIn(client.messages, ids.at(-1)!).includes('z'));
    expect(ids.filter((id) => !statesIn(client.messages, id).includes('z'))).toEqual([]);
    const { hello } = await view(inspector);
    expect([hello.actors.length, hello.hiddenCount]).toEqual([3, 0]);
  });

  it('their children take no place', async () => {
    const inspector = await start({ maxActors: 2 });
    const streams = [1, 2].map(() =>
      keep(reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect })),
    );
    for (const stream of streams) stream.start();
    const { hello } = await view(inspector);
    const roots = hello.actors.filter(({ parentId }) => parentId === null);
    expect(roots.map(({ sessionId }) => sessionId)).toEqual(
      streams.map(({ actor }) => actor.sessionId),
    );
    expect([hello.hiddenCount, hello.actors.length]).toEqual([0, 4]);
  });

  it('that are not shown are counted while they last, for viewers that look on', async () => {
    const inspector = await start({ maxActors: 1 });
    const client = await view(inspector);
    const begin = (): ReturnType<typeof createActor> =>
      createActor(short, { inspect: inspector.inspect }).start();
    const shown = begin();
    const hidden = [begin(), begin()];
    const counts = (): number[] =>
      client.messages.flatMap((one) => (one.type === 'unseen' ? [one.count] : []));
    await client.until(() => counts().at(-1) === 2);
    hidden[0]!.send({ type: 'end' });
    await client.until(() => counts().at(-1) === 1);
    hidden[1]!.stop();
    await client.until(() => counts().at(-1) === 0);
    shown.stop();
    expect((await view(inspector)).hello.hiddenCount).toBe(0);
  });

  it('of one machine are greeted with its definition once', async () => {
    const inspector = await start();
    const streams = Array.from({ length: 300 }, () =>
      keep(reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect })),
    );
    for (const stream of streams) stream.start();
    const client = await view(inspector);
    expect(client.hello.actors.length).toBeGreaterThanOrEqual(300);
    expect(client.hello.definitions).toHaveLength(1);
    const late = keep(reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect }));
    late.start();
    await client.until(() => statesIn(client.messages, late.actor.sessionId).length > 0);
    expect(client.messages.filter(({ type }) => type === 'definition')).toEqual([]);
    expect(client.text.length).toBeLessThan(2_000_000);
  });
});

describe('a command', () => {
  it.each([
    ['pause', 'paused'],
    ['close', 'closed'],
    ['cancel', 'closed'],
    ['reset', 'idle'],
    ['retryNow', 'connecting'],
  ])('%s reaches the stream', async (type, state) => {
    const inspector = await start();
    const source = scriptedSource({ script: [[[item(1)]], 'no answer'] });
    const stream = keep(reconnectStream(source, { inspect: inspector.inspect }));
    void drain(stream);
    const client = await view(inspector);
    const { sessionId } = stream.actor;
    await client.until(() =>
      statesIn([...client.hello.history, ...client.messages], sessionId).includes('connected'),
    );
    const { status } = await client.post(sessionId, { type });
    expect([status, stream.state]).toEqual([204, state]);
    await client.until(() => statesIn(client.messages, sessionId).at(-1) === state);
  });

  it('starts, pauses and resumes', async () => {
    const inspector = await start();
    const stream = keep(reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect }));
    const client = await view(inspector);
    const { sessionId } = stream.actor;
    // A stream that was not started has no state to show, and can be sent connect.
    expect((await client.post(sessionId, { type: 'connect' })).status).toBe(204);
    await client.until(() => statesIn(client.messages, sessionId).includes('connected'));
    await client.post(sessionId, { type: 'pause', reason: 'a look' });
    expect(stream.snapshot.pausedBy).toEqual(['a look']);
    await client.until(() => statesIn(client.messages, sessionId).at(-1) === 'paused');
    await client.post(sessionId, { type: 'resume', reason: 'a look' });
    await client.until(() => statesIn(client.messages, sessionId).at(-1) === 'connected');
  });

  it('asks the source to cancel, as stream.cancel() does', async () => {
    const inspector = await start();
    const asked: string[] = [];
    const source = {
      ...scriptedSource<number>(),
      cancel: (_: unknown, why: string) => Promise.resolve(void asked.push(why)),
    };
    const stream = keep(reconnectStream(source, { inspect: inspector.inspect }));
    stream.start();
    const client = await view(inspector);
    await client.post(stream.actor.sessionId, { type: 'cancel', reason: 'enough' });
    expect([asked, stream.state]).toEqual([['enough'], 'closed']);
  });

  it('that no stream has is refused, and reports of its transport are', async () => {
    const inspector = await start();
    const stream = keep(reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect }));
    stream.start();
    const client = await view(inspector);
    const { sessionId } = stream.actor;
    for (const type of ['stream.ended', 'attempt.failed', 'xstate.stop', 'toString', 'x']) {
      const { status, text } = await client.post(sessionId, { type });
      expect([status, text.length > 10]).toEqual([400, true]);
    }
    expect(stream.state).toBe('connected');
    expect((await client.post('x:none', { type: 'pause' })).status).toBe(404);
    stream.close();
    await client.until(() => statesIn(client.messages, sessionId).at(-1) === 'closed');
    expect((await client.post(sessionId, { type: 'pause' })).status).toBe(409);
  });

  it('reaches any other actor whose machine knows it, with its payload', async () => {
    const inspector = await start();
    const heard: unknown[] = [];
    const machine = createMachine({
      id: 'ear',
      on: { say: { actions: ({ event }) => void heard.push(event) } },
    });
    const ear = createActor(machine, { inspect: inspector.inspect }).start();
    const client = await view(inspector);
    expect((await client.post(ear.sessionId, { type: 'say', word: 'hello' })).status).toBe(204);
    expect((await client.post(ear.sessionId, { type: 'shout' })).status).toBe(400);
    expect(heard).toEqual([{ type: 'say', word: 'hello' }]);
  });

  it('reaches a machine that listens to more than it names', async () => {
    const inspector = await start();
    const heard: string[] = [];
    const hear = {
      actions: ({ event }: { event: { type: string } }) => void heard.push(event.type),
    };
    const mouse = createMachine({ id: 'mouse', on: { 'mouse.*': hear, key: hear } });
    const all = createMachine({ id: 'all', on: { '*': hear } });
    const client = await view(inspector);
    const send = async (machine: typeof mouse, ...types: string[]): Promise<number[]> => {
      const actor = createActor(machine, { inspect: inspector.inspect }).start();
      const answers: number[] = [];
      for (const type of types) answers.push((await client.post(actor.sessionId, { type })).status);
      expect(actor.getSnapshot().status).toBe('active');
      return answers;
    };
    expect(await send(mouse, 'mouse.up.left', 'mouse', 'key', 'keys', 'mouses.up')).toEqual([
      204, 204, 204, 400, 400,
    ]);
    expect(await send(all, 'x', '*', 'xstate.stop')).toEqual([204, 400, 400]);
    expect(heard).toEqual(['mouse.up.left', 'mouse', 'key', 'x']);
  });

  it('is refused by an inspector that only shows', async () => {
    const inspector = await start({ readOnly: true });
    const stream = keep(reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect }));
    const client = await view(inspector);
    expect(client.hello.isReadOnly).toBe(true);
    const { status, text } = await client.post(stream.actor.sessionId, { type: 'close' });
    expect([status, text, stream.state]).toEqual([403, 'this inspector only shows\n', 'idle']);
  });
});

describe('inspectorServer', () => {
  it.each([
    { port: -1 },
    { port: 1.5 },
    { ipv6: 'yes' },
    { maxViewers: 0 },
    { historyLength: 1e9 },
    { host: '0.0.0.0' },
  ])('refuses %j', async (options) => {
    await expect(inspectorServer(options as InspectorServerOptions)).rejects.toMatchObject({
      kind: 'config',
    });
  });

  it('rejects where the port is taken, and leaves nothing open', async () => {
    const { url } = await start();
    await expect(inspectorServer({ port: Number(new URL(url).port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('listens on ::1 as well if asked', async () => {
    const { url } = await start({ ipv6: true });
    const { port } = new URL(url);
    const answer = await ask(`http://[::1]:${port}/events`, {});
    expect(answer.status).toBe(403);
    const other = await start();
    await expect(ask(`http://[::1]:${new URL(other.url).port}/events`, {})).rejects.toThrow();
  });
});
