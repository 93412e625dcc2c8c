import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCheckpoint } from '../../machines/checkpoint.js';
import { parseCheckpoint, ReconnectError } from '../../machines/index.js';
import type { Checkpoint, ReconnectMachineEvent } from '../../machines/index.js';
import { drive } from '../support/drive.js';
import { dropped, progress } from '../support/reports.js';
import { runs } from '../support/effort.js';

const VALID = {
  version: 1,
  source: 'sse',
  state: 'waiting',
  attempt: 1,
  attempts: 3,
  drops: 2,
  sent: true,
  retryAt: 1_700_000_000_500,
  cursor: 'c-7',
  chars: 0,
  floorMs: 2000,
  outcome: null,
  streamState: {
    chunksReceived: 7,
    bytesReceived: 70,
    lastChunkTimeMs: 1234,
    inToolCall: true,
    currentToolId: 'call-2',
    toolArgsBuffer: '{"a"',
    toolCalls: {
      'call-1': { name: 'f', args: '{}', status: 'complete' },
      'call-2': { name: null, args: '{"a"', status: 'streaming' },
    },
  },
} as const satisfies Checkpoint;

describe('a checkpoint', () => {
  it('comes back as it was saved, from the object and from its text', () => {
    expect([parseCheckpoint(VALID), parseCheckpoint(JSON.stringify(VALID))]).toEqual([
      VALID,
      VALID,
    ]);
  });

  it.each<[string, readonly ReconnectMachineEvent[]]>([
    ['idle', []],
    ['waiting', [{ type: 'connect' }, { type: 'attempt.connected' }, dropped('network')]],
    ['connecting', [{ type: 'connect' }]],
    [
      'connected',
      [
        { type: 'connect' },
        { type: 'attempt.connected' },
        { type: 'stream.progress', progress: progress({ chunksReceived: 3, cursor: 'é☃' }) },
      ],
    ],
    ['failed', [{ type: 'attempt.failed', error: 'gone' }]],
    ['paused', [{ type: 'pause', reason: 'hidden' }]],
    ['closed', [{ type: 'cancel' }]],
  ])('taken in %s is valid JSON and contains the state', (state, events) => {
    const run = drive();
    run.send(...events);
    const { value, context } = run.actor.getSnapshot();
    const saved = toCheckpoint(value, context);
    expect(saved.state).toBe(state);
    expect(parseCheckpoint(JSON.stringify(saved))).toEqual(saved);
  });

  it('is a new, frozen object with the known fields only', () => {
    const saved = { ...VALID, extra: 'secret', streamState: { ...VALID.streamState, more: 1 } };
    const parsed = parseCheckpoint(saved);
    expect(parsed).toEqual(VALID);
    expect([parsed, parsed.streamState, parsed.streamState.toolCalls].map(Object.isFrozen)).toEqual(
      [true, true, true],
    );
  });

  it('is either valid or a typed error, whatever became of it', { timeout: 300_000 }, () => {
    const before = Reflect.ownKeys(Object.prototype);
    fc.assert(
      fc.property(fc.constantFrom(...paths(VALID)), mutation, (path, change) => {
        const text = JSON.stringify(mutated(VALID, path, change));
        const outcome = parsed(text);
        if (typeof outcome === 'string') {
          expect(outcome).toMatch(
            /^checkpoint: [\w.]+: expected .+ Start without this checkpoint\.$/u,
          );
          return;
        }
        expect(Object.keys(outcome)).toEqual(Object.keys(VALID));
        expect(parseCheckpoint(JSON.stringify(outcome))).toEqual(outcome);
        startsFrom(outcome);
      }),
      { numRuns: runs(15_000, 100_000) },
    );
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
  });

  it('is a typed error for anything that is no checkpoint', () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
      fc.string(),
      fc.json(),
    );
    fc.assert(
      fc.property(anything, (value) => {
        expect(parsed(value)).toMatch(/^checkpoint: /u);
      }),
    );
  });

  it.each([
    ['version', 0],
    ['version', 2],
    ['version', '1'],
    ['version', undefined],
    ['source', 5],
    ['state', 'resting'],
    ['state', 'toString'],
    ['attempt', -1],
    ['attempt', 1.5],
    ['attempts', '3'],
    ['drops', null],
    ['drops', 0.5],
    ['retryAt', 'tomorrow'],
    ['retryAt', -1],
    ['retryAt', 2 ** 53],
    ['delayMs', -1],
    ['delayMs', '8 s'],
    ['cursor', 'x'.repeat(4097)],
    ['cursor', 5],
    ['chars', Infinity],
    ['floorMs', NaN],
    ['outcome', 'fine'],
    ['outcome', undefined],
    ['streamState', null],
    ['streamState', []],
  ])('names the field that does not fit: %s = %j', (field, value) => {
    expect(parsed({ ...VALID, [field]: value })).toContain(`checkpoint: ${field}: expected `);
  });

  it.each([
    ['chunksReceived', 1.5],
    ['bytesReceived', -1],
    ['lastChunkTimeMs', null],
    ['inToolCall', false],
    ['inToolCall', 1],
    ['currentToolId', null],
    ['toolArgsBuffer', 5],
    ['toolCalls', null],
    ['toolCalls', []],
  ])('names the field of the stream state that does not fit: %s = %j', (field, value) => {
    const saved = { ...VALID, streamState: { ...VALID.streamState, [field]: value } };
    const named = field === 'currentToolId' ? 'inToolCall' : field;
    expect(parsed(saved)).toContain(`checkpoint: streamState.${named}: expected `);
  });

  it('does not repeat what it refuses: it may be a secret', () => {
    const secret = 'sk-0123456789abcdefghijklmnop';
    const told = paths(VALID).flatMap((path) =>
      [secret, { [secret]: secret }, [secret]].map((value) =>
        parsed(mutated(VALID, path, { value })),
      ),
    );
    const refused = told.filter((outcome) => typeof outcome === 'string');
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.join('\n')).not.toContain('sk-');
    expect(parsed(`{"token":"${secret}"`)).not.toContain('sk-');
  });

  it('pollutes no prototype, and keeps a tool call that is named __proto__', () => {
    const before = Reflect.ownKeys(Object.prototype);
    const hostile = JSON.stringify(VALID)
      .replace('"call-1"', '"__proto__"')
      .replace('{"version"', '{"__proto__":{"polluted":1},"constructor":{"polluted":1},"version"');
    const { streamState } = parseCheckpoint(hostile);
    expect(Object.entries(streamState.toolCalls)).toEqual([
      ['__proto__', { name: 'f', args: '{}', status: 'complete' }],
      ['call-2', { name: null, args: '{"a"', status: 'streaming' }],
    ]);
    expect(Object.getPrototypeOf(streamState.toolCalls)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
  });
});

