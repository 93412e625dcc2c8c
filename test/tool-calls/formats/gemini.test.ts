/** What Gemini may send beside the common course, cut in every place. */

import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ReconnectError } from '../../../src/index.js';
import type { SourceItem, StreamSource } from '../../../src/index.js';
import { geminiReader } from '../../../src/tool-calls/index.js';
import type { ModelPart, RecordedCalls } from '../../../src/tool-calls/index.js';
import { onVirtualClock } from '../../support/facts.js';
import { seededRandom } from '../../../src/testing/index.js';

function start(index: number, step: object): object {
  return { event_type: 'step.start', index, step };
}
function delta(index: number, fields: object): object {
  return { event_type: 'step.delta', index, delta: fields };
}
const call = (index: number, id: string, args: object = {}): object =>
  start(index, { type: 'function_call', id, name: id, arguments: args });
const args = (index: number, text: string): object =>
  delta(index, { type: 'arguments_delta', arguments: text });
const stop = (index: number): object => ({ event_type: 'step.stop', index });
const completed = (status?: string): object => ({
  event_type: 'interaction.completed',
  interaction: { id: 'i', status },
});

function read(...events: readonly object[]): { parts: ModelPart[]; end: string | null } {
  return readAfter(undefined, ...events);
}

function readAfter(
  calls: RecordedCalls | undefined,
  ...events: readonly object[]
): { parts: ModelPart[]; end: string | null } {
  const reader = geminiReader();
  if (calls !== undefined) reader.begin(calls);
  const parts = events.flatMap((event) => reader.read(event).map(({ part }) => part));
  return { parts, end: reader.end };
}

const callsOf = ({ parts }: { parts: ModelPart[] }): unknown[] =>
  parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.input]] : []));

describe('steps that a new connection sends from the start', () => {
  /** Reads the events of one connection after those of another, with what the stream recorded of it. */
  function readTwice(
    before: readonly object[],
    calls: RecordedCalls,
    again: readonly object[],
  ): unknown[] {
    const reader = geminiReader();
    for (const event of before) reader.read(event);
    reader.begin(calls);
    return callsOf({
      parts: again.flatMap((event) => reader.read(event).map(({ part }) => part)),
    });
  }
  const nameless = (index: number): object =>
    start(index, { type: 'function_call', name: 'f', arguments: {} });

  it('give a call that was open once, with the arguments as they come now', () => {
    const whole = [call(0, 'a'), args(0, '{"x":'), args(0, '1}'), stop(0)];
    const open = { a: { name: 'a', args: '{"x":', status: 'streaming' } } as const;
    expect(readTwice(whole.slice(0, 2), open, whole)).toEqual([['a', { x: 1 }]]);
  });

  it('do not run a call whose arguments are others than those that came before', () => {
    const before = [call(0, 'a'), args(0, '{"x":1,')];
    const open = { a: { name: 'a', args: '{"x":1,', status: 'streaming' } } as const;
    const other = [call(0, 'a'), args(0, '{"x":2}'), stop(0)];
    expect(readTwice(before, open, other)).toEqual([]);
  });

  it('do not run a call without an id again', () => {
    const whole = [nameless(0), args(0, '{"x":1}'), stop(0)];
    const left = { local_call_0: { name: 'f', args: '{"x":1}', status: 'complete' } } as const;
    expect(readTwice(whole, left, whole)).toEqual([]);
    const other = [nameless(0), args(0, '{"x":2}'), stop(0)];
    expect(readTwice(whole, left, other)).toEqual([]);
  });
});

describe('a call without arguments', () => {
  it.each(['requires_action', 'completed'])('may run when the interaction is %s', (status) => {
    expect(callsOf(read(call(0, 'a'), stop(0), completed(status)))).toEqual([['a', {}]]);
  });

  it.each(['incomplete', 'failed', 'cancelled', 'budget_exceeded', 'new_status', 'in_progress'])(
    'does not run when the interaction is %s: its arguments may be cut off',
    (status) => {
      expect(callsOf(read(call(0, 'a'), stop(0), completed(status)))).toEqual([]);
    },
  );

  it('does not run unless it was closed', () => {
    expect(callsOf(read(call(0, 'a'), completed('requires_action')))).toEqual([]);
  });

  it('runs once where its end is read again', () => {
    const reader = geminiReader();
    for (const event of [call(0, 'a'), stop(0), completed('requires_action')]) reader.read(event);
    reader.begin({ a: { name: 'a', args: '', status: 'streaming' } });
    const again = reader.read(completed('requires_action')).map(({ part }) => part);
    expect(callsOf({ parts: again })).toEqual([['a', {}]]);
    reader.begin({ a: { name: 'a', args: '{}', status: 'complete' } });
    expect(reader.read(completed('requires_action')).map(({ part }) => part.type)).toEqual([
      'event',
    ]);
  });

  it('of an earlier run does not take the end of another step for its own', () => {
    const calls = { a: { name: 'a', args: '', status: 'streaming' } } as const;
    const seen = readAfter(calls, stop(0), args(1, '{"x":1}'), completed('requires_action'));
    expect(callsOf(seen)).toEqual([]);
  });
});

