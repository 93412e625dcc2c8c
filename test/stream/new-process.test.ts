/** A new process goes on from a checkpoint, and the server sends again what came before it. */

import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../machines/index.js';
import { reconnectStream } from '../../src/index.js';
import type { Checkpoint, ReconnectEvent, SourceItem } from '../../src/index.js';
import { geminiInteractions, sse } from '../../src/sources/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import { bare, END, after, items, range } from '../support/numbered-log.js';

/** Where the server begins when it is asked to go on after the nth item. */
const SERVERS = {
  'at the cursor itself': (n: number) => n,
  'a few items before the cursor': (n: number) => Math.max(1, n - 5),
  'as far back as a checkpoint remembers': (n: number) => Math.max(1, n - 31),
  'at the start': () => 1,
};

interface Reading<T> {
  readonly got: readonly T[];
  readonly events: readonly ReconnectEvent['type'][];
  readonly status: string;
}

/** Reads so many items, saves the place, and goes on in a stream of its own. */
async function readInTwo<T>(
  create: () => Parameters<typeof reconnectStream<T>>[0],
  count: number,
  save: (checkpoint: Checkpoint) => Checkpoint | string = (one) => JSON.stringify(one),
): Promise<Reading<T>> {
  const got: T[] = [];
  const first = reconnectStream(create());
  let checkpoint = first.checkpoint();
  for await (const one of first) {
    got.push(one);
    if (got.length < count) continue;
    checkpoint = first.checkpoint();
    break;
  }
  const second = reconnectStream(create(), { checkpoint: save(checkpoint) });
  const events: ReconnectEvent['type'][] = [];
  second.actor.on('*', ({ type }) => void events.push(type));
  for await (const one of second) got.push(one);
  const { status } = await second.done;
  return { got, events, status };
}

describe('a new process', () => {
  describe.each(Object.entries(SERVERS))('of a server that begins %s', (_, begin) => {
    it.each([1, 7, 40, 100])('has each of 120 items once, saved after %i', async (count) => {
      const create = () =>
        scriptedSource<number>({
          script: (at) => [[...items(after(at) === 0 ? 1 : begin(after(at)), 120), END]],
        });
      const { got, events } = await readInTwo(create, count);
      expect(got).toEqual(range(1, 120));
      expect(events).not.toContain('gap');
    });
  });

  it.each([
    [33, 1],
    [48, 16],
    [49, 49],
    [60, 60],
  ])(
    'of a server that goes %i items back, and not to the start, has %i twice',
    async (back, twice) => {
      const create = () =>
        scriptedSource<number>({
          script: (at) => [[...items(after(at) === 0 ? 1 : after(at) - back + 1, 120), END]],
        });
      const { got } = await readInTwo(create, 100);
      const first = 101 - back;
      const again = range(first, first + twice - 1);
      expect(got).toEqual([...range(1, 100), ...again, ...range(101, 120)]);
    },
  );

  it('knows by the data of an item whether it is one that came before', async () => {
    // Each connection begins with a greeting that always has the same id.
    const greeting = (n: number): SourceItem<number> => ({
      type: 'data',
      data: -n,
      bytes: 1,
      id: 'hello',
    });
    let connections = 0;
    const create = () =>
      scriptedSource<number>({
        script: (at) => [
          [greeting(++connections), ...items(at.cursor === undefined ? 1 : after(at) + 1, 9), END],
        ],
      });
    expect((await readInTwo(create, 4)).got).toEqual([-1, ...range(1, 3), -2, ...range(4, 9)]);
  });

  it('knows events of an event stream and of a model', async () => {
    const events = range(1, 9).map((n) => `id: ${n}\ndata: ${n}\n\n`);
    const textEvents = (list: readonly string[]) =>
      new Response(list.join(''), { headers: { 'content-type': 'text/event-stream' } });
    let asked = 0;
    const plain = () =>
      sse({
        url: 'http://x.test/',
        isEnd: ({ data }) => data === '9',
        fetch: () => Promise.resolve(textEvents(events.slice(asked++ === 0 ? 0 : 2))),
      });
    expect((await readInTwo(plain, 5)).got.map(({ data }) => data)).toEqual(
      range(1, 9).map(String),
    );
    const parts = [
      { event_type: 'interaction.created', interaction: { id: 'i', status: 'in_progress' } },
      ...range(1, 5).map((n) => ({
        event_type: 'step.delta',
        index: 0,
        delta: { type: 'text', text: `${n} ` },
      })),
      { event_type: 'interaction.completed', interaction: { id: 'i', status: 'completed' } },
    ].map((event, n) => `data: ${JSON.stringify({ ...event, event_id: `e${n}` })}\n\n`);
    let requests = 0;
    const model = () =>
      geminiInteractions({
        url: 'http://x.test/',
        body: { stream: true },
        fetch: () => Promise.resolve(textEvents(parts.slice(requests++ === 0 ? 0 : 2))),
      });
    const { got, events: heard } = await readInTwo(model, 4);
    expect(got.flatMap((part) => (part.type === 'text' ? [part.text] : []))).toEqual(
      range(1, 5).map((n) => `${n} `),
    );
    expect(heard).toContain('replayed');
  });

  it('knows nothing by a checkpoint of before, and reads on', async () => {
    const create = () =>
      scriptedSource<number>({ script: (at) => [[...items(after(at) + 1, 9), END]] });
    const without = (one: Checkpoint): Checkpoint => ({ ...one, recent: undefined });
    expect((await readInTwo(create, 4, without)).got).toEqual(range(1, 9));
  });
});

