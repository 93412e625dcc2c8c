/** The countdown of the inspector's page: by the clock of the process, and never above the whole wait. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Model } from '../../../src/inspect/viewer/model/model.js';
import { streamFacts, waitLeft } from '../../../src/inspect/viewer/model/stream-facts.js';
import type { Hello, SnapshotMessage } from '../../../src/inspect/collect/protocol.js';

/** When the wait of `DELAY_MS` began, by the clock of the process. */
const BEGAN = 1_700_000_000_000;
const DELAY_MS = 500;

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

it('is not too long where the greeting was late', () => {
  const model = new Model();
  vi.setSystemTime(BEGAN + 300);
  model.greet(hello(BEGAN));
  model.take([waiting(BEGAN + 300)]);
  expect(left(model)).toBe(DELAY_MS - 300);
});

it('goes by the clock of the process where that of the page is another', () => {
  const model = new Model();
  vi.setSystemTime(BEGAN - 3_600_000);
  model.greet(hello(BEGAN));
  vi.setSystemTime(BEGAN - 3_600_000 + 100);
  expect(left(model)).toBe(DELAY_MS - 100);
});

it.each([
  ['the page is behind', -60_000, DELAY_MS],
  ['the wait has just begun', 0, DELAY_MS],
  ['half of it is over', 250, 250],
  ['it is over', 900, 0],
])('is between nothing and the whole where %s', (_, afterMs, expected) => {
  const model = new Model();
  vi.setSystemTime(BEGAN);
  model.greet(hello(BEGAN));
  const facts = streamFacts(model.roots[0]!)!;
  expect(waitLeft(facts, BEGAN + afterMs)).toBe(expected);
});

it('starts over with a new greeting, as after a change of the clock', () => {
  const model = new Model();
  vi.setSystemTime(BEGAN - 3_600_000);
  model.greet(hello(BEGAN));
  vi.setSystemTime(BEGAN);
  model.greet(hello(BEGAN));
  expect(model.now()).toBe(BEGAN);
});

function left(model: Model): number {
  return waitLeft(streamFacts(model.roots[0]!)!, model.now());
}

function hello(time: number): Hello {
  const id = { sessionId: 'x:0', rootId: 'x:0' };
  return {
    type: 'hello',
    time,
    isReadOnly: false,
    hiddenCount: 0,
    definitions: [],
    actors: [
      {
        type: '@xstate.actor',
        ...id,
        parentId: null,
        name: 'stream',
        definition: null,
        time: BEGAN,
      },
    ],
    snapshots: [waiting(BEGAN)],
    history: [],
  };
}

function waiting(time: number): SnapshotMessage {
  return {
    type: '@xstate.snapshot',
    sessionId: 'x:0',
    rootId: 'x:0',
    event: { type: 'stream.dropped' },
    snapshot: {
      status: 'active',
      value: 'waiting',
      context: { streamState: {}, policy: {}, delayMs: DELAY_MS, retryAt: BEGAN + DELAY_MS },
    },
    time,
  };
}
