/** Which run an answer is, by the event that says so: its type is inside of its data, or only its name. */

import { expect, it } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import { geminiInteractions, openaiResponses } from '../../../src/sources/index.js';
import { virtualClock } from '../../../src/testing/index.js';

const body = { model: 'm', input: 'x', stream: true, background: true };

const interaction = { interaction: { id: 'run_1', status: 'in_progress' }, event_id: 'e0' };
const response = {
  response: { id: 'run_1', status: 'in_progress', output: [] },
  sequence_number: 0,
};

it.each([
  ['interaction.created', 'event_type', interaction, geminiInteractions],
  ['interaction.created', 'type', interaction, geminiInteractions],
  ['interaction.created', 'none', interaction, geminiInteractions],
  ['response.created', 'type', response, openaiResponses],
  ['response.created', 'none', response, openaiResponses],
] as const)(
  '%s: with the type in %s the run is gone on with',
  async (name, field, data, source) => {
    const named = field === 'none' ? data : { ...data, [field]: name };
    const asked: string[] = [];
    const fetch = (url: string, { method }: RequestInit): Promise<Response> => {
      asked.push(`${method} ${new URL(url).pathname}`);
      const text = `event: ${name}\ndata: ${JSON.stringify(named)}\n\n`;
      return Promise.resolve(
        new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
      );
    };
    const stream = reconnectStream(source({ url: 'http://run.test/runs', body, fetch }), {
      clock: virtualClock(),
      maxAttempts: 1,
      initialBackoffMs: 1,
    });
    stream.start();
    for await (const _ of stream.batches()) if (asked.length > 0) break;
    expect(asked[0]).toBe('POST /runs');
    expect(stream.checkpoint().key).toBe('run_1');
  },
);
