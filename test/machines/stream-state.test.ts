import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyToolCall, interruptToolCalls } from '../../machines/stream-state.js';
import {
  appendToolArgs,
  canResume,
  emptyStreamState,
  endToolCall,
  recordChunk,
  startToolCall,
} from '../../src/index.js';
import type { ResumeMode, StreamState, ToolCallDelta } from '../../src/index.js';

type Step = (state: StreamState) => StreamState;

const id = fc.constantFrom('a', 'b', '__proto__', 'constructor', '');
const delta: fc.Arbitrary<ToolCallDelta> = fc
  .record(
    { id, name: fc.string(), args: fc.string(), finalArgs: fc.string(), done: fc.boolean() },
    { requiredKeys: ['id'] },
  )
  .map((given) => ({ ...given }));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.nat(9999), fc.nat()).map(
    ([b, t]): Step =>
      (s) =>
        recordChunk(s, b, t),
  ),
  id.map(
    (name): Step =>
      (s) =>
        startToolCall(s, name),
  ),
  fc.string().map(
    (args): Step =>
      (s) =>
        appendToolArgs(s, args),
  ),
  fc.constant<Step>(endToolCall),
  fc.constant<Step>(interruptToolCalls),
  delta.map(
    (given): Step =>
      (s) =>
        applyToolCall(s, given),
  ),
);
const steps = fc.array(step, { maxLength: 40 });
const run = (all: readonly Step[]) => all.reduce((state, apply) => apply(state), emptyStreamState);

describe('the stream state', () => {
  it('is updated step by step', () => {
    const log: unknown[] = [];
    const tell = (state: StreamState) => {
      const { toolCalls, ...seedFields } = state;
      log.push([Object.values(seedFields).join(' '), toolCalls]);
      return state;
    };
    let state = tell(recordChunk(emptyStreamState, 10, 5));
    state = tell(startToolCall(state, 'weather'));
    state = tell(appendToolArgs(state, '{"city":'));
    state = tell(startToolCall(state, 'time'));
    state = tell(appendToolArgs(state, '{}'));
    state = tell(endToolCall(state));
    state = tell(appendToolArgs(state, 'stray'));
    tell(interruptToolCalls(state));
    const call = (args: string, status: string) => ({ name: null, args, status });
    const weather = call('{"city":', 'streaming');
    expect(log).toEqual([
      ['1 10 5 false  ', {}],
      ['1 10 5 true weather ', { weather: call('', 'streaming') }],
      ['1 10 5 true weather {"city":', { weather }],
      ['1 10 5 true time ', { weather, time: call('', 'streaming') }],
      ['1 10 5 true time {}', { weather, time: call('{}', 'streaming') }],
      ['1 10 5 false  ', { weather, time: call('{}', 'complete') }],
      ['1 10 5 false  stray', { weather, time: call('{}', 'complete') }],
      [
        '1 10 5 false  ',
        { weather: call('{"city":', 'interrupted'), time: call('{}', 'complete') },
      ],
    ]);
  });

  it('is frozen to the bottom after any steps, and steps change no earlier state', () => {
    fc.assert(
      fc.property(steps, step, (all, next) => {
        const before = run(all);
        const text = JSON.stringify(before);
        const after = next(before);
        expect(JSON.stringify(before)).toBe(text);
        for (const part of [after, after.toolCalls, ...Object.values(after.toolCalls)]) {
          expect(Object.isFrozen(part)).toBe(true);
        }
      }),
    );
  });

  it('goes through JSON and back unchanged after any steps', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const state = run(all);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });

  it('is in a tool call exactly while it knows which, and that call is open', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { inToolCall, currentToolId, toolArgsBuffer, toolCalls } = run(all);
        expect(inToolCall).toBe(currentToolId !== null);
        if (currentToolId === null) return;
        expect(Object.hasOwn(toolCalls, currentToolId)).toBe(true);
        expect(toolCalls[currentToolId]).toMatchObject({
          status: 'streaming',
          args: toolArgsBuffer,
        });
      }),
    );
  });

  it('never changes the arguments of a call that is complete, until the host starts it anew', () => {
    const done = run([
      (s) => applyToolCall(s, { id: 'a', name: 'f', finalArgs: '{}', done: true }),
    ]);
    const replayed: ToolCallDelta[] = [
      { id: 'a', args: '{"more"' },
      { id: 'a', finalArgs: '[]' },
      { id: 'a', done: true },
      { id: 'a', args: 'x', done: true },
    ];
    expect(replayed.map((given) => applyToolCall(done, given))).toEqual(replayed.map(() => done));
    expect(startToolCall(done, 'a').toolCalls['a']).toMatchObject({
      args: '',
      status: 'streaming',
    });
  });

  it('keeps calls that are named like members of every object', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const before = Reflect.ownKeys(Object.prototype);
    const open = names.reduce((s, name) => appendToolArgs(startToolCall(s, name), name), run([]));
    const closed = interruptToolCalls(endToolCall(open));
    expect(
      Object.entries(closed.toolCalls).map(([name, call]) => [name, call.args, call.status]),
    ).toEqual([
      ['__proto__', '__proto__', 'interrupted'],
      ['constructor', 'constructor', 'interrupted'],
      ['toString', 'toString', 'interrupted'],
      ['hasOwnProperty', 'hasOwnProperty', 'complete'],
    ]);
    expect(Object.getPrototypeOf(closed.toolCalls)).toBe(Object.prototype);
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
  });

  it('does not know a call only because every object has a member of that name', () => {
    expect(applyToolCall(emptyStreamState, { id: 'toString', args: '{}' }).toolCalls).toEqual({
      toString: { name: null, args: '{}', status: 'streaming' },
    });
  });
});

describe('whether a stream can go on', () => {
  it('is as this table says', () => {
    const states = {
      nothing: emptyStreamState,
      'a call before any chunk': startToolCall(emptyStreamState, 'a'),
      text: recordChunk(emptyStreamState, 1, 1),
      'an open call': startToolCall(recordChunk(emptyStreamState, 1, 1), 'a'),
      'a closed call': endToolCall(startToolCall(recordChunk(emptyStreamState, 1, 1), 'a')),
    };
    const modes: ResumeMode[] = ['cursor', 'count', 'replay', 'continuation', 'live', 'none'];
    const table = Object.entries(states).map(([name, state]) => [
      name,
      canResume(state),
      ...modes.map((mode) => canResume(state, mode)),
    ]);
    expect(table).toEqual([
      ['nothing', true, true, true, true, true, true, true],
      ['a call before any chunk', true, true, true, true, true, true, true],
      ['text', true, true, true, true, true, true, true],
      ['an open call', false, true, true, true, false, false, false],
      ['a closed call', true, true, true, true, true, true, true],
    ]);
  });
});
