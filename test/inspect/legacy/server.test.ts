/** An XState 5 stream in the real `@xstate/inspect` 0.8 server: its own protocol over its own WebSocket. */

import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { createActor, createMachine } from 'xstate';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import { legacyInspector } from '../../../src/inspect/index.js';
import { callingSource, drain, SECRET } from '../../support/inspected.js';
import { scriptedSource } from '../../../src/testing/index.js';
import { END, item } from '../../support/numbered-log.js';
import { createWaiter } from '../../../src/testing/wait-until.js';

/** The package that brings XState 4. */
const nested = createRequire(new URL('../../xstate4/package.json', import.meta.url));
const { inspect } = nested('xstate4-inspect/lib/server') as {
  inspect(options: { server: WebSocketServer }): { disconnect(): void };
};
const xstate4 = nested('xstate') as {
  createMachine(definition: object): {
    readonly id: string;
    readonly states: object;
    transition(state: string, event: string): { value: unknown };
  };
  State: { create(state: object): { value: unknown; matches(value: string): boolean } };
};

interface Message {
  readonly type: string;
  readonly sessionId: string;
  readonly machine?: string;
  readonly state?: string;
  readonly event?: string;
}

let server: WebSocketServer;
let client: WebSocket;
let inspector: { disconnect(): void };
let messages: Message[] = [];
const { until, changed } = createWaiter();

// Once in a process: what it registers is never taken back.
beforeAll(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  inspector = inspect({ server });
});

afterAll(async () => {
  inspector.disconnect();
  await new Promise((resolve) => server.close(resolve));
  delete (globalThis as { __xstate__?: unknown }).__xstate__;
});

beforeEach(async () => {
  messages = [];
  const connected = once(server, 'connection') as Promise<[WebSocket]>;
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('message', (data: Buffer) => {
    messages.push(JSON.parse(String(data)) as Message);
    changed();
  });
  const [side] = await connected;
  const isHeard = once(side, 'message');
  await once(client, 'open');
  client.send(JSON.stringify({ type: 'xstate.inspecting' }));
  await isHeard;
});

afterEach(async () => {
  const isGone = once(client, 'close');
  client.close();
  await isGone;
});

function statesOf(sessionId: string): unknown[] {
  const values = messages
    .filter((one) => one.type === 'service.state' && one.sessionId === sessionId)
    .map(({ state }) => xstate4.State.create(JSON.parse(state!) as object).value);
  return values.filter((value, n) => value !== values[n - 1]);
}

function eventsOf(sessionId: string): string[] {
  return messages
    .filter((one) => one.type === 'service.event' && one.sessionId === sessionId)
    .map(({ event }) => (JSON.parse(event!) as { name: string }).name);
}

function send(service: string, data: { type: string; [field: string]: unknown }): void {
  const event = { name: data.type, data, $$type: 'scxml', type: 'external', origin: service };
  client.send(JSON.stringify({ type: 'xstate.event', event: JSON.stringify(event), service }));
}

it('gets a machine that XState 4 accepts, then the events and states of the run, and its end', async () => {
  const stream = reconnectStream(callingSource(), {
    inspect: legacyInspector(),
    initialBackoffMs: 1,
  });
  await drain(stream);
  await until(() => messages.some(({ type }) => type === 'service.stop'));
  const { sessionId } = stream.actor;
  const registered = messages.find(({ type }) => type === 'service.register')!;
  const machine = xstate4.createMachine(JSON.parse(registered.machine!) as object);
  expect(machine.id).toBe('reconnect');
  expect(Object.keys(machine.states).toSorted()).toEqual([
    'closed',
    'connected',
    'connecting',
    'failed',
    'idle',
    'paused',
    'waiting',
  ]);
  // It runs, too: a transition without guards, by the name that XState 4 has for it.
  expect(machine.transition('connecting', 'done.invoke.open').value).toBe('connected');
  expect(xstate4.State.create(JSON.parse(registered.state!) as object).matches('idle')).toBe(true);
  expect(statesOf(sessionId)).toEqual([
    'idle',
    'connecting',
    'connected',
    'waiting',
    'connecting',
    'connected',
    'closed',
  ]);
  const told = eventsOf(sessionId).filter((name) => name !== 'stream.progress');
  expect(told).toEqual([
    'xstate.init',
    'connect',
    'done.invoke.open',
    'stream.toolCall',
    'stream.dropped',
    'xstate.after(backoff)#reconnect.waiting',
    'done.invoke.open',
    'stream.toolCall',
    'stream.ended',
  ]);
  expect(messages.at(-1)).toMatchObject({ type: 'service.stop', sessionId });
});

