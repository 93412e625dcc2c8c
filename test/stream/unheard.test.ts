/** Nobody gets items twice without a word. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectEvent, ReconnectingStream, SourceItem } from '../../src/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import type { ScriptedSource } from '../../src/testing/index.js';
import { read } from '../support/facts.js';
import { END, bare, item } from '../support/numbered-log.js';

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
beforeEach(() => warn.mockClear());
afterEach(() => vi.unstubAllEnvs());

const reset: SourceItem<number> = { type: 'reset', scope: 'all', why: 'the peer began again' };

/** Sources whose stream starts over, or takes items back, several times. */
const SOURCES: Record<'restarted' | 'reset', () => ScriptedSource<number>> = {
  // As an event stream without ids whose end nobody names: it is asked for again and again.
  restarted: () => scriptedSource({ script: () => [[bare(1), bare(2)], 'eof'] }),
  reset: () => scriptedSource({ script: [[[item(1)], [reset, item(2)], [reset, item(3), END]]] }),
};

describe.each(['restarted', 'reset'] as const)('where nobody listens to %s', (type) => {
  it('a diagnostic says so each time, and the console once a stream', async () => {
    for (let n = 1; n <= 2; n++) {
      const { diagnostics } = await run(SOURCES[type]());
      expect(diagnostics.length).toBeGreaterThan(1);
      for (const { code, message } of diagnostics) {
        expect(code).toBe('unheard');
        expect(message).toContain(`nobody listens to '${type}'`);
      }
      expect(warn).toHaveBeenCalledTimes(n);
    }
    const [text] = warn.mock.lastCall as [string];
    expect(text).toContain("stream.on('restarted', () =>");
    expect(text).toContain("stream.on('reset', () =>");
    expect(text).toContain('isEnd');
  });

  it('is quiet where somebody does: on the stream, or on its actor', async () => {
    const listens: ((stream: ReconnectingStream<number>) => void)[] = [
      (stream) => void stream.on(type, () => {}),
      (stream) => void stream.actor.on(type, () => {}),
      (stream) => void stream.actor.on('*', () => {}),
    ];
    for (const listen of listens)
      expect((await run(SOURCES[type](), listen)).diagnostics).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('who stopped listening does not count, nor who listens to the other event', async () => {
    const other = type === 'reset' ? 'restarted' : 'reset';
    const { diagnostics } = await run(SOURCES[type](), (stream) => {
      stream.on(type, () => {})();
      stream.on(other, () => {});
    });
    expect(diagnostics.length).toBeGreaterThan(1);
  });

  it('the console is left alone in production, and the diagnostic is not', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect((await run(SOURCES[type]())).diagnostics.length).toBeGreaterThan(1);
    expect(warn).not.toHaveBeenCalled();
  });

  it('says nothing where nobody has received an item', async () => {
    const clock = virtualClock();
    const stream = reconnectStream(SOURCES[type](), { clock });
    const codes: string[] = [];
    stream.on('diagnostic', ({ code }) => codes.push(code));
    stream.start();
    await clock.advance(200_000);
    expect([codes, warn.mock.calls]).toEqual([[], []]);
    stream.close();
  });
});

async function run(
  source: ScriptedSource<number>,
  listen: (stream: ReconnectingStream<number>) => void = () => {},
): Promise<{ diagnostics: Extract<ReconnectEvent, { type: 'diagnostic' }>[] }> {
  const clock = virtualClock();
  const stream = reconnectStream(source, { clock });
  const diagnostics: Extract<ReconnectEvent, { type: 'diagnostic' }>[] = [];
  stream.on('diagnostic', (event) => diagnostics.push(event));
  listen(stream);
  const { ended } = read(stream);
  await clock.advance(200_000);
  await ended;
  return { diagnostics };
}
