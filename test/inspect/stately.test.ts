/** `@statelyai/inspect`: works as it is, and `sanitize` keeps arguments out of it. */

import { createInspector } from '@statelyai/inspect';
import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { createMachine } from 'xstate';
import { expect, it } from 'vitest';
import { reconnectMachine } from '../../machines/index.js';
import { reconnectStream } from '../../src/index.js';
import { sanitize } from '../../src/inspect/index.js';
import { callingSource, drain, SECRET } from '../support/inspected.js';
import { createWaiter } from '../../src/testing/wait-until.js';

async function inspect(options: object): Promise<readonly StatelyInspectionEvent[]> {
  const { until, changed } = createWaiter();
  const sent: StatelyInspectionEvent[] = [];
  const adapter = { send: (event: StatelyInspectionEvent) => (sent.push(event), changed()) };
  const inspector = createInspector(adapter, options);
  const stream = reconnectStream(callingSource(), {
    inspect: inspector.inspect,
    initialBackoffMs: 1,
  });
  await drain(stream);
  // It converts later, when the process is idle.
  const { sessionId } = stream.actor;
  await until(() =>
    sent.some(
      (one) => isSnapshot(one) && one.sessionId === sessionId && one.snapshot.status === 'done',
    ),
  );
  return sent;
}

function isSnapshot(
  event: StatelyInspectionEvent,
): event is Extract<StatelyInspectionEvent, { type: '@xstate.snapshot' }> {
  return event.type === '@xstate.snapshot';
}

it('shows the registration with a definition that draws the same chart, the events and the states', async () => {
  const sent = await inspect(sanitize);
  const [first] = sent;
  if (first?.type !== '@xstate.actor') throw new Error(`the first message is ${first?.type}`);
  const drawn = createMachine(JSON.parse(first.definition!) as object);
  expect(drawn.id).toBe('reconnect');
  expect(chartOf(drawn.definition)).toEqual(chartOf(reconnectMachine.definition));

  const own = sent.filter(({ sessionId }) => sessionId === first.sessionId);
  const types = own.flatMap((event) => (event.type === '@xstate.event' ? [event.event.type] : []));
  expect(types).toEqual(
    expect.arrayContaining(['connect', 'stream.toolCall', 'stream.dropped', 'stream.ended']),
  );
  const values = own.flatMap((event) =>
    isSnapshot(event) ? [(event.snapshot as { value?: string }).value] : [],
  );
  expect(values.filter((value, n) => value !== values[n - 1])).toEqual([
    'idle',
    'connecting',
    'connected',
    'waiting',
    'connecting',
    'connected',
    'closed',
  ]);
});

it('shows arguments by their length only, in events, states and the outcome', async () => {
  expect(JSON.stringify(await inspect({}))).toContain(SECRET);
  const text = JSON.stringify(await inspect(sanitize));
  expect(text).not.toContain(SECRET);
  expect(text).toContain(`(${`{"q":"${SECRET}`.length} characters)`);
});

/** Which event leads from where to where. */
function chartOf(definition: { states: Readonly<Record<string, unknown>> }): object {
  const json = JSON.parse(JSON.stringify(definition.states)) as Record<
    string,
    { transitions: { eventType: string; target?: string[] }[] }
  >;
  return Object.fromEntries(
    Object.entries(json).map(([key, { transitions }]) => [
      key,
      transitions
        .map(({ eventType, target }) => `${eventType} -> ${(target ?? []).join(' ')}`)
        .toSorted(),
    ]),
  );
}
