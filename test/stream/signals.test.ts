/** A signal that outlives its streams: one listener for all of them, and none of them kept alive by it. */

import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';

const SILENT = (): [] => [];

it('has one listener for a hundred streams, which all close when it aborts', async () => {
  const { signal, ...controller } = controlled();
  const streams = Array.from({ length: 100 }, () =>
    reconnectStream(scriptedSource({ script: SILENT }), { signal }),
  );
  for (const stream of streams.slice(50)) stream.start();
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  controller.abort();
  expect(streams.map(({ state }) => state)).toEqual(streams.map(() => 'closed'));
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('keeps its listener until the last stream is closed, and takes a new one afterwards', async () => {
  const { signal, abort } = controlled();
  const make = () => reconnectStream(scriptedSource({ script: SILENT }), { signal });
  const [first, second] = [make(), make()];
  first.start();
  first.close();
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  second.close();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  const third = make();
  third.start();
  abort();
  expect((await third.done).status).toBe('closed');
});

it('keeps no stream that was never started', async () => {
  const { signal } = controlled();
  const refs = Array.from({ length: 50 }, () => {
    const stream = reconnectStream(scriptedSource({ script: SILENT }), { signal });
    stream.on('waiting', () => {});
    return new WeakRef(stream);
  });
  await collected(() => refs.every((ref) => ref.deref() === undefined));
  await collected(() => getEventListeners(signal, 'abort').length === 0);
});

it('closes a stream that nobody refers to, where somebody waits for its end', async () => {
  const { signal, abort } = controlled();
  const idle = reconnectStream(scriptedSource({ script: SILENT }), { signal }).done;
  const running = ((): Promise<unknown> => {
    const stream = reconnectStream(scriptedSource({ script: SILENT }), { signal });
    stream.start();
    return new Promise((resolve) => stream.on('closed', resolve));
  })();
  gc();
  await turn();
  gc();
  abort();
  expect((await idle).status).toBe('closed');
  await running;
});

function controlled(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Finalizers run in turns of their own. */
async function collected(fact: () => boolean): Promise<void> {
  for (let n = 0; n < 100 && !fact(); n++) {
    // What a WeakRef gave is kept until the turn is over.
    await turn();
    gc();
    await turn();
  }
  expect(fact()).toBe(true);
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
