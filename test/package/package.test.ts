import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsumer, pack } from '../support/consumer.js';
import type { Consumer, Tarball } from '../support/consumer.js';

/** Packing and compiling take seconds on a busy machine. */
const PATIENCE_MS = 120_000;

const CONSUMER_TS = `
import { createActor, fromPromise } from 'xstate';
import { createReconnectManager, reconnectStream, ReconnectError, backoffDelayMs,
  defaultReconnectConfig } from 'stream-reconnect';
import type { ReconnectEvent, ReconnectingStream, StreamSource } from 'stream-reconnect';
import { reconnectMachine, planResume } from 'stream-reconnect/machines';
import type { ReconnectActor, ReconnectState } from 'stream-reconnect/machines';
import { fromAsyncIterable, sse } from 'stream-reconnect/sources';
import { toWireEvent, toWireState } from 'stream-reconnect/wire';
import { inspectorServer, legacyInspector } from 'stream-reconnect/inspect';
import type { InspectorServer } from 'stream-reconnect/inspect';

const actor: ReconnectActor = createActor(reconnectMachine, { input: {} });
const word: ReconnectState = actor.getSnapshot().value;
actor.on('waiting', ({ delayMs }) => delayMs.toFixed());
actor.send({ type: 'attempt.start' });
reconnectMachine.provide({
  actors: { open: fromPromise(async ({ input }) => ({ connection: input.connection })) },
});
// @ts-expect-error no such state
actor.getSnapshot().matches('resting');
// @ts-expect-error no such command
actor.send({ type: 'halt' });

const own: StreamSource<{ text: string }> = {
  name: 'own',
  resume: 'none',
  terminal: 'eof',
  reopen: 'safe',
  open: () => Promise.reject(new ReconnectError('network', 'refused')),
};
const stream: ReconnectingStream<{ text: string }> = reconnectStream(own, { maxAttempts: 1 });
export const texts = async (): Promise<string[]> => {
  const all: string[] = [];
  for await (const { text } of stream) all.push(text);
  return all;
};
// @ts-expect-error a misspelt option
reconnectStream(own, { maxRetries: 1 });
export const delay: number | null = createReconnectManager({}, (event: ReconnectEvent) => {
  if (event.type === 'failed') toWireEvent(event);
}).startAttempt();
export const shown = async (): Promise<void> => {
  const inspector: InspectorServer = await inspectorServer({ port: 0 });
  reconnectStream(own, { inspect: inspector.inspect });
  createActor(reconnectMachine, { inspect: legacyInspector() });
  await inspector.close();
};
export const used = [word, sse, fromAsyncIterable, planResume, toWireState(word),
  backoffDelayMs(defaultReconnectConfig, 1)];
`;

