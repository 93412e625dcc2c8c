/** An inspector sees each step from within: whatever command it gives at whichever of them, no item and no connection is lost. */

import { expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream } from '../../src/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import { places } from '../support/effort.js';
import { END, after, items, range } from '../support/numbered-log.js';

type Stream = ReconnectingStream<number>;

const COMMANDS: Readonly<Record<string, (stream: Stream) => void>> = {
  close: (stream) => stream.close(),
  cancel: (stream) => void stream.cancel(),
  pause: (stream) => stream.pause(),
  retryNow: (stream) => stream.retryNow(),
  'pause and resume': (stream) => {
    stream.pause();
    stream.resume();
  },
};

const LENGTH = 9;

/** Three connections of three items each, the first two broken. Returns how many events were inspected. */
async function walk(at: number, command: (stream: Stream) => void): Promise<number> {
  const clock = virtualClock();
  const source = scriptedSource<number>({
    script: ({ cursor, ...rest }) => {
      const from = after({ ...rest, cursor }) + 1;
      const batch = items(from, Math.min(from + 2, LENGTH));
      return from + 2 >= LENGTH ? [batch, [END]] : [batch, 'drop'];
    },
  });
  let inspected = 0;
  const stream: Stream = reconnectStream(source, {
    clock,
    jitter: 'none',
    inspect: () => {
      if (inspected++ === at) command(stream);
    },
  });
  const got: number[] = [];
  stream.on('restarted', () => void (got.length = 0));
  const reading = (async () => {
    for await (const n of stream) got.push(n);
  })();
  await clock.advance(10_000);
  const { state } = stream;
  expect({ at, state, live: source.live }).toEqual({ at, state, live: 0 });
  expect({ at, got }).toEqual({ at, got: range(1, got.length) });
  if (state === 'paused') {
    stream.resume();
    await clock.advance(10_000);
  }
  if ((await stream.done).status === 'complete')
    expect({ at, got }).toEqual({ at, got: range(1, LENGTH) });
  await reading;
  expect({ at, live: source.live, timers: clock.armed }).toEqual({ at, live: 0, timers: 0 });
  return inspected;
}

it.each(Object.entries(COMMANDS))('%s, at each inspected event', async (_, command) => {
  const events = await walk(-1, command);
  expect(events).toBeGreaterThan(40);
  for (const at of places(events, 3, 2)) await walk(at, command);
});
