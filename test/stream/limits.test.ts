/** What a source gives is bounded before it is kept: the same bytes would pass the limit again, so nothing is retried. */

import { expect, it } from 'vitest';
import type { SourceItem } from '../../src/index.js';
import { onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import { bare, item } from '../support/numbered-log.js';

const FITS = 'x'.repeat(4096);

const WITH_ID: readonly (readonly [string, (id: string) => SourceItem<number>])[] = [
  ['an id', (id) => ({ type: 'data', data: 2, bytes: 1, id })],
  ['an id behind items without one', (id) => ({ type: 'data', data: 2, bytes: 1, id })],
  ['a checkpoint', (cursor) => ({ type: 'checkpoint', cursor })],
  ['an identity', (key) => ({ type: 'identity', key })],
  ['a tool call', (id) => ({ type: 'data', data: 2, bytes: 1, toolCall: [{ id, args: '{' }] })],
];

it.each(WITH_ID)('%s may have 4096 UTF-16 code units, and no more', async (name, make) => {
  const before = name.includes('behind') ? [item(1), bare(1)] : [];
  for (const [id, kind] of [
    [FITS, undefined],
    [`${FITS}x`, 'limit'],
  ] as const) {
    const source = scriptedSource<number>({ script: [[[...before, make(id)]]] });
    const { stream, clock } = onVirtualClock(source);
    const { ended } = read(stream);
    await clock.advance(10);
    if (kind === undefined) {
      expect(stream.state).toBe('connected');
      stream.close();
    } else expect(await ended).toMatchObject({ kind });
    await clock.advance(100_000);
    expect(source.openings).toHaveLength(1);
  }
});
