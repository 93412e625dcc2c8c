import { describe, expect, it } from 'vitest';
import {
  emptyStreamState,
  endToolCall,
  planResume,
  recordChunk,
  startToolCall,
} from '../../machines/index.js';
import type { ResumeMode, SourceFacts, StreamState } from '../../machines/index.js';

type Position = readonly [state: StreamState, cursor: string | null, isFirstRequest: boolean];

const started = recordChunk(emptyStreamState, 1, 1);
const inToolCall = startToolCall(started, 'a');
const afterCall = endToolCall(inToolCall);

const POSITIONS: Readonly<Record<string, Position>> = {
  start: [emptyStreamState, null, false],
  'start, first request': [emptyStreamState, null, true],
  'start, cursor': [emptyStreamState, 'c', false],
  text: [started, null, false],
  'text, first request': [started, null, true],
  'text, cursor': [started, 'c', false],
  'text, cursor taken back': [started, '', false],
  'open call': [inToolCall, null, false],
  'open call, cursor': [inToolCall, 'c', false],
  'delivered call': [afterCall, null, false],
  'delivered call, cursor': [afterCall, 'c', false],
};

/** One row of the table: what is decided at each position. */
function row(resume: ResumeMode, reopen: SourceFacts['reopen'], allowRestart = false): object {
  return Object.fromEntries(
    Object.entries(POSITIONS).map(([name, position]) => [
      name,
      planResume({ name: 'x', resume, reopen, allowRestart }, ...position).action,
    ]),
  );
}

/** The columns of a row in the order of the positions. */
function plan(...words: readonly string[]): object {
  return Object.fromEntries(Object.keys(POSITIONS).map((name, index) => [name, words[index]]));
}

const go = 'resume';
const again = 'restart';
const no = 'refuse';

describe('what follows a drop', () => {
  it('is as this table says for sources that may be opened again', () => {
    expect({
      cursor: row('cursor', 'safe'),
      count: row('count', 'safe'),
      replay: row('replay', 'safe'),
      continuation: row('continuation', 'safe'),
      live: row('live', 'safe'),
      none: row('none', 'safe'),
    }).toEqual({
      cursor: plan(go, go, go, again, again, go, again, again, go, again, go),
      count: plan(go, go, go, go, go, go, go, go, go, go, go),
      replay: plan(go, go, go, again, again, again, again, again, again, again, again),
      continuation: plan(go, go, go, go, go, go, go, no, no, no, no),
      live: plan(go, go, go, go, go, go, go, go, go, go, go),
      none: plan(go, go, go, no, no, no, no, no, no, no, no),
    });
  });

  it('is as this table says where opening again runs, and bills, the work again', () => {
    expect({
      cursor: row('cursor', 'restarts-work'),
      count: row('count', 'restarts-work'),
      replay: row('replay', 'restarts-work'),
      continuation: row('continuation', 'restarts-work'),
      live: row('live', 'restarts-work'),
      none: row('none', 'restarts-work'),
    }).toEqual({
      cursor: plan(no, go, go, no, no, go, no, no, go, no, go),
      count: plan(go, go, go, go, go, go, go, go, go, go, go),
      replay: plan(again, go, again, again, again, again, again, again, again, again, again),
      continuation: plan(no, go, no, go, go, go, go, no, no, no, no),
      live: plan(no, go, no, no, no, no, no, no, no, no, no),
      none: plan(no, go, no, no, no, no, no, no, no, no, no),
    });
  });

  it('is refused after a delivered call alone where the caller allows to start over', () => {
    const modes: ResumeMode[] = ['cursor', 'count', 'replay', 'continuation', 'live', 'none'];
    const decided = modes.flatMap((resume) =>
      (['safe', 'restarts-work'] as const).flatMap((reopen) =>
        Object.entries(row(resume, reopen, true))
          .filter(([, action]) => action === no)
          .map(([position]) => `${resume}, ${reopen}, ${position}`),
      ),
    );
    expect(decided).toEqual([
      'cursor, restarts-work, delivered call',
      'continuation, safe, delivered call',
      'continuation, safe, delivered call, cursor',
      'continuation, restarts-work, delivered call',
      'continuation, restarts-work, delivered call, cursor',
      'live, restarts-work, delivered call',
      'live, restarts-work, delivered call, cursor',
      'none, restarts-work, delivered call',
      'none, restarts-work, delivered call, cursor',
    ]);
    expect(row('none', 'restarts-work', true)).toEqual(
      plan(again, go, again, again, again, again, again, again, again, no, no),
    );
  });

  it('goes on where it can, even if the caller allows to start over', () => {
    expect({
      cursor: row('cursor', 'restarts-work', true),
      count: row('count', 'restarts-work', true),
      continuation: row('continuation', 'restarts-work', true),
    }).toEqual({
      cursor: plan(again, go, go, again, again, go, again, again, go, no, go),
      count: plan(go, go, go, go, go, go, go, go, go, go, go),
      continuation: plan(again, go, again, go, go, go, go, again, again, no, no),
    });
  });

  it('is left to a host that drives its connection', () => {
    expect(planResume(null, inToolCall, null, false)).toEqual({
      action: 'resume',
      why: 'the host drives the connection',
    });
  });

  it('always has a reason', () => {
    for (const resume of ['cursor', 'count', 'replay', 'continuation', 'live', 'none'] as const) {
      for (const reopen of ['safe', 'restarts-work'] as const) {
        for (const position of Object.values(POSITIONS)) {
          const { why } = planResume(
            { name: 'x', resume, reopen, allowRestart: false },
            ...position,
          );
          expect(why).toMatch(/\w+ \w+/u);
        }
      }
    }
  });
});