describe('what a checkpoint knows of the items before it', () => {
  /** @param each whether every item has an id of its own */
  async function savedAfter(count: number, each = true): Promise<string | undefined> {
    const list = each ? items(1, 5000) : range(1, 5000).map((n) => bare(n));
    const stream = reconnectStream(scriptedSource<number>({ script: [[list, [END]]] }));
    let left = count;
    for await (const _ of stream) if (--left === 0) break;
    return parseCheckpoint(JSON.stringify(stream.checkpoint())).recent as string | undefined;
  }

  it('is at most 1 KB', async () => {
    const lengths = await Promise.all(
      [1, 8, 33, 4000].map(async (count) => (await savedAfter(count))?.length ?? 0),
    );
    expect(Math.min(...lengths)).toBeGreaterThan(10);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1024);
  });

  it('is nothing where items have no ids', async () => {
    expect(await savedAfter(4, false)).toBe(undefined);
  });

  it('is the same whenever the checkpoint becomes JSON', async () => {
    const stream = reconnectStream(scriptedSource<number>({ script: [[items(1, 50), [END]]] }));
    const saved: [Checkpoint, string][] = [];
    for await (const _ of stream) {
      const checkpoint = stream.checkpoint();
      saved.push([checkpoint, JSON.stringify(checkpoint)]);
    }
    for (const [checkpoint, text] of saved) expect(JSON.stringify(checkpoint)).toBe(text);
  });

  it('stays with a stream that is made from it and not started', async () => {
    const recent = await savedAfter(20);
    const stream = reconnectStream(scriptedSource<number>({ script: [[items(1, 50), [END]]] }));
    let left = 20;
    for await (const _ of stream) if (--left === 0) break;
    const idle = reconnectStream(scriptedSource<number>({ script: [] }), {
      checkpoint: JSON.stringify(stream.checkpoint()),
    });
    expect(parseCheckpoint(JSON.stringify(idle.checkpoint())).recent).toBe(recent);
  });

  it.each(['', 'x', '1;a', '1;a;b;c', '1;;A', '-1;;a', 5, true])(
    'is refused where it is %j',
    async (recent) => {
      const stream = reconnectStream(scriptedSource<number>({ script: [[items(1, 9), [END]]] }));
      for await (const _ of stream) break;
      const saved = { ...stream.checkpoint(), recent };
      expect(() => parseCheckpoint(JSON.stringify(saved))).toThrow(/recent/);
      const long = { ...saved, recent: `1;;${'a,'.repeat(600)}` };
      expect(() => parseCheckpoint(JSON.stringify(long))).toThrow(/recent/);
    },
  );

  it('is lost where the checkpoint is cloned instead of written as JSON', async () => {
    const stream = reconnectStream(scriptedSource<number>({ script: [[items(1, 9), [END]]] }));
    for await (const _ of stream) break;
    const clone = structuredClone(stream.checkpoint());
    expect(parseCheckpoint(clone)).not.toHaveProperty('recent');
  });
});
