/** Answers in six dialects, cut at each byte: never a partial argument, never one call twice, nothing lost. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ReconnectEvent, ReconnectOptions, ReconnectError } from '../../../src/index.js';
import type { ModelPart } from '../../../src/tool-calls/index.js';
import { onVirtualClock } from '../../support/facts.js';
import { forgetItems } from '../../support/forget-items.js';
import { seededRandom } from '../../../src/testing/index.js';
import type { PeerRequest } from '../../support/source-peer.js';
import { CALLS, joinAnswer, modelPeers, requestOf, WHOLE } from '../peers/model-answers.js';
import type { ModelPeer } from '../peers/model-answers.js';
import { places, runs } from '../../support/effort.js';

afterEach(() => void vi.unstubAllGlobals());

/** Where the nth answer is cut, and how; undefined: it is whole. */
type Cut = { readonly at: number; readonly how: 'reset' | 'eof' } | undefined;

interface Result {
  readonly parts: readonly ModelPart[];
  readonly heard: readonly ReconnectEvent[];
  readonly requests: readonly PeerRequest[];
  readonly error: ReconnectError | null;
  readonly state: string;
}

async function play(
  peer: ModelPeer,
  cutOf: (nth: number, size: number) => Cut,
  options: Omit<ReconnectOptions, 'clock'> = {},
): Promise<Result> {
  const requests: PeerRequest[] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const request = requestOf(url, init);
    const bytes = new TextEncoder().encode(peer.body(request));
    const cut = cutOf(requests.push(request) - 1, bytes.length);
    return Promise.resolve(answer(bytes, cut, peer.contentType));
  });
  const { stream, clock, heard } = onVirtualClock(peer.source('http://127.0.0.1/answers'), options);
  const parts: ModelPart[] = [];
  stream.on('restarted', () => forgetItems(parts));
  stream.on('reset', () => forgetItems(parts));
  let error: ReconnectError | null = null;
  const reading = (async () => {
    try {
      for await (const part of stream) {
        parts.push(part);
        checkPart(part);
      }
    } catch (thrown) {
      error = thrown as ReconnectError;
    }
  })();
  await clock.advance(600_000);
  await reading;
  return { parts, heard, requests, error, state: stream.state };
}

function answer(bytes: Uint8Array, cut: Cut, contentType: string): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const part = bytes.subarray(0, cut?.at);
      if (part.length > 0) controller.enqueue(part);
      if (cut?.how !== 'reset') controller.close();
    },
    pull(controller) {
      const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      controller.error(new TypeError('terminated', { cause }));
    },
  });
  return new Response(body, { headers: { 'content-type': contentType } });
}

/** At no time is a part delivered with other arguments than the whole ones. Cheap: it runs a million times. */
function checkPart(part: ModelPart): void {
  const isWhole =
    part.type === 'toolCall'
      ? JSON.stringify(part.input) === INPUTS.get(part.id)
      : part.type !== 'event' || !/Zürich|Europe/.test(JSON.stringify(part));
  if (!isWhole) throw new Error(`delivered: ${JSON.stringify(part)}`);
}

const INPUTS = new Map<string, string>(CALLS.map(({ id, input }) => [id, JSON.stringify(input)]));

function completions(heard: readonly ReconnectEvent[]): string[] {
  return heard.flatMap((event) =>
    event.type === 'toolCall' && event.status === 'complete' ? [event.id] : [],
  );
}

function isPrefix({ text, calls }: ReturnType<typeof joinAnswer>): boolean {
  const whole = WHOLE.calls.slice(0, calls.length);
  return WHOLE.text.startsWith(text) && JSON.stringify(calls) === JSON.stringify(whole);
}

describe.each(modelPeers.map((peer) => [peer.name, peer] as const))('%s', (_, peer) => {
  const text = peer.body({
    method: 'POST',
    url: new URL('http://127.0.0.1/'),
    headers: {},
    body: '',
  });
  const size = new TextEncoder().encode(text).length;
  const calls = new TextEncoder().encode(text.slice(0, text.indexOf(CALLS[0].id))).length;
  /** Places from the first call on, and some of the text before it. */
  const tried = places(size, 23).filter((at) => at > calls || at % 3 === 0);
  const allowed = { allowRestart: true };

  it.each(['reset', 'eof'] as const)(
    'cut by %s at each byte arrives whole',
    async (how) => {
      for (const at of tried.filter((place) => how === 'reset' || place % 2 === 0)) {
        const { parts, heard, error, requests } = await play(
          peer,
          (nth) => (nth === 0 ? { at, how } : undefined),
          allowed,
        );
        const label = `cut at ${at} of ${size}`;
        expect([label, error?.message ?? null]).toEqual([label, null]);
        expect([label, joinAnswer(parts)]).toEqual([label, WHOLE]);
        expect([label, completions(heard)]).toEqual([label, ['call_a', 'call_b']]);
        expect(requests.length).toBeLessThanOrEqual(2);
      }
    },
    240_000,
  );

  it('is asked for once where nobody allowed more', async () => {
    for (const at of tried.filter((place) => place % 2 === 0)) {
      const { parts, requests, error, heard } = await play(peer, (nth) =>
        nth === 0 ? { at, how: 'reset' } : undefined,
      );
      const label = `cut at ${at} of ${size}`;
      const begun = requests.filter(
        ({ method, headers }) => method === 'POST' && headers['last-event-id'] === undefined,
      );
      expect([label, begun.length]).toEqual([label, 1]);
      const joined = joinAnswer(parts);
      if (error === null) expect([label, joined]).toEqual([label, WHOLE]);
      else {
        expect([label, error.kind]).toEqual([label, 'not-resumable']);
        expect([label, isPrefix(joined)]).toEqual([label, true]);
        const interrupted = heard.filter(
          (event) => event.type === 'toolCall' && event.status === 'interrupted',
        );
        const open = new Set(
          parts.flatMap((part) => (part.type === 'toolCallProgress' ? [part.id] : [])),
        );
        for (const { id } of joined.calls) open.delete(id);
        expect([label, interrupted.length]).toEqual([label, open.size]);
      }
    }
  }, 240_000);

  it('cut many times at random arrives whole, or says why not', async () => {
    const random = seededRandom(7);
    for (let run = 0; run < runs(40, 1700); run++) {
      const cuts = 1 + Math.floor(random() * 4);
      const { parts, heard, error } = await play(
        peer,
        (nth, length) =>
          nth < cuts
            ? { at: Math.floor(random() * length), how: random() < 0.5 ? 'reset' : 'eof' }
            : undefined,
        { ...allowed, maxAttempts: 10, delivery: run % 2 === 0 ? 'commit' : 'eager' },
      );
      const label = `run ${run}`;
      expect([label, error?.message ?? null]).toEqual([label, null]);
      expect([label, joinAnswer(parts)]).toEqual([label, WHOLE]);
      expect([label, completions(heard)]).toEqual([label, ['call_a', 'call_b']]);
    }
  }, 240_000);
});
