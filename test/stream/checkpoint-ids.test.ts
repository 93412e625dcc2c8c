/** Every checkpoint that a stream gives is one that a stream takes, whatever its source wrote into it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../machines/index.js';
import { reconnectStream } from '../../src/index.js';
import type { Checkpoint, DataItem, SourceItem } from '../../src/index.js';
import { agUi, mcpRequest, sse } from '../../src/sources/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import { runs } from '../support/effort.js';
import { peerIds } from '../support/peer-ids.js';

const sizes = fc.oneof(
  fc.nat(1000),
  fc.double({ min: 0, max: 3, noNaN: true }),
  fc.constantFrom(0, 0.1, 0.2, Number.MAX_SAFE_INTEGER),
);

const dataItem: fc.Arbitrary<DataItem<number>> = fc.record(
  {
    type: fc.constant('data' as const),
    data: fc.nat(9),
    bytes: sizes,
    id: peerIds,
    chars: fc.nat(99),
    toolCall: fc.array(
      fc.record(
        {
          id: peerIds,
          name: peerIds,
          args: fc.constantFrom('{', '}', '{}', '\ud800'),
          done: fc.boolean(),
        },
        { requiredKeys: ['id'] },
      ),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['type', 'data', 'bytes', 'id'] },
);

const item: fc.Arbitrary<SourceItem<number>> = fc.oneof(
  { weight: 12, arbitrary: dataItem },
  { weight: 3, arbitrary: dataItem.map((one) => ({ ...one, id: undefined })) },
  { weight: 4, arbitrary: peerIds.map((cursor) => ({ type: 'checkpoint' as const, cursor })) },
  { weight: 1, arbitrary: peerIds.map((key) => ({ type: 'identity' as const, key })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { type: 'retry' as const, ms: -1.5 },
      { type: 'retry' as const, ms: 1e300 },
      { type: 'reset' as const, scope: 'pending' as const, why: 'test' },
    ),
  },
);

/** Time that goes back now and then, and has parts of a ms. */
function unsteadyClock(steps: readonly number[]): ReturnType<typeof virtualClock> {
  const clock = virtualClock();
  let reading = 0;
  return { ...clock, now: () => Math.max(0, clock.now() + (steps[reading++ % steps.length] ?? 0)) };
}

function expectAccepted(checkpoint: Checkpoint): void {
  const saved = JSON.stringify(checkpoint);
  const parsed = parseCheckpoint(saved);
  expect(parsed).toEqual(JSON.parse(saved));
  parseCheckpoint(checkpoint);
  const restored = reconnectStream(scriptedSource({ script: [] }), { checkpoint: saved as never });
  expect(restored.checkpoint().cursor).toBe(checkpoint.cursor);
}

describe('a checkpoint', () => {
  it('is accepted, whatever ids, sizes and times a source gives', async () => {
    let ids = 0;
    const property = fc.asyncProperty(
      fc.array(item, { minLength: 1, maxLength: 20 }),
      fc.constantFrom<'commit' | 'eager'>('commit', 'eager'),
      fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 5 }),
      async (items, delivery, steps) => {
        ids += items.filter((one) => 'id' in one || 'cursor' in one || 'key' in one).length;
        const source = scriptedSource<number>({ script: [[items, 'eof']], terminal: 'eof' });
        const stream = reconnectStream(source, { delivery, clock: unsteadyClock(steps) });
        stream.on('reset', () => {});
        expectAccepted(stream.checkpoint());
        const loop = stream.batches();
        // Where a size is too much for the budget, the stream fails: what it gives then is a checkpoint, too.
        for (let isOver = false; !isOver; expectAccepted(stream.checkpoint()))
          isOver = await loop.next().then(
            ({ done }) => done === true,
            () => true,
          );
      },
    );
    await fc.assert(property, { numRuns: runs(80, 18_000) });
    expect(ids).toBeGreaterThan(runs(300, 100_000));
  }, 2_400_000);

  it('holds an id of the longest length, and a longer one ends the stream once', async () => {
    for (const id of ['\n'.repeat(4096), '漢'.repeat(4096), 'x'.repeat(4097)]) {
      const one: SourceItem<number> = { type: 'data', data: 1, bytes: 1, id };
      const source = scriptedSource<number>({ script: [[[one], 'eof']], terminal: 'eof' });
      const stream = reconnectStream(source);
      stream.start();
      const { status, error, attempts } = await stream.done;
      expect([status, error?.kind, attempts]).toEqual(
        id.length > 4096 ? ['failed', 'limit', 0] : ['complete', undefined, 0],
      );
      expectAccepted(stream.checkpoint());
    }
  });
});

describe('a cursor that no header can hold', () => {
  const body = { stream: true };
  const url = 'http://127.0.0.1/events';
  const message = { id: 1, method: 'tools/call' };
  const sources = {
    sse: (fetch: typeof globalThis.fetch) => sse({ url, fetch }),
    agUi: (fetch: typeof globalThis.fetch) => agUi({ url, body, fetch }),
    mcpRequest: (fetch: typeof globalThis.fetch) => mcpRequest({ url, message, fetch }),
  };

  it.each(Object.entries(sources))(
    'ends %s as not resumable, without a request',
    async (_, create) => {
      for (const cursor of ['a\r\nX-Admin: 1', '\0', 'a\nb', '\u0001']) {
        const requests: string[] = [];
        const fetch = (address: unknown): Promise<Response> => {
          requests.push(String(address));
          return Promise.reject(new TypeError('unexpected'));
        };
        const checkpoint = { ...reconnectStream(sse({ url })).checkpoint(), cursor };
        const stream = reconnectStream(create(fetch as never) as ReturnType<typeof sse>, {
          checkpoint,
        });
        stream.start();
        const { status, error, attempts } = await stream.done;
        expect([status, error?.kind, attempts]).toEqual(['failed', 'not-resumable', 0]);
        expect(error?.message).toContain('cannot be sent as a header');
        expect(requests).toEqual([]);
      }
    },
  );
});
