/** The chunks of `streamGenerateContent`: calls whole and in pieces, what stands beside the text, and the end. */

import { describe, expect, it } from 'vitest';
import { geminiContentReader } from '../../../src/tool-calls/index.js';
import { parts, readEvents } from '../wires.js';
import type { Seen } from '../wires.js';

function candidate(fields: object): object {
  return { candidates: [{ index: 0, ...fields }] };
}

function stop(finishReason: unknown = 'STOP'): object {
  return candidate({ content: { role: 'model' }, finishReason });
}

function run(...events: object[]): Seen {
  return readEvents(geminiContentReader(), events);
}

function call(functionCall: object): object {
  return parts({ functionCall });
}

describe('calls without ids', () => {
  it('each is a call of its own, also of the same function with the same arguments', () => {
    const one = { name: 'roll', args: { sides: 6 } };
    const seen = run(parts({ functionCall: one }, { functionCall: one }), call(one), stop());
    expect(seen.calls.map((each) => (each as unknown[]).slice(1))).toEqual([
      ['roll', { sides: 6 }],
      ['roll', { sides: 6 }],
      ['roll', { sides: 6 }],
    ]);
    expect(new Set(seen.calls.map((each) => (each as unknown[])[0])).size).toBe(3);
  });

  it('two functions without arguments are two calls', () => {
    const seen = run(call({ name: 'a' }), call({ name: 'b' }), stop());
    expect(seen.calls.map((each) => (each as unknown[]).slice(1))).toEqual([
      ['a', {}],
      ['b', {}],
    ]);
  });

  it('arguments that come later belong to the call that lacks them', () => {
    for (const late of [
      { args: { x: 1 } },
      { name: 'f', args: { x: 1 } },
      { id: 'a', args: { x: 1 } },
    ]) {
      const seen = run(call({ name: 'f' }), call(late), stop());
      expect(seen.calls.map((each) => (each as unknown[]).slice(1))).toEqual([['f', { x: 1 }]]);
      expect(seen.malformed).toEqual([]);
    }
  });

  it('arguments that may belong to several calls belong to none, and none of them runs', () => {
    const seen = run(call({ name: 'a' }), call({ name: 'b' }), call({ args: { x: 1 } }), stop());
    expect(seen.calls).toEqual([]);
    expect(seen.malformed).toHaveLength(3);
  });

  it('an id that comes later is the id', () => {
    const seen = run(call({ name: 'f' }), call({ id: 'late', name: 'f', args: { x: 1 } }), stop());
    expect(seen.calls).toEqual([['late', 'f', { x: 1 }]]);
  });
});

