import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendToolArgs,
  defaultReconnectConfig,
  emptyStreamState,
  endToolCall,
  ReconnectError,
  recordChunk,
  startToolCall,
} from '../../src/index.js';
import type { ReconnectEvent, ReconnectState, StreamState } from '../../src/index.js';
import * as wire from '../../src/wire/index.js';
import type { WireConfig, WireEvent, WireState, WireStreamState } from '../../src/wire/index.js';

const whole = fc.nat(Number.MAX_SAFE_INTEGER);

const wireEvent: fc.Arbitrary<WireEvent> = fc.oneof(
  fc.record({ AttemptStarted: fc.record({ attempt: whole, max_attempts: whole }) }),
  fc.record({ Waiting: fc.record({ delay_ms: whole, reason: fc.string({ unit: 'binary' }) }) }),
  fc.record({ Connected: fc.record({ attempts: whole, total_time_ms: whole }) }),
  fc.record({ Failed: fc.record({ attempts: whole, error: fc.string({ unit: 'binary' }) }) }),
);

const wireConfig: fc.Arbitrary<WireConfig> = fc.record({
  max_attempts: whole,
  initial_backoff_ms: whole,
  max_backoff_ms: whole,
  // -0 is 0 in JSON of both sides.
  backoff_multiplier: fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((n) => !Object.is(n, -0)),
  jitter: fc.boolean(),
});

const wireStreamState: fc.Arbitrary<WireStreamState> = fc
  .record({
    chunks_received: whole,
    bytes_received: whole,
    last_chunk_time_ms: whole,
    current_tool_id: fc.option(fc.oneof(fc.string(), fc.constant('__proto__'))),
    tool_args_buffer: fc.string(),
  })
  .map((state) => ({ ...state, in_tool_call: state.current_tool_id !== null }));

const wireState = fc.constantFrom<WireState>(
  'Idle',
  'Waiting',
  'Connecting',
  'Connected',
  'Failed',
);

const overTheWire = <T>(value: T): unknown => JSON.parse(JSON.stringify(value)) as unknown;

