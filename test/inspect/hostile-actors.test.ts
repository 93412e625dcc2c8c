/** Actors whose events, states and names no JSON can hold: they run on, and are shown as far as they can be. */

import { createActor, createMachine, fromTransition } from 'xstate';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { describe, expect, it } from 'vitest';
import { legacyInspector, sanitize } from '../../src/inspect/index.js';
import type { LegacyService } from '../../src/inspect/index.js';
import { InspectionLog } from '../../src/inspect/collect/inspection-log.js';
import type { InspectMessage } from '../../src/inspect/collect/protocol.js';

const trap = {
  type: 'trap',
  get field(): never {
    throw new Error('trapped');
  },
};

type Inspect = (event: InspectionEvent) => void;

/** Each runs an actor whose inspection events are hard to show. */
const ACTORS: readonly (readonly [string, (inspect: Inspect) => AnyActorRef])[] = [
  ['an event with a getter that throws', (inspect) => told(trap, inspect)],
  [
    'an event type that is no text',
    (inspect) => toldAny({ type: Object.create(null) as unknown }, inspect),
  ],
  ['an event type that is missing', (inspect) => toldAny({}, inspect)],
  ['an error whose name is a BigInt', (inspect) => told(withError(10n), inspect)],
  ['an error whose name is a cycle', (inspect) => told(withCycle(), inspect)],
  ['a state with a getter that throws', guarded],
  ['a definition with a getter that throws', undefinable],
  ['an id that is a BigInt', (inspect) => started({ id: 10n }, inspect)],
];

function withError(name: unknown): object {
  return { type: 'failed', error: Object.assign(new Error('no'), { name }) };
}

function withCycle(): object {
  const error = new Error('no');
  return { type: 'failed', error: Object.assign(error, { name: { error } }) };
}

const ear = createMachine({ id: 'ear', on: { '*': {} } });

function started(options: object, inspect: Inspect): AnyActorRef {
  return createActor(ear, { ...options, inspect }).start();
}

function told(event: object, inspect: Inspect): AnyActorRef {
  const actor = started({}, inspect);
  actor.send(event);
  return actor;
}

/** A machine reads the type; a function may not. */
function toldAny(event: object, inspect: Inspect): AnyActorRef {
  const actor = createActor(
    fromTransition((count: number) => count + 1, 0),
    { inspect },
  ).start();
  actor.send(event as { type: string });
  return actor;
}

function guarded(inspect: Inspect): AnyActorRef {
  const logic = fromTransition((count: number) => count + 1, 0);
  const throwing: typeof logic = {
    ...logic,
    transition: (snapshot, event, scope) => {
      const next = logic.transition(snapshot, event, scope);
      return Object.defineProperty({ ...next }, 'value', {
        get: () => {
          throw new Error('trapped');
        },
      });
    },
  };
  const actor = createActor(throwing, { inspect }).start();
  actor.send({ type: 'step' });
  return actor;
}

function undefinable(inspect: Inspect): AnyActorRef {
  const logic = fromTransition((count: number) => count + 1, 0);
  const throwing = Object.defineProperty({ ...logic, root: {} }, 'definition', {
    get: () => {
      throw new Error('trapped');
    },
  });
  return createActor(throwing, { inspect }).start();
}

describe('the inspection log', () => {
  it.each(ACTORS)('shows %s, and the greeting is JSON', (_, run) => {
    const messages: InspectMessage[] = [];
    const log = new InspectionLog({
      historyLength: 100,
      maxActors: 10,
      onMessages: (news) => messages.push(...news),
    });
    const actor = run((event) => log.record(event));
    log.flush();
    expect(messages.filter(({ type }) => type === '@xstate.snapshot').length).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(log.hello(false)))).toMatchObject({
      actors: [{ sessionId: actor.sessionId, name: expect.any(String) as string }],
      snapshots: [{ event: { type: expect.any(String) as string } }],
    });
    expect(actor.getSnapshot()).toMatchObject({ status: 'active' });
    actor.stop();
  });

  it('goes on when telling fails', () => {
    let tells = 0;
    const onMessages = (): never => {
      tells += 1;
      throw new Error('nobody is there');
    };
    const log = new InspectionLog({ historyLength: 100, maxActors: 10, onMessages });
    const actor = started({}, (event) => log.record(event));
    log.flush();
    actor.send({ type: 'again' });
    log.flush();
    expect(tells).toBe(2);
    log.close();
  });
});

describe('the bridge to @xstate/inspect', () => {
  it.each(ACTORS)('shows %s', (_, run) => {
    const services: LegacyService[] = [];
    const states: unknown[] = [];
    const devTools = {
      register: (service: LegacyService) => {
        services.push(service);
        service.subscribe((state) => states.push(JSON.stringify(state)));
      },
    };
    const actor = run(legacyInspector({ devTools }));
    for (const { id, state } of services)
      expect([typeof id, typeof JSON.stringify(state)]).toEqual(['string', 'string']);
    expect(actor.getSnapshot()).toMatchObject({ status: 'active' });
    actor.stop();
  });

  it('does not fail the actor when the tools do', () => {
    const devTools = {
      register: () => {
        throw new Error('no tools');
      },
    };
    const actor = started({}, legacyInspector({ devTools }));
    actor.send({ type: 'again' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'active' });
  });
});

describe('sanitize', () => {
  it('always gives JSON, and an event with a type', () => {
    const snapshot = Object.defineProperty({ status: 'active' }, 'value', {
      get: () => {
        throw new Error('trapped');
      },
      enumerable: true,
    });
    const event = { type: '@xstate.snapshot', name: 10n, snapshot, event: withError(10n) };
    const { sanitizeEvent, serialize } = sanitize;
    expect(JSON.parse(JSON.stringify(serialize(event)))).toMatchObject({
      name: '10',
      snapshot: { status: 'active', value: '(unreadable)' },
    });
    expect(sanitizeEvent(trap)).toEqual({ type: 'trap', field: '(unreadable)' });
    const revoked = Proxy.revocable({ type: 'x' }, {});
    revoked.revoke();
    expect(sanitizeEvent(revoked.proxy)).toEqual({ type: '(unreadable)' });
  });
});
