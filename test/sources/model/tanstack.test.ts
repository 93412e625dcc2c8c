/** `agUi()` against the real server of TanStack AI, whose log of a run is kept in memory. */

import {
  memoryStream,
  resumeServerSentEventsResponse,
  toServerSentEventsResponse,
} from '@tanstack/ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agUi } from '../../../src/sources/index.js';
import type { ModelPart } from '../../../src/tool-calls/index.js';
import { startCuttingProxy } from '../../support/cutting-proxy.js';
import type { CuttingProxy } from '../../support/cutting-proxy.js';
import type { Loopback } from '../../../src/loopback/listen.js';
import { readAll } from '../../support/read-all.js';
import type { ReadAll } from '../../support/read-all.js';
import { sideBySide } from '../../support/side-by-side.js';
import { startWebHandler } from '../../support/web-handler.js';
import { joinAnswer } from '../peers/model-answers.js';
import { places } from '../../support/effort.js';

const INPUT = { city: 'Zürich', days: [1, 2] };
const WHOLE = {
  text: 'Let me look: “é” 🌍',
  calls: [{ id: 'call_a', name: 'get_weather', input: INPUT }],
};

/** How often the work was done. */
let runs = 0;

async function* answer(): AsyncGenerator<object> {
  runs += 1;
  const id = { threadId: 't', runId: `run_${runs}` };
  yield { type: 'RUN_STARTED', ...id };
  yield { type: 'TEXT_MESSAGE_START', messageId: 'm', role: 'assistant' };
  for (const delta of ['Let me look: ', '“é” 🌍'])
    yield { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta };
  yield { type: 'TEXT_MESSAGE_END', messageId: 'm' };
  yield { type: 'TOOL_CALL_START', toolCallId: 'call_a', toolCallName: 'get_weather' };
  for (const delta of JSON.stringify(INPUT).match(/[^]{1,14}/gu) ?? [])
    yield { type: 'TOOL_CALL_ARGS', toolCallId: 'call_a', delta };
  yield { type: 'TOOL_CALL_END', toolCallId: 'call_a' };
  yield { type: 'RUN_FINISHED', ...id };
}

let server: Loopback;
/** One for each of the streams that are read side by side. */
let proxies: readonly CuttingProxy[];
beforeAll(async () => {
  server = await startWebHandler((request) => {
    const durability = { adapter: memoryStream(request) };
    return request.headers.has('last-event-id')
      ? resumeServerSentEventsResponse(durability)
      : toServerSentEventsResponse(answer() as never, { durability });
  });
  proxies = await Promise.all(Array.from({ length: 8 }, () => startCuttingProxy(server.url)));
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await server.close();
});

interface Cutting {
  readonly cuts: Parameters<CuttingProxy['reset']>[0];
  readonly delivery: 'commit' | 'eager';
}

async function readCut(
  proxy: CuttingProxy,
  { cuts, delivery }: Cutting,
): Promise<ReadAll<ModelPart>> {
  proxy.reset(cuts);
  return readAll(agUi({ url: `${proxy.url}/chat`, body: { messages: [] } }), { delivery });
}

describe.each(['commit', 'eager'] as const)('a run of TanStack AI, delivery %s', (delivery) => {
  it(
    'arrives whole whatever byte it is cut at, and is run once',
    { timeout: 300_000 },
    async () => {
      const [first] = proxies as [CuttingProxy];
      const whole = await readCut(first, { cuts: [], delivery });
      expect([whole.error, joinAnswer(whole.items)]).toEqual([null, WHOLE]);
      const size = first.passed;
      const cuts = (['rst', 'eof'] as const).flatMap((kind, nth) =>
        places(size, 41, nth * 20).map((at) => ({ at, kind })),
      );
      const before = runs;
      const kinds: (string | null)[] = [];
      await sideBySide(cuts, proxies, async (cut, proxy) => {
        const { items, error } = await readCut(proxy, { cuts: [cut], delivery });
        const label = `${cut.kind} at ${cut.at} of ${size}`;
        kinds.push(error?.kind ?? null);
        if (error === null) expect([label, joinAnswer(items)]).toEqual([label, WHOLE]);
        // Before the run has sent its id only another run could continue: not without permission.
        else expect([label, error.kind, cut.at < 150]).toEqual([label, 'not-resumable', true]);
      });
      expect(runs - before).toBe(cuts.length);
      expect(kinds.filter((kind) => kind === null).length).toBeGreaterThan(cuts.length * 0.85);
    },
  );

  it('survives a second cut before anything new, and a server that answers 503', async () => {
    const [first] = proxies as [CuttingProxy];
    const { items, error } = await readCut(first, {
      cuts: [{ at: 500, kind: 'rst' }, { at: 0, kind: 'rst' }, 503, { at: 9, kind: 'eof' }],
      delivery,
    });
    expect([error, joinAnswer(items)]).toEqual([null, WHOLE]);
  });
});