describe('the wire form', () => {
  it('of no limit of attempts is the largest count that the Rust module holds', () => {
    const config = { ...defaultReconnectConfig, maxAttempts: Infinity };
    const started: ReconnectEvent = { type: 'attemptStarted', attempt: 1, maxAttempts: Infinity };
    const sent = overTheWire([wire.toWireConfig(config), wire.toWireEvent(started)]) as unknown[];
    expect(sent).toMatchObject([
      { max_attempts: 4_294_967_295 },
      { AttemptStarted: { max_attempts: 4_294_967_295 } },
    ]);
    expect(wire.fromWireConfig(sent[0]).maxAttempts).toBe(Infinity);
    expect(wire.fromWireEvent(sent[1])).toEqual(started);
  });

  it('comes back as it went out: events, states, configs and stream states', () => {
    fc.assert(
      fc.property(
        wireEvent,
        wireState,
        wireConfig,
        wireStreamState,
        (event, state, config, stream) => {
          const back = [
            wire.toWireEvent(wire.fromWireEvent(overTheWire(event))),
            wire.toWireState(wire.fromWireState(overTheWire(state))),
            wire.toWireConfig(wire.fromWireConfig(overTheWire(config))),
            wire.toWireStreamState(wire.fromWireStreamState(overTheWire(stream))),
          ];
          expect(back).toEqual([event, state, config, stream]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('of a stream state holds what its steps made of it', () => {
    const step = fc.oneof(
      fc.tuple(whole, whole).map(
        ([bytes, timeMs]) =>
          (s: StreamState) =>
            recordChunk(s, bytes, timeMs),
      ),
      fc.string().map((id) => (s: StreamState) => startToolCall(s, id)),
      fc.string().map((args) => (s: StreamState) => appendToolArgs(s, args)),
      fc.constant((s: StreamState) => endToolCall(s)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const state = steps.reduce((s, apply) => apply(s), emptyStreamState);
        fc.pre(Number.isSafeInteger(state.bytesReceived));
        const sent = wire.toWireStreamState(state);
        const restored = wire.fromWireStreamState(overTheWire(sent));
        expect(wire.toWireStreamState(restored)).toEqual(sent);
        // Of the calls the wire knows only the one that is open.
        const { toolCalls, ...seedFields } = restored;
        expect(state).toMatchObject(seedFields);
        expect(Object.keys(toolCalls)).toEqual(state.inToolCall ? [state.currentToolId] : []);
      }),
    );
  });

  it('shows paused and closed as Idle', () => {
    const states: ReconnectState[] = [
      'idle',
      'waiting',
      'connecting',
      'connected',
      'failed',
      'paused',
      'closed',
    ];
    expect(states.map((state) => `${state} ${wire.toWireState(state)}`)).toEqual([
      'idle Idle',
      'waiting Waiting',
      'connecting Connecting',
      'connected Connected',
      'failed Failed',
      'paused Idle',
      'closed Idle',
    ]);
  });

  it('is the text that serde prints', () => {
    const events: ReconnectEvent[] = [
      { type: 'attemptStarted', attempt: 1, maxAttempts: 5 },
      { type: 'waiting', delayMs: 1000, retryAt: 7, attempt: 1, reason: 'Attempt 1 of 5' },
      { type: 'connected', attempts: 1, totalTimeMs: 250, resumed: true },
      { type: 'failed', attempts: 5, error: 'gone', kind: 'exhausted' },
    ];
    expect(events.map((event) => JSON.stringify(wire.toWireEvent(event)))).toEqual([
      '{"AttemptStarted":{"attempt":1,"max_attempts":5}}',
      '{"Waiting":{"delay_ms":1000,"reason":"Attempt 1 of 5"}}',
      '{"Connected":{"attempts":1,"total_time_ms":250}}',
      '{"Failed":{"attempts":5,"error":"gone"}}',
    ]);
    expect(JSON.stringify(wire.toWireStreamState(emptyStreamState))).toBe(
      '{"chunks_received":0,"bytes_received":0,"last_chunk_time_ms":0,"in_tool_call":false,"current_tool_id":null,"tool_args_buffer":""}',
    );
  });

  it('is refused for an event that the seed does not have', () => {
    expect(wireErrorOf(() => wire.toWireEvent({ type: 'stalled', silentMs: 5 }))).toBe(
      'wire: event: expected attemptStarted, waiting, connected or failed; other events have no wire form',
    );
    expect(wireErrorOf(() => wire.toWireState('resting' as ReconnectState))).toContain(
      'wire: state: expected one of idle',
    );
    expect(wireErrorOf(() => wire.toWireState('toString' as ReconnectState))).toContain(
      'wire: state',
    );
  });
});

describe('a damaged wire value', () => {
  const readers = {
    event: wire.fromWireEvent,
    state: wire.fromWireState,
    config: wire.fromWireConfig,
    streamState: wire.fromWireStreamState,
  };

  it.each(Object.entries(readers))('is a wire error for the %s, whatever it is', (_, read) => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
      fc.constantFrom(undefined, Symbol('s'), () => 0, 'idle', 'Closed', '__proto__', 'toString'),
    );
    fc.assert(
      fc.property(anything, (value) => {
        fc.pre(!['Idle', 'Waiting', 'Connecting', 'Connected', 'Failed'].includes(value as string));
        expect(wireErrorOf(() => read(value))).toMatch(/^wire: [\w ]+: expected /u);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no event', {}, 'event'],
    ['two events at once', { ...waiting({}), Failed: { attempts: 1, error: '' } }, 'event'],
    ['an unknown event', { Resting: { attempts: 1 } }, 'event'],
    ['an event named like a member of every object', { constructor: { attempts: 1 } }, 'event'],
    ['an event without a body', { Waiting: null }, 'event'],
    ['a list as body', { Waiting: [] }, 'event'],
    ['a negative delay', waiting({ delay_ms: -1 }), 'delay_ms'],
    ['a broken delay', waiting({ delay_ms: 1.5 }), 'delay_ms'],
    ['a delay as text', waiting({ delay_ms: '5' }), 'delay_ms'],
    ['a delay beyond 2^53', waiting({ delay_ms: 2 ** 53 }), 'delay_ms'],
    ['a missing delay', waiting({ delay_ms: undefined }), 'delay_ms'],
    ['a reason that is no text', waiting({ reason: 5 }), 'reason'],
  ])('names the field: %s', (_, value, field) => {
    expect(wireErrorOf(() => wire.fromWireEvent(value))).toContain(`wire: ${field}: expected `);
  });

  it.each([
    ['chunks_received', -1],
    ['bytes_received', '5'],
    ['last_chunk_time_ms', null],
    ['in_tool_call', 1],
    ['in_tool_call', true],
    ['current_tool_id', 5],
    ['tool_args_buffer', undefined],
  ])('names the field of the stream state: %s = %j', (field, value) => {
    const damaged = { ...wire.toWireStreamState(emptyStreamState), [field]: value };
    expect(wireErrorOf(() => wire.fromWireStreamState(damaged))).toContain(`wire: ${field}: `);
  });

  it('does not repeat the value, which may be a secret', () => {
    const secret = 'sk-0123456789abcdef';
    const told = [
      wireErrorOf(() => wire.fromWireState(secret)),
      wireErrorOf(() => wire.fromWireEvent({ [secret]: {} })),
      wireErrorOf(() => wire.fromWireEvent({ [secret]: secret })),
      wireErrorOf(() => wire.fromWireEvent(waiting({ delay_ms: secret }))),
    ];
    expect(told.join('\n')).not.toContain('0123456789');
  });

  it('pollutes no prototype', () => {
    const before = Reflect.ownKeys(Object.prototype);
    const hostile = [
      '{"__proto__":{"Waiting":{"delay_ms":1,"reason":""},"polluted":1}}',
      '{"Waiting":{"__proto__":{"delay_ms":1,"reason":"","polluted":1}}}',
      '{"constructor":{"prototype":{"polluted":1}}}',
    ];
    for (const text of hostile) {
      for (const read of Object.values(readers)) {
        expect(wireErrorOf(() => read(JSON.parse(text)))).toContain('wire: ');
      }
    }
    const call = wire.fromWireStreamState({
      ...wire.toWireStreamState(emptyStreamState),
      in_tool_call: true,
      current_tool_id: '__proto__',
      tool_args_buffer: '{"polluted":1}',
    });
    expect(Object.entries(call.toolCalls)).toEqual([
      ['__proto__', { name: null, args: '{"polluted":1}', status: 'streaming' }],
    ]);
    expect(Object.getPrototypeOf(call.toolCalls)).toBe(Object.prototype);
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

function waiting(fields: object): object {
  return { Waiting: { delay_ms: 1, reason: 'x', ...fields } };
}

function wireErrorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ReconnectError) return `${error.kind}: ${error.message}`;
    throw error;
  }
  throw new Error('expected a ReconnectError, but nothing was thrown');
}
