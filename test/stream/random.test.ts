/** Random commands at random moments, in and out of handlers, over a peer that does as it likes: what always holds. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReconnectError, reconnectStream } from '../../src/index.js';
import type {
  ReconnectEvent,
  ReconnectingStream,
  ReconnectState,
  SourceItem,
  StreamSource,
} from '../../src/index.js';
import { runs } from '../support/effort.js';
import { EVENT_TYPES } from '../support/facts.js';
import { scriptedSource, seededRandom, virtualClock } from '../../src/testing/index.js';
import type { ScriptedOpening, ScriptedSource } from '../../src/testing/index.js';
import { END, after, bare, item, range } from '../support/numbered-log.js';

const RUNS = runs(3_000, 30_000);
const MAX_ATTEMPTS = 3;
const MAX_BACKOFF_MS = 4_000;

type Stream = ReconnectingStream<number>;

const COMMANDS = {
  start: (stream: Stream) => stream.start(),
  retryNow: (stream: Stream) => stream.retryNow(),
  pause: (stream: Stream) => stream.pause(),
  'pause for another reason': (stream: Stream) => stream.pause('other'),
  resume: (stream: Stream) => stream.resume(),
  'resume for another reason': (stream: Stream) => stream.resume('other'),
  close: (stream: Stream) => stream.close(),
  cancel: (stream: Stream) => void stream.cancel(),
  checkpoint: (stream: Stream) => void stream.checkpoint(),
} as const;

type Command = keyof typeof COMMANDS;

/** What the peer does on its live connection. */
const DEEDS = {
  'new items': (source: ScriptedSource<number>, from: number, idEvery: number) =>
    source.push(log(from, from + 2, idEvery)),
  nothing: (source: ScriptedSource<number>) => source.push([]),
  drop: (source: ScriptedSource<number>) => source.push('drop'),
  eof: (source: ScriptedSource<number>) => source.push('eof'),
  'a planned end': (source: ScriptedSource<number>) => source.push([{ type: 'rotate' }]),
  'a planned end later': (source: ScriptedSource<number>) =>
    source.push([{ type: 'rotate', afterMs: 500 }]),
  'up to date': (source: ScriptedSource<number>) => source.push([{ type: 'upToDate' }]),
  end: (source: ScriptedSource<number>) => source.push([END]),
} as const;

/** How it answers to a request. */
const ANSWERS = {
  opens: (from: number, idEvery: number) => [log(from, from + 1, idEvery)],
  'opens without a word': () => [],
  'is silent': () => 'no answer',
  'is down': () => ({ refuses: new ReconnectError('http', 'unavailable', { status: 503 }) }),
  refuses: () => ({ refuses: new ReconnectError('http', 'gone', { status: 404 }) }),
} satisfies Record<string, (from: number, idEvery: number) => ScriptedOpening<number>>;

function log(from: number, to: number, idEvery: number): SourceItem<number>[] {
  return range(from, to).map((n) => (n % idEvery === 0 ? item(n) : bare(n)));
}

/** Code of the caller, or of the source, that is called in the middle of a step. */
const CODE_PLACES = ['open', 'return', 'close', 'classify', 'inspect', 'random'] as const;
type CodePlace = (typeof CODE_PLACES)[number];

/** The same source, with code at its places. */
function withCode(
  source: ScriptedSource<number>,
  run: (place: CodePlace) => void,
): StreamSource<number> {
  return {
    name: source.name,
    resume: source.resume,
    terminal: source.terminal,
    reopen: source.reopen,
    open: async (at, signal, host) => {
      const opening = source.open(at, signal, host);
      run('open');
      const { batches, close } = await opening;
      const iterator = batches[Symbol.asyncIterator]();
      const leave = (): Promise<IteratorResult<readonly SourceItem<number>[]>> => {
        run('return');
        return Promise.resolve({ done: true, value: undefined });
      };
      return {
        batches: {
          [Symbol.asyncIterator]: () => ({ next: () => iterator.next(), return: leave }),
        },
        close: () => {
          void close();
          run('close');
        },
      };
    },
  };
}

type Turn =
  | { readonly do: 'command'; readonly command: Command }
  /** Runs when the next event is emitted. */
  | { readonly do: 'command in a handler'; readonly command: Command }
  /** Runs when code at this place is called next. */
  | { readonly do: 'command in code'; readonly place: CodePlace; readonly command: Command }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'deed'; readonly deed: keyof typeof DEEDS };

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<Command>(
      'start',
      'retryNow',
      'pause',
      'resume',
      'checkpoint',
      'pause for another reason',
      'resume for another reason',
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom<Command>('close', 'cancel') },
);

const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('command' as const), command }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('command in a handler' as const), command }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('command in code' as const),
      place: fc.constantFrom(...CODE_PLACES),
      command,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.integer({ min: 0, max: 6_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('deed' as const),
      deed: fc.constantFrom(...(Object.keys(DEEDS) as (keyof typeof DEEDS)[])),
    }),
  },
);