describe('arguments in pieces', () => {
  function streamed(...pieces: object[]): Seen {
    return run(call({ name: 'f', id: 'a', willContinue: true }), ...pieces.map(call), stop());
  }
  const piece = (...partialArgs: object[]): object => ({ partialArgs, willContinue: true });

  it('are put together from their paths', () => {
    const seen = streamed(
      piece({ jsonPath: '$.city', stringValue: 'Zü', willContinue: true }),
      piece({ jsonPath: '$.city', stringValue: 'rich' }, { jsonPath: '$.days[0]', numberValue: 1 }),
      piece(
        { jsonPath: '$.days[1]', numberValue: 2.5 },
        { jsonPath: '$.where.lat', numberValue: 0 },
      ),
      piece(
        { jsonPath: "$['a b']", boolValue: false },
        { jsonPath: '$["c.d"]', nullValue: 'NULL_VALUE' },
      ),
      piece(
        { jsonPath: '$.__proto__.x', stringValue: 'own' },
        { jsonPath: '$.list[0].name', stringValue: '' },
      ),
      {},
    );
    expect(seen.malformed).toEqual([]);
    expect(seen.calls).toHaveLength(1);
    const [[id, name, input]] = seen.calls as [[string, string, object]];
    expect([id, name, JSON.stringify(input)]).toEqual([
      'a',
      'f',
      '{"city":"Zürich","days":[1,2.5],"where":{"lat":0},"a b":false,"c.d":null,"__proto__":{"x":"own"},"list":[{"name":""}]}',
    ]);
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
  });

  it('show how far they are, and never their text', () => {
    const seen = streamed(piece({ jsonPath: '$.pin', stringValue: 'secret' }), {});
    const progress = seen.parts.filter(({ type }) => type === 'toolCallProgress');
    expect(progress.length).toBeGreaterThan(1);
    expect(JSON.stringify(progress)).not.toContain('secret');
    expect(JSON.stringify(seen.parts.filter(({ type }) => type === 'event'))).not.toContain(
      'secret',
    );
  });

  it('end with the last piece, or with an empty one behind it', () => {
    const last = { partialArgs: [{ jsonPath: '$.x', numberValue: 1 }] };
    expect(streamed(last).calls).toEqual([['a', 'f', { x: 1 }]]);
    expect(streamed(last, {}).calls).toEqual([['a', 'f', { x: 1 }]]);
    expect(streamed({}).calls).toEqual([['a', 'f', {}]]);
  });

  it('go on by the id where calls come in turns', () => {
    const of = (id: string, name: string, value: number): object =>
      call({
        id,
        name,
        partialArgs: [{ jsonPath: `$.v${value}`, numberValue: value }],
        willContinue: value < 3,
      });
    const seen = run(of('a', 'f', 1), of('b', 'g', 2), of('a', 'f', 3), of('b', 'g', 4), stop());
    expect(seen.calls).toEqual([
      ['a', 'f', { v1: 1, v3: 3 }],
      ['b', 'g', { v2: 2, v4: 4 }],
    ]);
  });

  it('of one call after another, without ids', () => {
    const seen = run(
      call({ name: 'f', willContinue: true }),
      call({ partialArgs: [{ jsonPath: '$.x', numberValue: 1 }] }),
      call({ name: 'f', willContinue: true }),
      call({ partialArgs: [{ jsonPath: '$.x', numberValue: 2 }], willContinue: true }),
      call({}),
      stop(),
    );
    expect(seen.calls.map((each) => (each as unknown[]).slice(1))).toEqual([
      ['f', { x: 1 }],
      ['f', { x: 2 }],
    ]);
  });

  it.each<[string, readonly object[]]>([
    ['a call that was not completed', [piece({ jsonPath: '$.x', numberValue: 1 })]],
    ['no path', [piece({ stringValue: 'x' }), {}]],
    ['a path to many places', [piece({ jsonPath: '$..x', stringValue: 'x' }), {}]],
    ['a wildcard', [piece({ jsonPath: '$.*', stringValue: 'x' }), {}]],
    ['the root', [piece({ jsonPath: '$', stringValue: 'x' }), {}]],
    ['no value', [piece({ jsonPath: '$.x' }), {}]],
    ['a gap in a list', [piece({ jsonPath: '$.x[1]', numberValue: 1 }), {}]],
    [
      'a list that is an object',
      [piece({ jsonPath: '$.x[0]', numberValue: 1 }, { jsonPath: '$.x.y', numberValue: 1 }), {}],
    ],
    [
      'two numbers at one place',
      [piece({ jsonPath: '$.x', numberValue: 1 }, { jsonPath: '$.x', numberValue: 2 }), {}],
    ],
    [
      'text behind a number',
      [piece({ jsonPath: '$.x', numberValue: 1 }, { jsonPath: '$.x', stringValue: '2' }), {}],
    ],
    ['an index without end', [piece({ jsonPath: '$.x[99999999]', numberValue: 1 }), {}]],
    [
      'other arguments besides',
      [{ args: { x: 2 }, ...piece({ jsonPath: '$.x', numberValue: 1 }) }, {}],
    ],
  ])('do not leave: %s', (_, pieces) => {
    const seen = streamed(...pieces);
    expect(seen.calls).toEqual([]);
    expect(seen.malformed).toHaveLength(1);
  });

  it('that are cut by the finish reason do not leave', () => {
    const seen = run(call({ name: 'f', willContinue: true }), stop('MAX_TOKENS'));
    expect([seen.calls, seen.end]).toEqual([[], 'incomplete']);
  });
});

