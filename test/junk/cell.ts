/** One cell: careless code at one place of one stream, from one state on. It must end, quietly and completely. */

import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream, ReconnectOptions, StreamSource } from '../../src/index.js';
import { virtualClock } from '../../src/testing/index.js';
import type { Behaviour, CommandName } from './values.js';

/** Wraps the function at one place: it answers rightly until its place is the one that is tried. */
export type Place = <A extends unknown[], R>(
  name: string,
  right: (...args: A) => R,
) => (...args: A) => R;

/** The peer of one stream, in memory. */
export interface Peer {
  /** Answers the request that waits, if one does. */
  answer(): void;
  /** Sends the next item. */
  send(): void;
  /** Breaks the connection. */
  drop(): void;
  /** Requests and connections that nobody has left or ended. */
  readonly live: number;
}

/** A source with all places at which code of the caller runs. A new one is tried by being listed. */
export interface Subject {
  readonly name: string;
  /** The options of the stream are tried with this one: they are the same for all. */
  readonly triesOptions?: boolean;
  create(place: Place): { source: StreamSource<unknown>; peer: Peer };
}

export const STATES = ['idle', 'connecting', 'connected', 'waiting', 'paused', 'failed'] as const;
export type State = (typeof STATES)[number];

export const ENDS = ['close', 'cancel', 'abort'] as const;
export type End = (typeof ENDS)[number];

export interface Cell {
  readonly subject: Subject;
  readonly place: string;
  readonly behaviour: string;
  readonly state: State;
  readonly end: End;
}

/** The names of all places, in the order in which they are met. */
export function placesOf(subject: Subject): string[] {
  const names = new Set<string>();
  const place: Place = (name, right) => {
    names.add(name);
    return right;
  };
  subject.create(place);
  if (subject.triesOptions === true)
    for (const name of optionsOf(place, virtualClock()).names) names.add(name);
  return [...names];
}

const MAX_COMMANDS = 20;
const MAX_CALLS = 60;

/** What was found wrong; an empty list: nothing. */
export async function runCell(cell: Cell, behave: Behaviour): Promise<string[]> {
  const stray: unknown[] = [];
  const onStray = (error: unknown): void => void stray.push(error);
  process.on('uncaughtException', onStray).on('unhandledRejection', onStray);
  try {
    return await walk(cell, behave, stray);
  } finally {
    process.off('uncaughtException', onStray).off('unhandledRejection', onStray);
  }
}

async function walk(
  { subject, place: tried, state, end }: Cell,
  behave: Behaviour,
  stray: readonly unknown[],
): Promise<string[]> {
  let isArmed = false;
  /** Code that gives a command may be called again by what it commands: without a limit it would keep itself busy. */
  let commands = 0;
  const commandsGiven = new Set<CommandName>();
  let calls = 0;
  let stream: ReconnectingStream<unknown> | null = null;
  const command = (name: CommandName): void => {
    if (stream === null || ++commands > MAX_COMMANDS) return;
    commandsGiven.add(name);
    if (name === 'cancel') void stream.cancel();
    else if (name === 'reset') stream.actor.send({ type: 'reset' });
    else stream[name]();
  };
  const place: Place = (name, right) => {
    if (name !== tried) return right;
    return function (this: unknown, ...args) {
      // A source that always has something at once lets nobody else run, whoever reads it.
      if (!isArmed || ++calls > MAX_CALLS) return right.apply(this, args);
      return behave({ answer: () => owned(right.apply(this, args)), command }) as ReturnType<
        typeof right
      >;
    };
  };
  const clock = virtualClock();
  const { source, peer } = subject.create(place);
  const { options, abort, listen } = optionsOf(place, clock);
  const arm = (now: State): void => void (isArmed ||= now === state);
  stream = reconnectStream(source, options);
  listen(stream);
  arm('idle');
  void readAll(stream);
  arm('connecting');
  for (const step of [
    () => peer.answer(),
    () => peer.send(),
    () => arm('connected'),
    () => peer.send(),
    () => peer.drop(),
    () => arm('waiting'),
    () => clock.advance(3000),
    () => peer.answer(),
    () => peer.send(),
    () => stream.pause(),
    () => arm('paused'),
    () => stream.resume(),
    () => peer.answer(),
    () => peer.send(),
    () => clock.advance(50_000),
    () => peer.answer(),
    () => stream.retryNow(),
    () => peer.answer(),
    () => peer.send(),
    // Six drops and more, without an answer: the attempts are spent.
    () => peer.drop(),
    () => clock.advance(1_000_000),
    () => arm('failed'),
    () => stream.retryNow(),
    () => peer.answer(),
    () => peer.send(),
  ]) {
    const passing: unknown = step();
    if (passing instanceof Promise) await passing;
    await clock.settle();
  }
  if (end === 'abort') abort();
  else if (end === 'cancel') void stream.cancel();
  else stream.close();
  await clock.settle();
  // A signal that throws when it is to be listened to aborts nothing.
  if (end === 'abort' && tried.startsWith('signal.')) stream.close();
  let isDone = false;
  void stream.done.then(() => (isDone = true));
  await clock.settle();
  const wrong: string[] = stray.map((error) => `unhandled: ${show(error)}`);
  if (!isDone) wrong.push(`done is not settled in state ${stream.state}`);
  // A peer that is asked to cancel may take its time to answer.
  if (end === 'cancel' || commandsGiven.has('cancel')) await clock.advance(10_000);
  if (peer.live > 0) wrong.push(`${peer.live} connections are open`);
  await clock.advance(100_000);
  if (clock.armed > 0 && !tried.startsWith('clock.')) wrong.push(`${clock.armed} timers are armed`);
  return wrong;
}

