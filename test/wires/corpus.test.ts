/** The corpus of real wires: each read whole, and cut behind each of its events. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ReconnectError, StreamSource } from '../../src/index.js';
import {
  agUi,
  aiSdkUi,
  anthropicMessages,
  geminiContent,
  geminiInteractions,
  ollamaChat,
  openaiChat,
  openaiResponses,
} from '../../src/sources/index.js';
import type { ModelPart } from '../../src/tool-calls/index.js';
import { onVirtualClock, read } from '../support/facts.js';

interface Expected {
  readonly source: keyof typeof SOURCES;
  readonly about: string;
  readonly text: string;
  readonly reasoning?: string;
  readonly calls: readonly (readonly [id: string, name: string, input: unknown])[];
  readonly outcome: 'complete' | 'incomplete' | 'failed' | 'cancelled';
  /** Names of events that have to be among the parts. */
  readonly events?: readonly string[];
  /** Texts of cuts that no reader can distinguish from a whole response: byte by byte they are one. */
  readonly looksWhole?: readonly string[];
  /** What the message of the error has in it. */
  readonly error?: string;
}

const SOURCES = {
  agUi,
  aiSdkUi,
  anthropicMessages,
  geminiContent,
  geminiInteractions,
  ollamaChat,
  openaiChat,
  openaiResponses,
} as const;

const ROOT = new URL('../fixtures/wires/', import.meta.url);

const wires = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => {
    const expected = JSON.parse(readFileSync(new URL(name, ROOT), 'utf8')) as Expected;
    const isLines = expected.source === 'ollamaChat';
    const file = name.replace(/json$/, isLines ? 'ndjson' : 'sse');
    return {
      name: name.slice(0, -5),
      expected,
      isLines,
      body: readFileSync(new URL(file, ROOT), 'utf8'),
    };
  });

type Wire = (typeof wires)[number];

interface Result {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly unknown[];
  readonly events: readonly string[];
  readonly status: string;
  readonly error: ReconnectError | null;
  readonly posts: number;
}

/** Reads the body; whoever asks to resume gets the reply that nothing is known of the response. */
async function readBody(
  { expected, isLines }: Wire,
  body: string,
  how: 'eof' | 'reset',
): Promise<Result> {
  let posts = 0;
  const options = {
    url: 'http://wire.test/answers',
    body: { model: 'm', stream: true },
    ...(expected.source === 'aiSdkUi' ? { resumeUrl: 'http://wire.test/none' } : {}),
    fetch: (_: string, { method }: RequestInit) => {
      if (method === 'POST') posts += 1;
      const isFirst = method === 'POST' && posts === 1;
      return Promise.resolve(
        isFirst ? response(body, how, isLines) : new Response(null, { status: 404 }),
      );
    },
  };
  const create = SOURCES[expected.source] as (given: object) => StreamSource<ModelPart>;
  const { stream, clock } = onVirtualClock(create(options));
  const reading = read(stream);
  await clock.advance(3_600_000);
  const error = await reading.ended;
  const { status } = await stream.done;
  return { ...joined(reading.items), status, error, posts };
}

function response(body: string, how: 'eof' | 'reset', isLines: boolean): Response {
  const bytes = new TextEncoder().encode(body);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      if (how === 'eof') controller.close();
    },
    pull: (controller) => controller.error(new TypeError('terminated')),
  });
  const type = isLines ? 'application/x-ndjson' : 'text/event-stream';
  return new Response(stream, { headers: { 'content-type': type } });
}

function joined(
  parts: readonly ModelPart[],
): Pick<Result, 'text' | 'reasoning' | 'calls' | 'events'> {
  const textOf = (type: 'text' | 'reasoning'): string =>
    parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('');
  return {
    text: textOf('text'),
    reasoning: textOf('reasoning'),
    calls: parts.flatMap((part) =>
      part.type === 'toolCall' ? [[part.id, part.name, part.input]] : [],
    ),
    events: parts.flatMap((part) => (part.type === 'event' ? [part.name] : [])),
  };
}

/** Places behind a whole event. */
function boundaries({ body, isLines }: Wire): number[] {
  const ends = [...body.matchAll(isLines ? /\n/g : /\r?\n\r?\n/g)];
  return [0, ...ends.map(({ index, 0: end }) => index + end.length)].filter(
    (at) => at < body.length,
  );
}

describe.each(wires.map((wire) => [wire.name, wire] as const))('%s', (_, wire) => {
  const { expected, body } = wire;

  it(expected.about, async () => {
    const whole = await readBody(wire, body, 'eof');
    const { text, reasoning, calls, status } = whole;
    expect({ text, reasoning, calls, status }).toEqual({
      text: expected.text,
      reasoning: expected.reasoning ?? '',
      calls: expected.calls,
      status: expected.outcome,
    });
    expect(whole.events).toEqual(expect.arrayContaining([...(expected.events ?? [])]));
    expect(whole.error?.message ?? '').toContain(expected.error ?? '');
    expect(whole.posts).toBe(1);
  });

  it.each(['eof', 'reset'] as const)('cut behind each event by %s', async (how) => {
    for (const at of boundaries(wire)) {
      const cut = await readBody(wire, body.slice(0, at), how);
      const label = `cut at ${at}`;
      expect([label, expected.text.startsWith(cut.text)]).toEqual([label, true]);
      expect([label, cut.calls]).toEqual([label, expected.calls.slice(0, cut.calls.length)]);
      expect([label, cut.posts]).toEqual([label, 1]);
      if (cut.status !== 'complete' || expected.looksWhole?.includes(cut.text) === true) continue;
      // What was not to be complete as a whole is not complete as a part, and nothing is missing.
      const facts = [label, expected.outcome, cut.text, cut.calls.length];
      expect(facts).toEqual([label, 'complete', expected.text, expected.calls.length]);
    }
  });
});
