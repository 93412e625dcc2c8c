/** An event stream over a real socket, cut at every byte: nothing lost, doubled or out of order. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { StreamOutcome } from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { eventsOf, record } from '../support/facts.js';
import { startServer } from '../support/server.js';
import type { TestServer } from '../support/server.js';
import { unicodeEvents, unicodeLog } from '../support/unicode-log.js';
import { places } from '../support/effort.js';

/** Enough to keep the cores busy; more would only queue. */
const AT_ONCE = 16;

const BYTES = Buffer.byteLength(unicodeLog(''));
const WHOLE = JSON.stringify([...unicodeEvents, { type: 'end', data: '', id: 'é29' }]);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('an event stream that is cut once', () => {
  const kinds = ['fin', 'rst'].flatMap((kind) =>
    ['chunked', 'close'].map((framing) => ({ kind, framing })),
  );

  it.each(kinds)(
    'by $kind with $framing framing arrives whole, in order and once, wherever it is cut',
    async ({ kind, framing }) => {
      const faults = await atMost(AT_ONCE, places(BYTES, 9, kind.length + framing.length), (at) =>
        cutAt(at, kind, framing),
      );
      expect(faults).toEqual([]);
    },
    300_000,
  );
});

/** What went wrong with a cut before this byte, or null. */
async function cutAt(at: number, kind: string, framing: string): Promise<string | null> {
  const url = `${server.url}/unicode?at=${at}&kind=${kind}&framing=${framing}`;
  const stream = reconnectStream(sse({ url, isEnd: (event) => event.type === 'end' }), {
    initialBackoffMs: 1,
    jitter: 'none',
  });
  const heard = record(stream);
  const events: unknown[] = [];
  for await (const event of stream) events.push(event);
  const outcome: StreamOutcome = await stream.done;
  const isWhole = JSON.stringify(events) === WHOLE;
  // A reset can overtake the head of the answer: then nothing was connected that could drop.
  const wasCut = eventsOf(heard, 'waiting').length === 1;
  const isSilent = ['restarted', 'gap', 'replayed'].some((type) =>
    heard.some((event) => event.type === type),
  );
  // Only the first bytes hold no id: a cut there starts over, and nothing was delivered yet.
  if (isWhole && wasCut && outcome.status === 'complete' && !isSilent) return null;
  const told = heard.map(({ type }) => type).join(' ');
  return `cut at ${at}: ${outcome.status}, ${events.length} events, ${told}`;
}

/** Runs them concurrently, and gives what was not null. */
async function atMost(
  count: number,
  all: readonly number[],
  run: (one: number) => Promise<string | null>,
): Promise<string[]> {
  const left = [...all];
  const found: string[] = [];
  const lane = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const fault = await run(one);
      if (fault !== null) found.push(fault);
    }
  };
  await Promise.all(Array.from({ length: count }, lane));
  return found;
}