describe('beside the text', () => {
  it('thoughts are reasoning, and signatures are kept with what they belong to', () => {
    const seen = run(
      parts({ text: 'hm', thought: true, thoughtSignature: 's1' }),
      parts({ text: 'Hi', thoughtSignature: 's2' }),
      parts({ functionCall: { id: 'a', name: 'f', args: {} }, thoughtSignature: 's3' }),
      stop(),
    );
    expect(seen.text).toBe('Hi');
    expect(seen.parts).toContainEqual({ type: 'reasoning', text: 'hm' });
    expect(seen.parts).toContainEqual({ type: 'event', name: 'thoughtSignature', data: 's2' });
    expect(seen.parts).toContainEqual({
      type: 'event',
      name: 'functionCall',
      data: { id: 'a', name: 'f', thoughtSignature: 's3' },
    });
  });

  it('pictures, code and results pass as they are', () => {
    const inlineData = { mimeType: 'image/png', data: 'aW1n' };
    const executableCode = { language: 'PYTHON', code: 'print(1)' };
    const codeExecutionResult = { outcome: 'OUTCOME_OK', output: '1' };
    const seen = run(
      parts({ inlineData }, { executableCode }, { codeExecutionResult }, { ofTomorrow: 1 }),
      stop(),
    );
    expect(seen.parts).toEqual(
      expect.arrayContaining([
        { type: 'event', name: 'inlineData', data: inlineData },
        { type: 'event', name: 'executableCode', data: executableCode },
        { type: 'event', name: 'codeExecutionResult', data: codeExecutionResult },
        { type: 'event', name: 'ofTomorrow', data: 1 },
      ]),
    );
    expect(seen.end).toBe('complete');
  });

  it('a call that the peer ran itself is there for the record, whatever the finish reason', () => {
    const toolCall = { id: 's', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['x'] } };
    const seen = run(parts({ toolCall }), stop('MAX_TOKENS'));
    expect(seen.parts).toContainEqual({
      type: 'toolCall',
      id: 's',
      name: 'GOOGLE_SEARCH_WEB',
      input: { queries: ['x'] },
      isServerTool: true,
    });
  });

  it('usage and ratings are events where they say something new; other candidates too', () => {
    const usageMetadata = { candidatesTokenCount: 1 };
    const safetyRatings = [{ category: 'A', probability: 'LOW' }];
    const chunk = {
      candidates: [{ index: 0, content: { parts: [{ text: 'a' }] }, safetyRatings }],
      usageMetadata,
      responseId: 'r',
      modelVersion: 'm',
    };
    const seen = run(
      chunk,
      chunk,
      { ...chunk, usageMetadata: { candidatesTokenCount: 2 } },
      { candidates: [{ index: 1, content: {} }] },
      stop(),
    );
    expect(seen.events.filter((name) => name === 'usageMetadata')).toHaveLength(2);
    expect(seen.events.filter((name) => name === 'safetyRatings')).toHaveLength(1);
    expect(seen.events.filter((name) => name === 'response')).toHaveLength(1);
    expect(seen.events).toContain('candidate');
    expect(seen.text).toBe('aaa');
  });
});

describe('the end', () => {
  function end(...events: object[]): [unknown, unknown] {
    const reader = geminiContentReader();
    const seen = readEvents(reader, events);
    reader.endOfBytes?.();
    return [seen.end, reader.end];
  }

  it('is the finish reason, with the last text or behind it', () => {
    const last = candidate({ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' });
    expect(end(last)).toEqual(['complete', 'complete']);
    expect(end(parts({ text: 'a' }), stop())).toEqual(['complete', 'complete']);
    expect(end(parts({ text: 'a' }))).toEqual([null, null]);
    expect(end(parts({ text: 'a' }), stop('FINISH_REASON_UNSPECIFIED'))).toEqual([null, null]);
  });

  it('is not a reason that comes before anything', () => {
    expect(end(stop(), stop())).toEqual([null, 'incomplete']);
    expect(end(stop(), parts({ text: 'a' }))).toEqual([null, null]);
    expect(end(stop(), parts({ text: 'a' }), stop())).toEqual(['complete', 'complete']);
  });

  it('of a peer that gives a reason with every chunk is never sure', () => {
    const each = candidate({ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' });
    expect(end(each, each, each)).toEqual([null, 'incomplete']);
    const given = (of: string, name?: string): object =>
      candidate({
        content: { parts: [{ functionCall: { id: 'same', name, args: { of } } }] },
        finishReason: 'STOP',
      });
    expect(end(given('a', 'f'), given('b', 'g'), stop())).toEqual([null, 'incomplete']);
    expect(end(given('a'), given('b'), stop())).toEqual([null, 'incomplete']);
  });

  it('of a prompt that was blocked is incomplete, with the reason', () => {
    const seen = run({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: {} });
    expect([seen.end, seen.word]).toEqual(['incomplete', 'SAFETY']);
    expect(seen.events).toContain('promptFeedback');
  });

  it('is an error that the peer reports', () => {
    const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' };
    expect(() => run(parts({ text: 'a' }), { error })).toThrow(
      /overloaded.*UNAVAILABLE|UNAVAILABLE.*overloaded/,
    );
  });

  it('of another answer in the same stream is none', () => {
    const of = (responseId: string): object => ({ ...parts({ text: 'a' }), responseId });
    expect(() => run(of('1'), of('1'), of('2'), of('2'))).toThrow('second answer');
  });
});