const scenario = fc.record({
  answers: fc.array(fc.constantFrom(...(Object.keys(ANSWERS) as (keyof typeof ANSWERS)[])), {
    minLength: 1,
    maxLength: 8,
  }),
  turns: fc.array(turn, { maxLength: 40 }),
  isRead: fc.boolean(),
  delivery: fc.constantFrom('commit' as const, 'eager' as const),
  resume: fc.constantFrom('cursor' as const, 'live' as const),
  /** It costs as much as all the rest. */
  isInspected: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  /** Every so many items one has an id. */
  share: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer(),
});

/** How often each command met each state, and how often each was given by a handler. */
const visits = new Map<string, number>();

function count(state: ReconnectState, name: Command): void {
  const pair = `${name} in ${state}`;
  visits.set(pair, (visits.get(pair) ?? 0) + 1);
}

it(
  'keep one connection at most, the budget and the bounds, and say nothing after the one closed',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        scenario,
        async ({ answers, turns, isRead, delivery, resume, share, isInspected, seed }) => {
          const clock = virtualClock();
          /** The last number that the newest connection has brought, or is to bring. */
          let sent = 0;
          let isMade = false;
          // Of what a feed brings without an id nothing says where it goes on.
          const idEvery = resume === 'live' ? 1 : share;
          const source = scriptedSource<number>({
            resume,
            script: (at, nth) => {
              const answer = answers[nth % answers.length] ?? 'opens';
              sent = after(at) + (answer === 'opens' ? 2 : 0);
              isMade ||= answer.startsWith('opens');
              return ANSWERS[answer](after(at) + 1, idEvery);
            },
          });
          const inCode: { place: CodePlace; command: Command }[] = [];
          const runCode = (place: CodePlace): void => {
            const at = inCode.findIndex((one) => one.place === place);
            const [next] = at < 0 ? [] : inCode.splice(at, 1);
            if (next !== undefined) give(next.command);
          };
          const draw = seededRandom(seed);
          const stream: Stream = reconnectStream(withCode(source, runCode), {
            clock,
            random: () => {
              runCode('random');
              return draw();
            },
            classify: () => runCode('classify'),
            ...(isInspected && { inspect: () => runCode('inspect') }),
            maxAttempts: MAX_ATTEMPTS,
            maxBackoffMs: MAX_BACKOFF_MS,
            stallTimeoutMs: 5_000,
            connectTimeoutMs: 2_000,
            delivery,
          });
          const heard: ReconnectEvent[] = [];
          const inHandler: Command[] = [];
          const give = (name: Command): void => {
            count(stream.state, name);
            COMMANDS[name](stream);
          };
          for (const type of EVENT_TYPES) {
            stream.on(type, (event) => {
              heard.push(event);
              const next = inHandler.shift();
              if (next !== undefined) give(next);
            });
          }
          const got: number[] = [];
          stream.on('restarted', () => void (got.length = 0));
          stream.on('reset', ({ scope, items: count }) => {
            got.length = scope === 'all' ? 0 : got.length - count;
          });
          if (isRead) void readInto(stream, got);
          for (const step of turns) {
            if (step.do === 'command') give(step.command);
            else if (step.do === 'command in a handler') inHandler.push(step.command);
            else if (step.do === 'command in code') inCode.push(step);
            else if (step.do === 'wait') await clock.advance(step.ms);
            else if (isMade) {
              DEEDS[step.deed](source, sent + 1, idEvery);
              if (step.deed === 'new items') sent += 3;
            }
            await clock.settle();
            expect(source.live).toBeLessThanOrEqual(1);
          }
          inHandler.length = inCode.length = 0;
          stream.close();
          const told = heard.length;
          for (const name of Object.keys(COMMANDS) as Command[]) give(name);
          await clock.advance(100_000);
          // A gap is reported in its place among the items, which are read to the end.
          const late = heard.slice(told).filter(({ type }) => type !== 'gap');
          expect(late).toEqual([]);
          check(heard);
          expect(got).toEqual(got.map((_, n) => n + 1));
          expect({ state: stream.state, live: source.live, timers: clock.armed }).toEqual({
            state: 'closed',
            live: 0,
            timers: 0,
          });
        },
      ),
      { numRuns: RUNS, seed: 20_261_129 },
    );
    const pairs = STATES.flatMap((state) =>
      (Object.keys(COMMANDS) as Command[]).map((name) => `${name} in ${state}`),
    );
    expect(pairs.filter((pair) => (visits.get(pair) ?? 0) < 20)).toEqual([]);
  },
);

const STATES: readonly ReconnectState[] = [
  'idle',
  'waiting',
  'connecting',
  'connected',
  'failed',
  'paused',
  'closed',
];

function check(heard: readonly ReconnectEvent[]): void {
  expect(heard.filter(({ type }) => type === 'closed')).toHaveLength(1);
  for (const event of heard) {
    if (event.type === 'attemptStarted') expect(event.attempt).toBeLessThanOrEqual(MAX_ATTEMPTS);
    if (event.type !== 'waiting') continue;
    expect(event.delayMs).toBeGreaterThanOrEqual(0);
    // `spread` draws up to one and a half of the capped delay.
    expect(event.delayMs).toBeLessThanOrEqual(MAX_BACKOFF_MS * 1.5);
  }
}

async function readInto(stream: Stream, got: number[]): Promise<void> {
  try {
    for await (const n of stream) got.push(n);
  } catch {
    // It failed: its events say why.
  }
}
