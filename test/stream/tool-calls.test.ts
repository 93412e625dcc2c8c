/** Tool calls as the listener of a stream sees them. */

import { describe, expect, it } from 'vitest';
import type { ReconnectEvent, SourceItem, ToolCallDelta } from '../../src/index.js';
import { onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedOpening } from '../../src/testing/index.js';
import { END, bare } from '../support/numbered-log.js';

function piece(n: number, ...toolCall: ToolCallDelta[]): SourceItem<number> {
  return { type: 'data', data: n, bytes: 1, id: String(n), toolCall };
}

function reports(heard: readonly ReconnectEvent[]): string[] {
  return heard.flatMap((event) =>
    event.type === 'toolCall' ? [`${event.id} ${event.name} ${event.status}`] : [],
  );
}

describe('a tool call', () => {
  it('that is open when the stream ends is reported interrupted, before closed', async () => {
    const source = scriptedSource({
      script: [
        [
          [
            piece(1, { id: 'a', name: 'look', args: '{"x"' }),
            piece(2, { id: 'b', name: 'run', args: '{}', done: true }),
            END,
          ],
        ],
      ],
    });
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(0);
    expect(reports(heard)).toEqual(['a look streaming', 'b run complete', 'a look interrupted']);
    expect(heard.at(-1)?.type).toBe('closed');
    const { streamState } = await stream.done;
    expect(streamState.toolCalls['a']?.status).toBe('interrupted');
  });

  it.each(['close', 'cancel'] as const)(
    'that is open at %s is reported interrupted',
    async (command) => {
      const source = scriptedSource({
        script: [[[piece(1, { id: 'a', name: 'look', args: '{' })]]],
      });
      const { stream, clock, heard } = onVirtualClock(source);
      read(stream);
      await clock.advance(0);
      void stream[command]();
      await clock.advance(0);
      expect(reports(heard)).toEqual(['a look streaming', 'a look interrupted']);
    },
  );

  it('that is cut in a stream that cannot resume is reported interrupted, before failed', async () => {
    const cut = { ...piece(1, { id: 'a', name: 'look', args: '{"x"' }), id: undefined };
    const source = scriptedSource({ resume: 'continuation', script: [[[bare(0), cut], 'drop']] });
    const { stream, clock, heard } = onVirtualClock(source);
    const { ended } = read(stream);
    await clock.advance(0);
    expect((await ended)?.kind).toBe('not-resumable');
    expect(reports(heard)).toEqual(['a look streaming', 'a look interrupted']);
    expect(heard.at(-1)?.type).toBe('failed');
    const { streamState } = await stream.done;
    expect(streamState.toolCalls['a']?.status).toBe('interrupted');
  });

  it('that continues after a drop is not reported again', async () => {
    const source = scriptedSource({
      script: [
        [[piece(1, { id: 'a', name: 'look', args: '{"x"' })], 'drop'],
        [[piece(2, { id: 'a', args: ':1}', done: true }), END]],
      ],
    });
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(60_000);
    expect(reports(heard)).toEqual(['a look streaming', 'a look complete']);
    expect((await stream.done).streamState.toolCalls['a']?.args).toBe('{"x":1}');
  });

  describe('of which something may be missing', () => {
    const open = piece(1, { id: 'a', name: 'look', args: '{"x":1' });
    const rest = piece(2, { id: 'a', args: '}', done: true });

    it('is interrupted when a feed is left, and what comes of it later does not complete it', async () => {
      const source = scriptedSource({
        resume: 'live',
        script: (_, n) =>
          [[[open], 'drop'], [[rest], 'drop'], [[rest]]][n] as ScriptedOpening<number>,
      });
      const { stream, clock, heard } = onVirtualClock(source);
      read(stream);
      await clock.advance(60_000);
      expect(reports(heard)).toEqual(['a look streaming', 'a look interrupted']);
      expect(stream.snapshot.streamState).toMatchObject({
        inToolCall: false,
        toolCalls: { a: { status: 'interrupted', args: '{"x":1' } },
      });
      stream.close();
    });

    it.each([
      [
        'a new start',
        [piece(3, { id: 'a', name: 'look' }), piece(4, { id: 'a', args: '{}', done: true })],
      ],
      ['its arguments as a whole', [piece(3, { id: 'a', finalArgs: '{}', done: true })]],
    ])('goes on by %s', async (_, more) => {
      const source = scriptedSource({
        resume: 'live',
        script: (_at, n) => (n === 0 ? [[open], 'drop'] : [more]),
      });
      const { stream, clock, heard } = onVirtualClock(source);
      read(stream);
      await clock.advance(60_000);
      expect(reports(heard).at(-1)).toBe('a look complete');
      expect(stream.snapshot.streamState.toolCalls['a']?.args).toBe('{}');
      stream.close();
    });

    it('is interrupted at a gap that the source reports', async () => {
      const gap = { type: 'gap', from: '1', to: '2' } as const;
      const source = scriptedSource({ script: [[[open, gap, rest, END]]] });
      const { stream, clock, heard } = onVirtualClock(source);
      read(stream);
      await clock.advance(0);
      expect(reports(heard)).toEqual(['a look streaming', 'a look interrupted']);
      expect((await stream.done).streamState.toolCalls['a']?.args).toBe('{"x":1');
    });

    it('is not, where the source fills the gap by itself', async () => {
      const source = scriptedSource({
        resume: 'live',
        script: (_, n) => (n === 0 ? [[open], 'drop'] : [[rest]]),
      });
      const { stream, clock, heard } = onVirtualClock({ ...source, fillsGaps: true });
      read(stream);
      await clock.advance(60_000);
      expect(reports(heard)).toEqual(['a look streaming', 'a look complete']);
      stream.close();
    });
  });

  it('that a restart brings again is complete once', async () => {
    const whole = piece(1, { id: 'a', name: 'look', args: '{}', done: true });
    const source = scriptedSource({
      resume: 'replay',
      script: [[[whole], 'drop'], [[whole], 'drop'], [[whole, END]]],
    });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.advance(60_000);
    expect(reports(heard)).toEqual(['a look complete']);
    expect(items).toEqual([1, 1, 1]);
    expect((await stream.done).streamState.toolCalls['a']?.status).toBe('complete');
  });

  it('that a restart brings again after a reload is not complete a second time', async () => {
    const whole = piece(1, { id: 'a', name: 'look', args: '{}', done: true });
    const first = onVirtualClock(scriptedSource({ resume: 'replay', script: [[[whole]]] }));
    const reading = first.stream[Symbol.asyncIterator]();
    const one = reading.next();
    await first.clock.advance(0);
    await one;
    const checkpoint = first.stream.checkpoint();
    first.stream.close();
    const again = scriptedSource({ resume: 'replay', script: [[[whole, END]]] });
    const { stream, clock, heard } = onVirtualClock(again, { checkpoint });
    read(stream);
    await clock.advance(60_000);
    expect(reports(heard)).toEqual([]);
  });
});