it('a call of an earlier run whose arguments were all there needs only its end', () => {
  const calls = { a: { name: 'a', args: '{"x":1}', status: 'streaming' } } as const;
  expect(callsOf(readAfter(calls, stop(3)))).toEqual([['a', { x: 1 }]]);
});

it('pieces may be called partial_arguments, and have to agree with what came with the start', () => {
  const piece = delta(0, { type: 'arguments_delta', partial_arguments: '{"x":2}' });
  expect(callsOf(read(call(0, 'a'), piece, stop(0)))).toEqual([['a', { x: 2 }]]);
  expect(callsOf(read(call(0, 'a', { x: 2 }), piece, stop(0)))).toEqual([['a', { x: 2 }]]);
  expect(callsOf(read(call(0, 'a', { x: 1 }), piece, stop(0)))).toEqual([]);
});

it('arguments are in no event: not of calls that the peer runs, nor in the form before steps', () => {
  const secret = { x: 'secret' };
  const { parts } = read(
    start(0, { type: 'google_search_call', id: 's', arguments: secret }),
    delta(0, { type: 'google_search_call', arguments: secret }),
    delta(1, { type: 'mcp_server_tool_call', name: 'f', arguments: secret }),
    {
      event_type: 'content.start',
      index: 2,
      content: { type: 'function_call', arguments: secret },
    },
    { event_type: 'interaction.complete', interaction: { id: 'i', outputs: [secret] } },
  );
  const others = parts.filter(({ type }) => type !== 'toolCall');
  expect(JSON.stringify(others)).not.toContain('secret');
  expect(parts.flatMap((part) => (part.type === 'toolCall' ? [part.isServerTool] : []))).toEqual([
    true,
    true,
  ]);
});

it('text comes in deltas, without a type too, or with the start; thoughts are reasoning', () => {
  const { parts } = read(
    start(0, { type: 'thought' }),
    delta(0, { type: 'thought_summary', content: { type: 'text', text: 'hm' } }),
    delta(0, { type: 'thought_signature', signature: 's' }),
    start(1, { type: 'model_output', content: [{ type: 'text', text: 'A' }] }),
    delta(1, { type: 'text', text: 'B' }),
    delta(1, { text: 'C' }),
  );
  const said = parts.flatMap((part) =>
    part.type === 'text' || part.type === 'reasoning' ? [[part.type, part.text]] : [],
  );
  expect(said).toEqual([
    ['reasoning', 'hm'],
    ['text', 'A'],
    ['text', 'B'],
    ['text', 'C'],
  ]);
});