it('sends an event to the actor, which is shown once', async () => {
  const stream = reconnectStream(scriptedSource<number>(), { inspect: legacyInspector() });
  stream.start();
  const { sessionId } = stream.actor;
  await until(() => statesOf(sessionId).includes('connected'));
  send(sessionId, { type: 'pause' });
  await until(() => statesOf(sessionId).at(-1) === 'paused');
  expect(stream.state).toBe('paused');
  expect(eventsOf(sessionId).filter((name) => name === 'pause')).toEqual(['pause']);
  stream.close();
});

it('does not let a viewer invent what the transport reports', async () => {
  const source = scriptedSource({ script: [[[item(1)]], [[item(2)], [END]]] });
  const stream = reconnectStream(source, { inspect: legacyInspector() });
  const items = stream[Symbol.asyncIterator]();
  await items.next();
  const { sessionId } = stream.actor;
  send(sessionId, { type: 'stream.progress' });
  send(sessionId, { type: 'stream.ended', outcome: 'complete' });
  send(sessionId, { type: 'pause', reason: 'a look' });
  await until(() => statesOf(sessionId).at(-1) === 'paused');
  expect(stream.snapshot.pausedBy).toEqual(['a look']);
  stream.resume('a look');
  expect([await items.next(), await items.next()]).toEqual([
    { done: false, value: 2 },
    { done: true, value: undefined },
  ]);
});

it('sends another actor what its machine knows', async () => {
  const heard: unknown[] = [];
  const machine = createMachine({
    id: 'ear',
    on: { say: { actions: ({ event }) => void heard.push(event) } },
  });
  const ear = createActor(machine, { inspect: legacyInspector() }).start();
  send(ear.sessionId, { type: 'shout' });
  send(ear.sessionId, { type: 'say', word: 'hello' });
  await until(() => eventsOf(ear.sessionId).includes('say'));
  expect(heard).toEqual([{ type: 'say', word: 'hello' }]);
  ear.stop();
});

it('keeps arguments to itself', async () => {
  const stream = reconnectStream(callingSource(), {
    inspect: legacyInspector(),
    initialBackoffMs: 1,
  });
  await drain(stream);
  await until(() => messages.some(({ type }) => type === 'service.stop'));
  const text = JSON.stringify(messages);
  expect(text).not.toContain(SECRET);
  expect(text).toContain('characters)');
});

it('shows nested and parallel machines, final states, delays and guards as XState 4 knows them', async () => {
  const machine = createMachine({
    id: 'radio',
    type: 'parallel',
    states: {
      power: {
        initial: 'off',
        states: {
          off: { on: { toggle: { guard: () => true, target: 'on' } } },
          on: { after: { 60_000: 'off' }, on: { break: 'broken' } },
          broken: { type: 'final' },
        },
      },
      volume: { initial: 'low', states: { low: { on: { louder: 'high' } }, high: {} } },
    },
  });
  const radio = createActor(machine, { inspect: legacyInspector() }).start();
  radio.send({ type: 'toggle' });
  radio.send({ type: 'louder' });
  await until(() => eventsOf(radio.sessionId).includes('louder'));
  const registered = messages.find(({ type }) => type === 'service.register')!;
  const drawn = xstate4.createMachine(JSON.parse(registered.machine!) as object);
  expect(Object.keys(drawn.states)).toEqual(['power', 'volume']);
  await until(() => statesOf(radio.sessionId).length >= 3);
  expect(statesOf(radio.sessionId).at(-1)).toEqual({ power: 'on', volume: 'high' });
  radio.stop();
  await until(() => messages.some(({ type }) => type === 'service.stop'));
});

it('shows nothing, and breaks nothing, where the inspector was not started', async () => {
  const holder = globalThis as { __xstate__?: unknown };
  const kept = holder.__xstate__;
  delete holder.__xstate__;
  const stream = reconnectStream(callingSource(), {
    inspect: legacyInspector(),
    initialBackoffMs: 1,
  });
  await drain(stream);
  holder.__xstate__ = kept;
  expect((await stream.done).status).toBe('complete');
  expect(messages).toEqual([]);
});
