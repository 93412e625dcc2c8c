/** An end that was read is believed, whatever happens to the connection after it. */

import { describe, expect, it } from 'vitest';
import type { Connection, EndOutcome, SourceItem, StreamSource } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedSource, ScriptedStep } from '../../src/testing/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';

const text: SourceItem<string> = { type: 'data', data: 'All of it.', bytes: 10 };
const finish: SourceItem<string> = { type: 'data', data: 'finish', bytes: 6 };
const usage: SourceItem<string> = { type: 'data', data: 'usage', bytes: 5 };

const KINDS = [
  { resume: 'none', reopen: 'restarts-work' },
  { resume: 'continuation', reopen: 'restarts-work' },
  { resume: 'cursor', reopen: 'safe' },
  { resume: 'replay', reopen: 'safe' },
] as const;

const AFTERWARDS: Record<string, readonly ScriptedStep<string>[]> = {
  'the bytes end': ['eof'],
  'the connection breaks': ['drop'],
  'the source throws': [{ throws: new Error('x') }],
  'the source gives what is no item': [[null as unknown as SourceItem<string>]],
  'nobody closes the connection': [],
};

describe('after the protocol’s end was read', () => {
  const cases = KINDS.flatMap((kind) =>
    Object.keys(AFTERWARDS).flatMap((what) =>
      [[], [[usage]]].map((rest) => ({ ...kind, what, rest })),
    ),
  );

  it.each(cases)('$resume: $what, after $rest.length more', async ({ what, rest, ...kind }) => {
    const steps = [[text, finish], ...rest, ...(AFTERWARDS[what] ?? [])];
    const { source, inner } = finishing('complete', kind, steps);
    const { stream, clock, heard } = onVirtualClock(source);
    const { items, ended } = read(stream);
    await clock.advance(2000);
    expect((await stream.done).status).toBe('complete');
    expect(await ended).toBeNull();
    expect(items).toEqual(['All of it.', 'finish', ...rest.map(() => 'usage')]);
    expect(inner.openings).toHaveLength(1);
    expect(inner.live).toBe(0);
    expect([eventsOf(heard, 'stalled'), eventsOf(heard, 'dropped')]).toEqual([[], []]);
  });

  it.each(['incomplete', 'failed', 'cancelled'] as const)('the end is %s', async (outcome) => {
    for (const terminal of ['explicit', 'eof'] as const) {
      const { source } = finishing(outcome, { ...KINDS[0], terminal }, [[finish], 'eof']);
      const { stream } = onVirtualClock(source);
      read(stream);
      expect((await stream.done).status).toBe(outcome);
    }
  });

  it('silence ends the stream two seconds after the last sign of life, and no later than a stall', async () => {
    const { source, inner } = finishing('complete', KINDS[0], [[finish]]);
    const { stream, clock } = onVirtualClock(source, { stallTimeoutMs: null });
    read(stream);
    await clock.advance(1900);
    inner.push([{ type: 'alive' }]);
    await clock.advance(1999);
    expect(stream.state).toBe('connected');
    await clock.advance(1);
    expect(stream.state).toBe('closed');

    const other = onVirtualClock(finishing('complete', KINDS[0], [[finish]]).source, {
      stallTimeoutMs: 500,
    });
    read(other.stream);
    await other.clock.advance(500);
    expect(other.stream.state).toBe('closed');
  });

  it('shortens a wait for bytes that is going on', async () => {
    const { source, inner } = finishing('complete', KINDS[0], [[text]]);
    const { stream, clock } = onVirtualClock(source);
    read(stream);
    await clock.advance(30_000);
    inner.push([finish]);
    await clock.advance(2000);
    expect((await stream.done).status).toBe('complete');
  });

  it('what waits for a checkpoint is whole', async () => {
    const withId = { ...text, id: 'a' };
    const { source } = finishing('complete', KINDS[2], [[withId, finish, usage], 'drop']);
    const { stream } = onVirtualClock(source, { delivery: 'commit' });
    const { items, ended } = read(stream);
    expect(await ended).toBeNull();
    expect(items).toEqual(['All of it.', 'finish', 'usage']);
    expect((await stream.done).streamState.chunksReceived).toBe(3);
  });

  it.each(['pause', 'retryNow'] as const)('%s() sends no further request', async (command) => {
    for (const kind of [KINDS[1], KINDS[2]]) {
      const { source, inner } = finishing('complete', kind, [[text, finish]]);
      const { stream, clock } = onVirtualClock(source);
      read(stream);
      await clock.settle();
      stream[command]();
      stream.resume();
      await clock.settle();
      expect((await stream.done).status).toBe('complete');
      expect(inner.openings).toHaveLength(1);
    }
  });

  it('close() is still the caller’s own end', async () => {
    const { source } = finishing('complete', KINDS[0], [[finish]]);
    const { stream, clock } = onVirtualClock(source);
    read(stream);
    await clock.settle();
    stream.close();
    expect((await stream.done).status).toBe('closed');
  });
});

const NO_OUTCOMES: Record<string, () => EndOutcome | null> = {
  null: () => null,
  'an unknown word': () => 'fine' as 'complete',
  'a getter that throws': () => {
    throw new Error('not yet');
  },
};

describe('an outcome that is none', () => {
  it.each(Object.keys(NO_OUTCOMES))('is no end: %s', async (name) => {
    const outcome = NO_OUTCOMES[name] ?? 'complete';
    const { source, inner } = finishing(outcome, KINDS[2], [[text, finish], 'drop']);
    const { stream, clock } = onVirtualClock(source);
    read(stream);
    await clock.advance(1000);
    expect(inner.openings).toHaveLength(2);
    stream.close();
  });
});

interface Finishing {
  readonly source: StreamSource<string>;
  /** Counts, and takes further steps. */
  readonly inner: ScriptedSource<string>;
}

/** One connection with these steps, whose protocol is at its end as soon as `finish` was read. */
function finishing(
  outcome: EndOutcome | (() => EndOutcome | null),
  kind: Pick<StreamSource<string>, 'resume' | 'reopen'> & Partial<StreamSource<string>>,
  steps: readonly ScriptedStep<string>[],
): Finishing {
  const inner = scriptedSource<string>({ ...kind, script: [steps] });
  const open: StreamSource<string>['open'] = async (at, signal) => {
    const { batches, close } = await inner.open(at, signal);
    let isFinished = false;
    const iterator = batches[Symbol.asyncIterator]();
    const next = async (): Promise<IteratorResult<readonly SourceItem<string>[]>> => {
      const result = await iterator.next();
      if (result.done !== true) isFinished ||= result.value.includes(finish);
      return result;
    };
    const connection: Connection<string> = {
      batches: { [Symbol.asyncIterator]: () => ({ next }) },
      close,
      get outcome() {
        if (!isFinished) return null;
        return typeof outcome === 'function' ? outcome() : outcome;
      },
    };
    return connection;
  };
  return { source: { ...inner, open }, inner };
}
