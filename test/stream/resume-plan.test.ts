/** What a drop leads to, by the kind of source and the position: announced before it happens, and then done. */

import { describe, expect, it } from 'vitest';
import type { ResumeMode, SourceItem, StreamSource } from '../../src/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';

const text: SourceItem<number> = { type: 'data', data: 1, bytes: 1 };
const call: SourceItem<number> = { ...text, toolCall: [{ id: 'a', name: 'look', args: '{"x"' }] };

const ended: SourceItem<number> = { ...text, toolCall: [{ id: 'a', args: ':1}', done: true }] };

const POSITIONS = {
  start: [],
  text: [text],
  'open call': [text, call],
  'delivered call': [text, call, ended],
};

type Reopen = StreamSource<number>['reopen'];
type Action = 'resume' | 'restart' | 'refuse';

/** Rows of docs/resume-and-delivery.md: at the start, in the text, in an open call, after a delivered one. */
const TABLE: readonly [ResumeMode, Reopen, readonly [Action, Action, Action, Action]][] = [
  ['cursor', 'safe', ['resume', 'resume', 'resume', 'resume']],
  ['cursor', 'restarts-work', ['refuse', 'resume', 'resume', 'resume']],
  ['count', 'safe', ['resume', 'resume', 'resume', 'resume']],
  ['count', 'restarts-work', ['resume', 'resume', 'resume', 'resume']],
  ['replay', 'safe', ['resume', 'restart', 'restart', 'restart']],
  ['replay', 'restarts-work', ['restart', 'restart', 'restart', 'restart']],
  ['continuation', 'safe', ['resume', 'resume', 'refuse', 'refuse']],
  ['continuation', 'restarts-work', ['refuse', 'resume', 'refuse', 'refuse']],
  ['live', 'safe', ['resume', 'resume', 'resume', 'resume']],
  ['live', 'restarts-work', ['refuse', 'refuse', 'refuse', 'refuse']],
  ['none', 'safe', ['resume', 'refuse', 'refuse', 'refuse']],
  ['none', 'restarts-work', ['refuse', 'refuse', 'refuse', 'refuse']],
];

const cells = TABLE.flatMap(([resume, reopen, actions]) =>
  Object.keys(POSITIONS).map((position, n) => [resume, reopen, position, actions[n]!] as const),
);

describe('a source of the kind', () => {
  it.each(cells)('%s, %s, at the position "%s": %s', async (resume, reopen, position, action) => {
    const items = POSITIONS[position as keyof typeof POSITIONS].map((one, n) =>
      resume === 'cursor' ? { ...one, id: String(n) } : one,
    );
    const source = scriptedSource<number>({ resume, reopen, script: [[items]] });
    const { stream, clock, heard } = onVirtualClock(source);
    const { ended } = read(stream);
    await clock.advance(200);
    const { resumePlan } = stream.snapshot;
    expect(resumePlan.action).toBe(action);

    source.push('drop');
    await clock.advance(1000);
    const { message } = stream.snapshot.error ?? { message: '' };
    const done: Action =
      stream.state === 'failed'
        ? 'refuse'
        : eventsOf(heard, 'restarted').length > 0 || isRestart(source.openings.at(-1)?.items, items)
          ? 'restart'
          : 'resume';
    expect(done).toBe(position === 'start' && action === 'restart' ? 'resume' : action);
    if (action === 'refuse') {
      expect((await ended)?.kind).toBe('not-resumable');
      expect(message.startsWith(resumePlan.why)).toBe(true);
    } else {
      expect(source.openings).toHaveLength(2);
      stream.close();
    }
  });
});

/** A connection that was asked for the start although something had come. */
function isRestart(at: number | undefined, items: readonly unknown[]): boolean {
  return at === 0 && items.length > 0;
}
