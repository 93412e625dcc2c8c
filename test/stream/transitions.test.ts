/** Chunks do not go through the machine, and yet its account is exact whenever its state changes. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream, ReconnectState } from '../../src/index.js';
import { inState, read } from '../support/facts.js';
import { scriptedSource, seededRandom, virtualClock } from '../../src/testing/index.js';
import type { ScriptedOpening, ScriptedSource, ScriptedStep } from '../../src/testing/index.js';
import { END, bare, item, items, range } from '../support/numbered-log.js';
import { runs } from '../support/effort.js';

describe('transitions of the machine', () => {
  it.each([1, 10, 1000])('are tens for 100,000 chunks in batches of %i', async (size) => {
    const starts = range(0, 100_000 / size - 1).map((n) => n * size);
    const steps = starts.map((start) => items(start + 1, start + size));
    let inspected = 0;
    let seen = 0;
    const stream = reconnectStream(scriptedSource({ script: [[...steps, [END]]] }), {
      inspect: () => (inspected += 1),
    });
    stream.actor.subscribe(() => (seen += 1));
    let received = 0;
    for await (const batch of stream.batches()) received += batch.length;
    expect(received).toBe(100_000);
    expect(stream.snapshot.streamState.chunksReceived).toBe(100_000);
    expect(seen).toBeGreaterThan(2);
    expect(seen).toBeLessThan(100);
    expect(inspected).toBeLessThan(500);
  });

  it('report progress while the stream flows', async () => {
    const clock = virtualClock();
    const source = scriptedSource();
    const stream = reconnectStream(source, { clock });
    stream.start();
    await inState(stream, 'connected');
    const seen: number[] = [];
    stream.on('progress', ({ streamState }) => seen.push(streamState.chunksReceived));
    for (const n of range(1, 30)) {
      source.push([item(n)]);
      await clock.advance(20);
    }
    // The first new item proves health; then one report per 100 ms.
    expect(seen).toEqual([1, 6, 11, 16, 21, 26]);
    stream.close();
  });
});

describe('the account in the context', () => {
  it('is what the reader was given, at every change of state of many random runs', async () => {
    const changes = new Map<string, number>();
    for (let seed = 1; seed <= runs(400, 2000); seed++) {
      for (const change of await randomRun(seed)) {
        changes.set(change, (changes.get(change) ?? 0) + 1);
      }
    }
    // The property is worth something only if every kind of change came about often.
    const expected = [
      'connected → waiting',
      'connected → paused',
      'connected → connecting',
      'connected → closed',
      'waiting → connecting',
      'waiting → paused',
      'connecting → connected',
      'paused → connecting',
      'paused → closed',
      'failed → connecting',
    ];
    expect(expected.filter((change) => (changes.get(change) ?? 0) < runs(10, 50))).toEqual([]);
  }, 300_000);
});

/** Runs one random script under random commands and returns the changes of state it went through. */
async function randomRun(seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const clock = virtualClock();
  const truth = new Truth();
  const source = scriptedSource({
    resume: 'count',
    script: (at) => truth.opening(at.items, random),
  });
  const stream = reconnectStream(watched(source, truth), {
    clock,
    random,
    maxAttempts: 2,
    highWaterMark: 1 + Math.trunc(random() * 8),
    stallTimeoutMs: 3000,
  });
  const changes: string[] = [];
  let last: ReconnectState = 'idle';
  stream.actor.subscribe(({ value, context }) => {
    if (value === last) return;
    changes.push(`${last} → ${value}`);
    last = value;
    const { chunksReceived, bytesReceived } = context.streamState;
    expect({ seed, change: changes.at(-1), chunksReceived, bytesReceived }).toEqual({
      seed,
      change: changes.at(-1),
      ...truth.account,
    });
  });
  const reading = read(stream);
  for (let turn = 0; turn < 20 && stream.state !== 'closed'; turn++) {
    command(stream, random());
    await clock.advance(Math.trunc(random() * 1500));
  }
  await stream.cancel();
  await reading.ended;
  expect(reading.items).toEqual(range(1, reading.items.length));
  expect(truth.account.chunksReceived).toBeGreaterThanOrEqual(reading.items.length);
  expect({ seed, live: source.live, timers: clock.armed }).toEqual({ seed, live: 0, timers: 0 });
  return changes;
}

function command(stream: ReconnectingStream<number>, draw: number): void {
  if (draw < 0.25) stream.pause();
  else if (draw < 0.55) stream.resume();
  else if (draw < 0.7) stream.retryNow();
  else if (draw < 0.72) stream.close();
  else if (draw < 0.74) void stream.cancel();
}

/** What a reader was given: the batches it took before its connection was closed. */
class Truth {
  account = { chunksReceived: 0, bytesReceived: 0 };

  take(batch: readonly { type: string; bytes?: number }[]): void {
    for (const { type, bytes = 0 } of batch) {
      if (type !== 'data') continue;
      this.account = {
        chunksReceived: this.account.chunksReceived + 1,
        bytesReceived: this.account.bytesReceived + bytes,
      };
    }
  }

  /** The log goes on after the items that the reader has; where it stops is random. */
  opening(has: number, random: () => number): ScriptedOpening<number> {
    const kind = random();
    if (kind < 0.1) return 'no answer';
    if (kind < 0.2) return { refuses: new TypeError('refused') };
    const steps: ScriptedStep<number>[] = [];
    let n = has;
    while (random() < 0.7) {
      const size = Math.trunc(random() * 4);
      steps.push(range(n + 1, n + size).map((one) => bare(one, Math.trunc(random() * 100))));
      n += size;
    }
    const end = random();
    if (end < 0.3) return [...steps, 'drop'];
    if (end < 0.5) return [...steps, 'eof'];
    return end < 0.55 ? [...steps, [END]] : steps;
  }
}

/** The same source; what its connections give is entered in the truth when the reader gets it. */
function watched(source: ScriptedSource<number>, truth: Truth): ScriptedSource<number> {
  return Object.create(source, {
    open: {
      value: async (...args: Parameters<typeof source.open>) => {
        const connection = await source.open(...args);
        let isClosed = false;
        const iterator = connection.batches[Symbol.asyncIterator]();
        const next = () => {
          const step = iterator.next();
          return {
            // Called by the reader: in this very turn it takes what it is given.
            // oxlint-disable-next-line unicorn/no-thenable -- the point of it
            then: (take: (step: unknown) => void, fail: (error: unknown) => void) =>
              void step.then((result) => {
                if (!isClosed && result.done !== true) truth.take(result.value);
                take(result);
              }, fail),
          };
        };
        return {
          batches: { [Symbol.asyncIterator]: () => ({ next }) },
          close: () => {
            isClosed = true;
            return connection.close();
          },
        };
      },
    },
  }) as ScriptedSource<number>;
}
