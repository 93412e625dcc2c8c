/** The oracle of the fuzzer notices each mistake that a reader could make: else it would prove nothing. */

import { describe, expect, it } from 'vitest';
import { repeatedChoices } from '../support/wires/choices.js';
import { wireFormats } from '../support/wires/formats.js';
import { judge } from '../support/wires/oracle.js';
import { runWire } from '../support/wires/run.js';
import type { Run } from '../support/wires/run.js';

/** Draws of an answer that nothing is odd about: two calls, two pieces of text. */
const PLAIN = [0, 0, 4, 2];

describe.each(wireFormats.map((format) => [format.name, format] as const))('%s', (_, format) => {
  const plain = runWire(format, repeatedChoices(PLAIN));
  const kinds = async (change: (run: Run) => Partial<Run>): Promise<string[]> => {
    const run = await plain;
    return judge(format, { ...run, ...change(run) }).map(({ kind }) => kind);
  };

  it('a plain answer is read as it was meant', async () => {
    const { outcome, calls, truth } = await plain;
    expect(await kinds(() => ({}))).toEqual([]);
    expect(outcome?.status).toBe('complete');
    expect(calls.map(({ name, input }) => [name, input])).toEqual(
      truth.calls.map(({ name, input }) => [name, input]),
    );
  });

  it.each<[string, string, (run: Run) => Partial<Run>]>([
    [
      'a piece of text',
      'complete with text missing',
      ({ parts }) => ({ parts: without(parts, 'text') }),
    ],
    ['a call', 'a whole call is lost', ({ calls }) => ({ calls: calls.slice(1) })],
  ])('notices that %s is missing', async (_what, kind, change) => {
    expect(await kinds(change)).toContain(kind);
  });

  it('notices text that was not said, and text that comes twice', async () => {
    const said = await kinds(({ parts }) => ({ parts: [...parts, { type: 'text', text: 'x' }] }));
    const twice = await kinds(({ parts }) => ({ parts: [...parts, ...parts] }));
    expect([said, twice]).toEqual([['other text'], expect.arrayContaining(['other text'])]);
  });

  it.each<[string, string, object]>([
    ['no arguments', 'a call with {}', { input: {} }],
    ['other arguments', 'a call with other arguments', { input: { q: 'x' } }],
    ['no name', 'a call without a name', { name: '' }],
    ['another name', 'a call of another name', { name: 'x' }],
    ['an id of nobody', 'a call under an id of nobody', { id: 'x' }],
  ])('notices a call with %s', async (_what, kind, other) => {
    const found = await kinds(({ calls: [first, ...more] }) => ({
      calls: [{ ...first!, ...other }, ...more],
    }));
    expect(found).toContain(kind);
  });

  it('notices a call that comes twice, under its id or another', async () => {
    const same = await kinds(({ calls }) => ({ calls: [...calls, calls[0]!] }));
    const other = await kinds(({ calls }) => ({ calls: [...calls, { ...calls[0]!, id: 'x' }] }));
    expect(same).toContain('a call twice');
    expect(other).toContain('a call twice, by another id');
  });

  it('notices arguments outside of a call', async () => {
    const leak = await kinds(({ parts, truth }) => ({
      parts: [...parts, { type: 'event', name: 'x', data: truth.calls[0]?.input }],
    }));
    expect(leak).toEqual(['arguments in an event']);
  });

  it('notices an end that is not believed, or never comes', async () => {
    const failed = await kinds(({ outcome }) => ({ outcome: { ...outcome!, status: 'failed' } }));
    const never = await kinds(() => ({ outcome: null }));
    expect(failed).toContain('the end is not believed');
    expect(never).toContain('never settles');
  });

  it('notices a second request', async () => {
    const again = await kinds(({ exchanges }) => ({
      exchanges: [...exchanges, { ...exchanges[0]!, answer: null, status: 500 }],
    }));
    expect(again).toEqual(['the work is asked for again', 'a request after the end']);
  });

  it('notices a call and an end that the peer cut off, or took back', async () => {
    const cut = await kinds(({ exchanges: [first] }) => {
      const { answer } = first!;
      const taken = Math.floor(answer!.encoded.bytes.length / 3);
      return { exchanges: [{ ...first!, answer: { ...answer!, taken } }] };
    });
    expect(cut).toEqual(
      expect.arrayContaining(['complete without its end', 'a call that may not run']),
    );
    const bad = await kinds(({ exchanges: [first] }) => ({
      exchanges: [{ ...first!, answer: withOver(first!.answer!, 'incomplete') }],
    }));
    expect(bad).toContain('complete though it ended badly');
  });
});

function without(parts: Run['parts'], type: string): Run['parts'] {
  const at = parts.findLastIndex((part) => part.type === type);
  return parts.filter((_, n) => n !== at);
}

type Answer = NonNullable<Run['exchanges'][number]['answer']>;

function withOver(answer: Answer, outcome: 'incomplete'): Answer {
  const sayings = answer.script.sayings.map((saying) => ({
    ...saying,
    facts: saying.facts.map((fact) => (fact.type === 'over' ? { ...fact, outcome } : fact)),
  }));
  return { ...answer, script: { ...answer.script, sayings } };
}