describe('the limits of tool calls', () => {
  it('arguments without end are an error of kind limit', async () => {
    const text = 'x'.repeat(1024 * 1024);
    const many = Array.from({ length: 5 }, (_, n) => piece(n + 1, { id: 'a', args: text }));
    const { stream, clock } = onVirtualClock(scriptedSource({ script: [[many], [many]] }));
    const { ended, items } = read(stream);
    await clock.advance(60_000);
    expect((await ended)?.kind).toBe('limit');
    expect(items).toEqual([1, 2, 3, 4, 5]);
  });

  it('so are calls that are opened without end', async () => {
    const many = Array.from({ length: 300 }, (_, n) =>
      piece(n + 1, { id: `call ${n}`, args: '{' }),
    );
    const { stream, clock } = onVirtualClock(scriptedSource({ script: [[many], [many]] }));
    const { ended } = read(stream);
    await clock.advance(60_000);
    expect((await ended)?.kind).toBe('limit');
  });

  it('finished ones are no limit: the oldest are forgotten', async () => {
    const many = Array.from({ length: 1000 }, (_, n) =>
      piece(n + 1, { id: `call ${n}`, args: '{}', done: true }),
    );
    const { stream, clock, heard } = onVirtualClock(scriptedSource({ script: [[many, [END]]] }));
    const { ended } = read(stream);
    await clock.advance(60_000);
    expect(await ended).toBeNull();
    expect(reports(heard)).toHaveLength(1000);
    const kept = Object.keys((await stream.done).streamState.toolCalls);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([256, 'call 744', 'call 999']);
  });
});
