/** `reset`, `restarted` and `gap` are emitted in their place among the items. */

import { describe, expect, it } from 'vitest';
import type { ReconnectingStream } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import { END, bare, checkpointAt, item, items, oneByOne } from '../support/numbered-log.js';
import { onVirtualClock } from '../support/facts.js';

/** What a reader sees that works on each item for a while, as a log. */
async function readSlowly(
  stream: ReconnectingStream<number>,
  work: () => Promise<void>,
): Promise<string[]> {
  const log: string[] = [];
  stream.on('reset', ({ scope }) => log.push(`reset ${scope}`));
  stream.on('restarted', () => log.push('restarted'));
  stream.on('gap', ({ from, to }) => log.push(`gap ${from} to ${to}`));
  for await (const one of stream) {
    await work();
    log.push(String(one));
  }
  return log;
}

/** Not long, but longer than a drop takes to be noticed. */
async function aFewTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe('events about items', () => {
  it('a reset comes after the items it takes back, even while the reader works on one', async () => {
    const source = scriptedSource({ script: [[[item(1)]], [[bare(2), checkpointAt(2), END]]] });
    const { stream, clock } = onVirtualClock(source, { delivery: 'eager' });
    const log = readSlowly(stream, aFewTurns);
    await clock.advance(0);
    source.push([bare(2)]);
    source.push('drop');
    await clock.advance(60_000);
    expect(await log).toEqual(['1', '2', 'reset pending', '2']);
  });

  it('a reader that works long receives it when it asks for more', async () => {
    const source = scriptedSource({
      script: [[[item(1), bare(2)]], [[bare(2), checkpointAt(2), END]]],
    });
    const { stream, clock } = onVirtualClock(source, { delivery: 'eager' });
    const work = (): Promise<void> => new Promise((done) => clock.setTimeout(done, 10_000));
    const log = readSlowly(stream, work);
    await clock.advance(15_000);
    source.push('drop');
    await clock.advance(60_000);
    expect(await log).toEqual(['1', '2', 'reset pending', '2']);
  });

  it('a restart is emitted between the last old item and the first new one', async () => {
    const source = scriptedSource({
      resume: 'none',
      script: [[[bare(1), bare(2)], 'drop'], [[bare(1), bare(2), END]]],
    });
    const { stream, clock } = onVirtualClock(source, { allowRestart: true });
    const work = (): Promise<void> => new Promise((done) => clock.setTimeout(done, 3_000));
    const log = readSlowly(stream, work);
    await clock.advance(60_000);
    expect(await log).toEqual(['1', 'restarted', '1', '2']);
  });

  it('a gap is emitted between the items that it lies between', async () => {
    const source = scriptedSource({ script: [[[...items(1, 3), item(6), item(7), END]]] });
    const { stream, clock } = onVirtualClock({ ...source, contiguous: oneByOne });
    const work = (): Promise<void> => new Promise((done) => clock.setTimeout(done, 100));
    const log = readSlowly(stream, work);
    await clock.advance(60_000);
    expect(await log).toEqual(['1', '2', '3', 'gap 3 to 6', '6', '7']);
  });

  it('what a reset takes out of the queue is not waited for', async () => {
    const again = { type: 'reset', scope: 'all', why: 'a new answer' } as const;
    const source = scriptedSource({ script: [[[...items(1, 3), item(6), again, item(1), END]]] });
    const { stream, clock } = onVirtualClock({ ...source, contiguous: oneByOne });
    const work = (): Promise<void> => new Promise((done) => clock.setTimeout(done, 100));
    const log = readSlowly(stream, work);
    await clock.advance(60_000);
    expect(await log).toEqual(['1', 'gap 3 to 6', 'reset all', '1']);
  });

  it('batches do not reach over a gap', async () => {
    const source = scriptedSource({ script: [[[...items(1, 3), item(6), item(7), END]]] });
    const { stream, clock } = onVirtualClock({ ...source, contiguous: oneByOne });
    const log: unknown[] = [];
    stream.on('gap', () => log.push('gap'));
    const read = (async () => {
      for await (const batch of stream.batches()) log.push(...batch);
    })();
    await clock.advance(1_000);
    await read;
    expect(log).toEqual([1, 2, 3, 'gap', 6, 7]);
  });

  it('one who leaves receives what was still to be emitted', async () => {
    const source = scriptedSource({ script: [[items(1, 2), [item(5)]]] });
    const { stream, clock } = onVirtualClock({ ...source, contiguous: oneByOne });
    const gaps: unknown[] = [];
    stream.on('gap', ({ from, to }) => gaps.push([from, to]));
    const read = (async () => {
      for await (const one of stream) {
        await clock.advance(10);
        if (one === 2) break;
      }
    })();
    await clock.advance(0);
    await read;
    expect(gaps).toEqual([['2', '5']]);
  });

  it('nobody who reads: it is emitted at once', async () => {
    const source = scriptedSource({ script: [[[item(1), item(3)]]] });
    const { stream, clock } = onVirtualClock({ ...source, contiguous: oneByOne });
    const gaps: unknown[] = [];
    stream.on('gap', ({ from, to }) => gaps.push([from, to]));
    stream.start();
    await clock.advance(0);
    expect(gaps).toEqual([['1', '3']]);
    stream.close();
  });
});