/** The options of the stream itself, with a place for each function and getter. */
function optionsOf(
  place: Place,
  clock: ReturnType<typeof virtualClock>,
): {
  options: ReconnectOptions;
  abort: () => void;
  listen: (stream: ReconnectingStream<unknown>) => void;
  names: string[];
} {
  const names: string[] = [];
  const at: Place = (name, right) => {
    names.push(name);
    return place(name, right);
  };
  const controller = new AbortController();
  const { signal } = controller;
  const stopWatching = at('environment.watch()', () => {});
  const isOnline = at('environment.isOnline', () => true);
  const isAborted = at('signal.aborted', () => signal.aborted);
  const options: ReconnectOptions = {
    maxAttempts: 3,
    connectTimeoutMs: 8000,
    stallTimeoutMs: 20_000,
    allowRestart: true,
    classify: at('classify', () => undefined),
    environment: {
      get isOnline() {
        return isOnline();
      },
      watch: at('environment.watch', () => stopWatching),
    },
    signal: {
      get aborted() {
        return isAborted();
      },
      addEventListener: at('signal.addEventListener', (type: 'abort', run: () => void) =>
        signal.addEventListener(type, run),
      ),
      removeEventListener: at('signal.removeEventListener', (type: 'abort', run: () => void) =>
        signal.removeEventListener(type, run),
      ),
    } as unknown as AbortSignal,
    clock: {
      now: at('clock.now', () => clock.now()),
      wallNow: at('clock.wallNow', () => clock.now()),
      setTimeout: at('clock.setTimeout', (run: () => void, ms: number) =>
        clock.setTimeout(run, ms),
      ),
      clearTimeout: at('clock.clearTimeout', (id: unknown) => clock.clearTimeout(id)),
    },
    random: at('random', () => 0.5),
    inspect: at('inspect', () => undefined),
  };
  const onSnapshot = at('subscribe', () => undefined);
  const listeners = LISTENED.map((type) => ({ type, run: at(`on ${type}`, () => undefined) }));
  return {
    options,
    abort: () => controller.abort(),
    listen: (stream) => {
      stream.subscribe(onSnapshot);
      for (const { type, run } of listeners) stream.on(type, run);
    },
    names,
  };
}

const LISTENED = [
  'attemptStarted',
  'waiting',
  'connected',
  'failed',
  'dropped',
  'restarted',
  'reset',
  'gap',
  'replayed',
  'stalled',
  'progress',
  'paused',
  'diagnostic',
  'closed',
] as const;

/** What careless code makes and then keeps to itself is nobody's. */
function owned<R>(answer: R): R {
  if (answer instanceof Promise) answer.catch(() => {});
  return answer;
}

async function readAll(stream: ReconnectingStream<unknown>): Promise<void> {
  try {
    for await (const _ of stream);
  } catch {
    // Its events say why.
  }
}

function show(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? String(error)) : String(error);
  } catch {
    return 'something that cannot be shown';
  }
}