/** The strictest settings that a project is likely to have; the package's own types are checked too. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
  },
  files: ['consumer.ts'],
};

const CONSUMER_JS = `
import { createActor } from 'xstate';
import { ReconnectError } from 'stream-reconnect';
import { reconnectMachine } from 'stream-reconnect/machines';
import * as sources from 'stream-reconnect/sources';
import * as wire from 'stream-reconnect/wire';
import * as inspect from 'stream-reconnect/inspect';

const timers = [];
const clock = { setTimeout: (fn, ms) => timers.push([fn, ms]), clearTimeout: () => {}, now: () => 0 };
const actor = createActor(reconnectMachine, { input: { config: { jitter: 'none' } }, clock });
const log = [];
actor.on('*', (event) => log.push(event.type));
actor.subscribe(({ value }) => log.at(-1) === '= ' + value || log.push('= ' + value));
actor.start();
actor.send({ type: 'connect' });
actor.send({ type: 'attempt.connected' });
const failure = { error: new ReconnectError('network', 'gone').toJSON(), fatal: false };
actor.send({ type: 'stream.dropped', failure });
const [[fire, ms]] = timers;
log.push('after ' + ms + ' ms');
fire();
actor.send({ type: 'attempt.failed', error: 'enough' });
actor.send({ type: 'pause' });
actor.send({ type: 'close' });
const names = [sources, wire].map((entry) => Object.keys(entry).sort());
const inspector = await inspect.inspectorServer();
const page = await fetch(inspector.url);
const shown = [page.status, (await page.text()).includes('viewer.js')];
for (const file of ['viewer.js', 'viewer.css', 'graphviz.js'])
  shown.push((await fetch(new URL(file, inspector.url))).status);
await inspector.close();
process.stdout.write(JSON.stringify({ log, names, shown }));
`;

const FILES = {
  'package.json': '{"type":"module","private":true}',
  'tsconfig.json': JSON.stringify(TSCONFIG),
  'consumer.ts': CONSUMER_TS,
  'consumer.js': CONSUMER_JS,
};

let tarball: Tarball;
let lowest: Consumer;
let newest: Consumer;

beforeAll(() => {
  tarball = pack();
  lowest = createConsumer(tarball, 'xstate-lowest', FILES);
  newest = createConsumer(tarball, 'xstate', FILES);
}, PATIENCE_MS);

afterAll(() => {
  for (const made of [tarball, lowest, newest]) made?.remove();
});

describe('the packed package', () => {
  it('has no dependency but the peer xstate, and runs nothing when it is installed', () => {
    const manifest = manifestOf(newest);
    expect(manifest.dependencies ?? {}).toEqual({});
    // An optional peer that wants another xstate would stop npm, which weighs it all the same.
    expect(manifest.peerDependencies).toEqual({ xstate: '^5.32.0' });
    expect(manifest.peerDependenciesMeta ?? {}).toEqual({});
    expect(manifest.optionalDependencies ?? {}).toEqual({});
    expect(manifest.bundleDependencies ?? []).toEqual([]);
    const onInstall = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
    expect(onInstall.filter((name) => name in (manifest.scripts ?? {}))).toEqual([]);
    expect(tarball.files).not.toContain('binding.gyp');
  });

  it('shows no generics of XState in the types of its main entry', () => {
    const reached = declarationsFrom(newest, 'dist/src/index.d.ts');
    const naming = Object.entries(reached)
      .filter(([, text]) =>
        /['"]xstate['"]|\bStateMachine<|\bActorRef|\bAnyActor|\bActor</u.test(text),
      )
      .map(([path]) => path);
    // The type of the machine itself, and the inspector that may be handed in.
    expect(naming.toSorted()).toEqual([
      'dist/machines/reconnect.types.d.ts',
      'dist/src/config/options.d.ts',
    ]);
    expect(importsOf(reached['dist/src/config/options.d.ts']!, 'xstate')).toEqual([
      'InspectionEvent',
      'Observer',
    ]);
  });
});

describe('a project that uses the packed package', () => {
  it(
    'is refused by the compiler where it is wrong, so that silence means something',
    () => {
      const wrong = createConsumer(tarball, 'xstate', {
        ...FILES,
        'consumer.ts': `${CONSUMER_TS}\nreconnectStream(own, { maxAttempts: '1' });\n`,
      });
      const errors = wrong.compile('typescript');
      wrong.remove();
      expect(errors).toEqual([expect.stringMatching(/^consumer\.ts.*error TS2322/u)]);
    },
    PATIENCE_MS,
  );

  it.each([
    ['TypeScript 7 and the newest xstate', 'typescript', () => newest],
    ['TypeScript 7 and the oldest xstate that is allowed', 'typescript', () => lowest],
    ['TypeScript 5.9 and the newest xstate', 'typescript-5.9', () => newest],
    ['TypeScript 5.9 and the oldest xstate that is allowed', 'typescript-5.9', () => lowest],
  ])(
    'compiles with %s',
    (_, compiler, project) => {
      expect(project().compile(compiler)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it.each([
    ['the newest xstate', () => newest],
    ['the oldest xstate that is allowed', () => lowest],
  ])(
    'drives the machine through all seven states with %s',
    (_, project) => {
      const { log, names, shown } = JSON.parse(project().node('consumer.js')) as {
        log: string[];
        names: string[][];
        shown: unknown[];
      };
      expect(shown).toEqual([200, true, 200, 200, 200]);
      expect(log).toEqual([
        '= idle',
        'attemptStarted',
        '= connecting',
        'connected',
        '= connected',
        'dropped',
        'waiting',
        '= waiting',
        'after 1000 ms',
        'attemptStarted',
        '= connecting',
        'failed',
        '= failed',
        'paused',
        '= paused',
        'closed',
        '= closed',
      ]);
      expect(names[0]).toEqual(expect.arrayContaining(['fromAsyncIterable', 'sse']));
      expect(names[1]).toEqual(expect.arrayContaining(['fromWireEvent', 'toWireStreamState']));
    },
    PATIENCE_MS,
  );
});

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly bundleDependencies?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

function manifestOf(project: Consumer): Manifest {
  const file = join(project.folder, 'node_modules', 'stream-reconnect', 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** The declarations that an entry shows: its own file and all that it reaches by relative imports. */
function declarationsFrom(project: Consumer, entry: string): Record<string, string> {
  const base = join(project.folder, 'node_modules', 'stream-reconnect');
  const found: Record<string, string> = {};
  const open = [join(base, entry)];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const path = relative(base, file).replaceAll('\\', '/');
    if (path in found) continue;
    const text = readFileSync(file, 'utf8');
    found[path] = withoutComments(text);
    for (const [, target] of text.matchAll(/from ['"](\.[^'"]+)\.js['"]/gu))
      open.push(resolve(dirname(file), `${target}.d.ts`));
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//gu, '');
}

function importsOf(text: string, from: string): string[] {
  const [, names = ''] =
    new RegExp(`import type \\{([^}]*)\\} from ['"]${from}['"]`, 'u').exec(text) ?? [];
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .toSorted();
}