describe('the end', () => {
  it.each([
    ['completed', 'complete'],
    ['requires_action', 'complete'],
    ['incomplete', 'incomplete'],
    ['budget_exceeded', 'incomplete'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
    ['in_progress', null],
    ['new_status', 'incomplete'],
  ])('of an interaction that is %s is %s', (status, end) => {
    expect(read(completed(status)).end).toBe(end);
  });

  it('is also reported by the status beside the interaction, and outlasts what is no status', () => {
    const failed = {
      event_type: 'interaction.status_update',
      interaction_id: 'i',
      status: 'failed',
    };
    expect(read(failed, { event_type: 'new.event' })).toEqual({
      parts: [
        {
          type: 'event',
          name: 'interaction.status_update',
          data: { interaction_id: 'i', id: 'i', status: 'failed' },
        },
        { type: 'event', name: 'new.event', data: { event_type: 'new.event' } },
      ],
      end: 'failed',
    });
  });
});

describe('an interaction that is cut, and sent again', () => {
  const INPUTS: Record<string, unknown> = { a: { x: 'é', y: [1, 2] }, b: {}, c: { z: { w: 0 } } };
  const pieces = (id: string, size: number): string[] =>
    JSON.stringify(INPUTS[id]).match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
  const events = [
    { event_type: 'interaction.created', interaction: { id: 'i', status: 'in_progress' } },
    start(0, { type: 'model_output' }),
    delta(0, { type: 'text', text: 'Hello ' }),
    call(2, 'c'),
    call(1, 'a'),
    delta(0, { type: 'text', text: 'world' }),
    ...pieces('c', 4).flatMap((piece) => [args(2, piece)]),
    ...pieces('a', 5).flatMap((piece) => [args(1, piece)]),
    stop(0),
    call(3, 'b'),
    stop(2),
    stop(3),
    stop(1),
    completed('requires_action'),
  ];

  /** What one connection does. */
  interface Plan {
    /** How many events it sends again. */
    readonly again: number;
    /** How many events it reads after those. */
    readonly reads: number;
    /** Of what it made of them, the share that arrives before the rest comes or is lost. */
    readonly arrives: number;
    readonly isLost: boolean;
    /** Another process reads on: only what the stream knows of the calls is left. */
    readonly isFresh: boolean;
  }

  const REST: Plan = { again: 0, reads: Infinity, arrives: 1, isLost: false, isFresh: false };

  /** Each event is its own checkpoint. */
  function source(next: () => Plan): StreamSource<ModelPart> {
    let reader = geminiReader();
    const open: StreamSource<ModelPart>['open'] = (at) => {
      const { again, reads, arrives, isLost, isFresh } = next();
      const after = at.cursor === undefined ? -1 : Number(at.cursor);
      const from = Math.max(0, after + 1 - again);
      const to = from + reads;
      if (after === -1 || isFresh) reader = geminiReader();
      reader.begin(at.toolCalls ?? {});
      const items = events.slice(from, to).flatMap((event, n): SourceItem<ModelPart>[] => {
        const id = String(from + n);
        // As the sources do: what the server sends again is not read again.
        if (from + n <= after) return [];
        const steps = reader.read(event);
        if (steps.length === 0) return [{ type: 'checkpoint', cursor: id }];
        return steps.map(({ part, toolCall }, nth) => ({
          type: 'data',
          data: part,
          bytes: 1,
          id: nth === steps.length - 1 ? id : undefined,
          toolCall,
        }));
      });
      if (to >= events.length) items.push({ type: 'end', outcome: 'complete' });
      // The rest was read, but may never arrive.
      const cut = Math.round(arrives * items.length);
      return Promise.resolve({
        batches: (async function* () {
          yield items.slice(0, cut);
          await Promise.resolve();
          if (isLost) throw new ReconnectError('network', 'the connection broke');
          yield items.slice(cut);
        })(),
        close: () => {},
      });
    };
    // As `geminiInteractions()` does: the parts of an event are delivered with its checkpoint.
    const delivery = 'commit';
    return { name: 'cut', resume: 'cursor', terminal: 'explicit', reopen: 'safe', delivery, open };
  }

  async function play(next: () => Plan): Promise<typeof WHOLE> {
    const { stream, clock, heard } = onVirtualClock(source(next), {
      maxAttempts: 1000,
      minBackoffMs: 0,
      initialBackoffMs: 1,
      maxBackoffMs: 1,
    });
    const parts: ModelPart[] = [];
    const reading = (async () => {
      for await (const part of stream) parts.push(part);
    })();
    await clock.advance(1000);
    await reading;
    const complete = heard.flatMap((event) =>
      event.type === 'toolCall' && event.status === 'complete' ? [event.id] : [],
    );
    const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
    return { text, calls: callsOf({ parts }), complete };
  }

  /** Many cuts, anywhere. */
  function random(seed: number, isFresh: number): () => Plan {
    const draw = seededRandom(seed);
    return () => ({
      again: draw() < 0.3 ? Math.floor(draw() * 4) : 0,
      reads: draw() < 0.15 ? Infinity : Math.floor(draw() * 9),
      arrives: draw(),
      isLost: draw() < 0.4,
      isFresh: draw() < isFresh,
    });
  }

  const whole = ['c', 'a', 'b'].map((id) => [id, INPUTS[id]]);
  const WHOLE = { text: 'Hello world', calls: whole as unknown[], complete: ['c', 'a', 'b'] };

  it.each([0, 3])(
    'gives every call whole, once, wherever it is cut: %i events come again',
    async (again) => {
      const isWrong: unknown[] = [];
      for (let reads = 0; reads <= events.length; reads++) {
        for (let arrives = 0; arrives <= reads; arrives++) {
          const first = { ...REST, reads, arrives: arrives / Math.max(1, reads), isLost: true };
          const plans = [first, { ...REST, again }];
          const result = await play(() => plans.shift() ?? REST);
          if (!isDeepStrictEqual(result, WHOLE)) isWrong.push({ reads, arrives, result });
        }
      }
      expect(isWrong).toEqual([]);
    },
    300_000,
  );

  it('gives every call whole, once, however often it is cut', async () => {
    for (let seed = 0; seed < 200; seed++) {
      const result = await play(random(seed, 0));
      expect([seed, result]).toEqual([seed, WHOLE]);
    }
  }, 300_000);

  it('gives a call whole, once, or not at all where another process reads on', async () => {
    let calls = 0;
    for (let seed = 0; seed < 150; seed++) {
      const result = await play(random(seed, 0.5));
      expect([seed, result.text]).toEqual([seed, WHOLE.text]);
      expect([seed, result.calls]).toEqual([seed, result.complete.map((id) => [id, INPUTS[id]])]);
      expect([seed, new Set(result.complete).size]).toEqual([seed, result.complete.length]);
      calls += result.complete.length;
    }
    expect(calls).toBeGreaterThan(75);
  }, 300_000);
});
