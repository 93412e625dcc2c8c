/** A server that takes the cursor and then leaves items out is reported, where ids show it. */

import { describe, expect, it } from 'vitest';
import { sse } from '../../src/sources/index.js';
import type { SseOptions } from '../../src/sources/index.js';
import { fromChunks } from '../sources/drive.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import { END, item, oneByOne } from '../support/numbered-log.js';

describe('ids that show what is missing', () => {
  it('lead to a gap event after a reconnect that skips, and the stream goes on', async () => {
    const script = [[[item(1), item(2)], 'drop'], [[item(5), item(6), END]]] as const;
    const source = Object.assign(scriptedSource({ script }), { contiguous: oneByOne });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 5, 6]);
    expect(eventsOf(heard, 'gap')).toEqual([{ type: 'gap', from: '2', to: '5' }]);
  });

  it('lead to one in the middle of a connection too, and to none where nothing is missing', async () => {
    const script = [[[item(1), item(2), item(4)], 'drop'], [[item(4), item(5), END]]] as const;
    const source = Object.assign(scriptedSource({ script }), { contiguous: oneByOne });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 4, 5]);
    expect(eventsOf(heard, 'gap')).toEqual([{ type: 'gap', from: '2', to: '4' }]);
  });
});

it('delivers what comes late where ids are numbers, and reports a gap: before a reconnect nothing is old', async () => {
  const source = fromChunks([[1, 2, 4, 3, 2, 5].map((n) => `id: ${n}\ndata: ${n}\n\n`).join('')], {
    terminal: 'eof',
    contiguous: 'numeric',
  });
  const { stream, clock, heard } = onVirtualClock(source);
  const { items: got } = read(stream);
  await clock.advance(0);
  expect(got.map(({ id }) => id)).toEqual(['1', '2', '4', '3', '2', '5']);
  expect(eventsOf(heard, 'gap').map(({ from, to }) => [from, to])).toEqual([
    ['2', '4'],
    ['4', '3'],
    ['4', '2'],
  ]);
  expect(eventsOf(heard, 'replayed')).toEqual([]);
});

describe('a cursor that comes without data', () => {
  it('leads to a gap too where something is missing before it', async () => {
    const skipped = { type: 'checkpoint', cursor: '5' } as const;
    const script = [[[item(1), item(2), skipped, item(6), END]]] as const;
    const source = Object.assign(scriptedSource({ script }), { contiguous: oneByOne });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items: got } = read(stream);
    await clock.advance(0);
    expect(got).toEqual([1, 2, 6]);
    expect(eventsOf(heard, 'gap')).toEqual([{ type: 'gap', from: '2', to: '5' }]);
  });
});

describe('sse()', () => {
  it.each<[string, Partial<SseOptions>, readonly [string, string][]]>([
    ["contiguous: 'numeric'", { contiguous: 'numeric' }, [['2', '5']]],
    ['a function', { contiguous: (a, b) => (Number(b) - Number(a) < 4 ? 'next' : 'gap') }, []],
    ['the event itself', { follows: (event) => event.data }, [['5', '6']]],
  ])('reports a gap by %s', async (_, options, gaps) => {
    const events = [
      [1, ''],
      [2, '1'],
      [5, '2'],
      [6, '4'],
    ];
    const text = events.map(([id, data]) => `id: ${id}\ndata: ${data}\n\n`).join('');
    const source = fromChunks([text], { terminal: 'eof', ...options });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items: got } = read(stream);
    await clock.advance(0);
    expect(got.map(({ id }) => id)).toEqual(['1', '2', '5', '6']);
    expect(eventsOf(heard, 'gap').map(({ from, to }) => [from, to])).toEqual(gaps);
  });

  it.each<[string, Partial<SseOptions>]>([
    ['contiguous', { contiguous: boom }],
    ['follows', { follows: boom }],
  ])('fails openly where %s throws', async (name, options) => {
    const source = fromChunks(['id: 1\ndata: a\n\nid: 2\ndata: b\n\n'], options);
    const { stream, clock } = onVirtualClock(source);
    const { ended } = read(stream);
    await clock.advance(0);
    expect(await ended).toMatchObject({ kind: 'callback', message: `${name} threw` });
  });

  it('refuses a contiguity that it does not know', () => {
    const contiguous = 'alphabetic' as 'numeric';
    expect(() => sse({ url: 'http://127.0.0.1/', contiguous })).toThrow(
      /contiguous to be 'numeric'/,
    );
  });
});

function boom(): never {
  throw new Error('boom');
}