type Path = readonly string[];
interface Mutation {
  /** Left out: the field is taken away. */
  readonly value?: unknown;
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constant<Mutation>({}),
  fc.jsonValue().map((value) => ({ value })),
  fc
    .constantFrom<unknown>(-1, 0.5, 2 ** 53, 1e308, '', '\r\n', true, null, 'closed', 'complete', 1)
    .map((value) => ({ value })),
  fc.constant<Mutation>({ value: JSON.parse('{"__proto__":{"polluted":1}}') as unknown }),
);

/** The way to every field, from the outside to the inside. */
function paths(value: object, base: Path = []): readonly Path[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const path = [...base, key];
    const more = typeof inner === 'object' && inner !== null ? paths(inner, path) : [];
    return [path, ...more];
  });
}

function mutated(of: object, [key, ...rest]: Path, change: Mutation): object {
  const { [key!]: inner, ...others } = of as Record<string, unknown>;
  if (rest.length > 0) return { ...others, [key!]: mutated(inner as object, rest, change) };
  return 'value' in change ? { ...others, [key!]: change.value } : others;
}

function parsed(value: unknown): Checkpoint | string {
  try {
    return parseCheckpoint(value);
  } catch (error) {
    if (error instanceof ReconnectError) return `${error.kind}: ${error.message}`;
    throw error;
  }
}

/** Whatever passes the check must carry a machine. */
function startsFrom(checkpoint: Checkpoint): void {
  const run = drive({ input: { checkpoint } });
  run.send({ type: 'connect' });
  expect(['connecting', 'waiting', 'closed']).toContain(run.state);
}
