/** The rules that every format of models' answers has to keep, one by one, in one table for all of them. */

import { describe, expect, it } from 'vitest';
import { plainChoices } from '../support/wires/choices.js';
import { ERROR_MARK, errorShapes } from '../support/wires/errors.js';
import type { WireFormat } from '../support/wires/format.js';
import { wireFormats } from '../support/wires/formats.js';
import { heartbeats } from '../support/wires/noise.js';
import { judge } from '../support/wires/oracle.js';
import type { ReadingPlan } from '../support/wires/plan.js';
import { readWire } from '../support/wires/run.js';
import type { Run } from '../support/wires/run.js';
import type { Saying } from '../support/wires/script.js';
import type { Finish, PeerPlan, Refusal } from '../support/wires/server.js';
import type { Truth } from '../support/wires/truth.js';

const TRUTH: Truth = {
  reasoning: ['thought '],
  text: ['word0 ', 'word1 '],
  calls: [
    { id: 'call_a', name: 'get_weather', input: { q: 'secret-0' }, secret: 'secret-0' },
    { id: 'call_b', name: 'pay', input: { q: 'secret-1' }, secret: 'secret-1' },
  ],
  ending: 'good',
};

const READING: ReadingPlan = {
  delivery: undefined,
  allowRestart: false,
  continues: false,
  idempotencyKey: false,
  saveAfter: null,
};

const PLAN: PeerPlan = {
  refusals: [],
  fates: [],
  resumptions: [],
  contentType: '',
  pieceBytes: 1 << 20,
  piecesAt: 0,
};

interface Setup {
  readonly truth?: Partial<Truth>;
  readonly reading?: Partial<ReadingPlan>;
  readonly plan?: Partial<PeerPlan>;
  /** Changes what the peer says. */
  readonly change?: (sayings: readonly Saying[]) => readonly Saying[];
  /** Which of the words for the end. */
  readonly word?: number;
}

function read(format: WireFormat, setup: Setup = {}): Promise<Run> {
  const { change = (sayings) => sayings, word = 0 } = setup;
  const changed: WireFormat = {
    ...format,
    write: (truth, choices) => {
      const script = format.write(truth, choices);
      return { ...script, sayings: change(script.sayings) };
    },
  };
  return readWire(
    changed,
    {
      truth: { ...TRUTH, ...setup.truth },
      reading: { ...READING, ...setup.reading },
      plan: { ...PLAN, contentType: format.contentTypes[0]!, ...setup.plan },
    },
    plainChoices(word),
  );
}

const toEnd = (sayings: readonly Saying[]): readonly Saying[] =>
  sayings.slice(0, sayings.findIndex(({ facts }) => facts.some(({ type }) => type === 'over')) + 1);

/** Before the second half of the answer. */
const inside = (saying: Saying) => (sayings: readonly Saying[]) =>
  sayings.toSpliced(sayings.length >> 1, 0, saying);

function work({ exchanges }: Run): number {
  return exchanges.filter(({ request }) => request.method === 'POST').length;
}

describe.each(wireFormats.map((format) => [format.name, format] as const))('%s', (_, format) => {
  it('a plain answer comes whole', async () => {
    const run = await read(format);
    expect(judge(format, run)).toEqual([]);
    expect([run.outcome?.status, run.calls.length, run.exchanges.length]).toEqual([
      'complete',
      2,
      1,
    ]);
  });

  it.each<Finish>(['eof', 'reset', 'stall'])(
    'the end is believed, however the connection ends after it: %s',
    async (finish) => {
      const plan = { fates: [{ at: null, finish }] };
      for (const change of [undefined, toEnd]) {
        const run = await read(format, { plan, ...(change === undefined ? {} : { change }) });
        expect(judge(format, run)).toEqual([]);
        expect([run.outcome?.status, run.exchanges.length]).toEqual(['complete', 1]);
      }
    },
  );

  it.each<[string, Refusal]>([
    ['429', { status: 429, isClean: true }],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '2' }, isClean: true }],
    ['529', { status: 529, isClean: true }],
    ['x-should-retry: true', { status: 500, headers: { 'x-should-retry': 'true' }, isClean: true }],
  ])('a request that was refused before any work is sent again: %s', async (_name, refusal) => {
    const run = await read(format, { plan: { refusals: [refusal] } });
    expect([run.outcome?.status, work(run)]).toEqual(['complete', 2]);
  });

  it.each<[string, Refusal]>([
    ['500', { status: 500, isClean: false }],
    ['408', { status: 408, isClean: false }],
    ['a reset', { status: 'reset', isClean: false }],
    [
      'x-should-retry: false',
      { status: 429, headers: { 'x-should-retry': 'false' }, isClean: false },
    ],
  ])('one that may have begun the work is not: %s', async (_name, refusal) => {
    const run = await read(format, { plan: { refusals: [refusal] } });
    expect(work(run)).toBe(1);
  });

  it('a broken answer asks for no second run of the work', async () => {
    for (const finish of ['eof', 'reset', 'stall'] as const) {
      for (let at = 0; at < 10_000; at += 700) {
        const run = await read(format, { plan: { fates: [{ at, finish }] } });
        expect([finish, at, judge(format, run)]).toEqual([finish, at, []]);
      }
    }
  });

  it.each(['length', 'filter', 'error', 'unknown'] as const)(
    'a response that ends by %s is not complete, and its word is reported',
    async (ending) => {
      for (let word = 0; word < 6; word++) {
        const run = await read(format, { truth: { ending, calls: [] }, word });
        expect([word, judge(format, run)]).toEqual([word, []]);
        expect(run.outcome?.status).not.toBe('complete');
      }
    },
  );

  it.each(heartbeats(format.kind).map((beat) => [JSON.stringify(beat), beat] as const))(
    'a heartbeat between all events says nothing: %s',
    async (_name, beat) => {
      const run = await read(format, {
        change: (sayings) => sayings.flatMap((one) => [{ ...beat, facts: [] }, one]),
      });
      expect(judge(format, run)).toEqual([]);
      expect(run.outcome?.status).toBe('complete');
    },
  );

  const isTyped = ['aiSdkUi', 'agUi'].includes(format.name);
  it.each(errorShapes(format.kind === 'lines' ? 'line' : isTyped ? 'typed' : 'plain'))(
    'an error inside an answer fails it, with the text of the peer: %s',
    async (_name, shape) => {
      const saying: Saying = { ...shape(ERROR_MARK), facts: [{ type: 'error', mark: ERROR_MARK }] };
      const run = await read(format, { truth: { calls: [] }, change: inside(saying) });
      expect(judge(format, run)).toEqual([]);
      if (format.resume === 'none') expect(run.outcome?.error?.message).toContain(ERROR_MARK);
    },
  );
});
