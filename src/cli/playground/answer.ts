/** The response of the simulated model: text, one tool call in several pieces, text; as numbered records. */

/** One event of a response, as it is logged and sent. */
export interface AnswerRecord {
  readonly id: string;
  /** JSON: `{ delta }`, or `{ tool: { id, name?, args?, done? } }`. */
  readonly data: string;
}

export interface Answer {
  readonly records: readonly AnswerRecord[];
  /** Number of the record that the cut inside the tool call falls into. */
  readonly middleOfCall: number;
}

/** The two responses: one to read, and one that tries to inject markup and control codes. */
export const SAMPLES = ['prose', 'hostile'] as const;
export type Sample = (typeof SAMPLES)[number];

interface Play {
  readonly before: string;
  readonly call: { readonly name: string; readonly args: readonly string[] };
  readonly after: string;
}

const PROSE: Play = {
  before: `When you read an answer as it is written, you are watching a long train of small cars. \
Each one carries a word, or a piece of one, and each one carries a number. Between the model and \
your screen the train crosses a data centre, a load balancer, a proxy or two, and whatever radio \
happens to be nearest. Any of them may derail a car, and sooner or later one of them does.

What happens next decides how the answer feels. A client that takes the break for the end shows \
half a thought and calls it finished. A client that simply asks again pays for the work twice, and \
may say the same words twice. A client that waits in silence never finds out that the other side \
has gone. Let me measure the road that the rest of this answer has to take.

`,
  call: {
    name: 'trace_route',
    args: [
      '{"host":',
      '"answers.',
      'example",',
      '"max_',
      'hops":12,',
      '"proto',
      'col":"tcp",',
      '"timeout',
      '_ms":2',
      '000}',
    ],
  },
  after: `
Nine hops, and one of them is slow: an ordinary road. There is a calm way to travel it. Keep the \
number of the last car that arrived whole. When the line breaks, say so, wait a moment, and ask for \
the next one. If it breaks again, wait a little longer, so that a tired server is not buried by \
everyone who lost it at the same moment. If the server names a time, believe it.

Silence is the hardest fault to see. A closed socket at least says goodbye; an open one that \
carries nothing looks just like a model that is thinking. So a patient reader keeps a watch. While \
bytes come, be it only a comment, the line is alive. When none have come for a while, it stops \
believing, and asks again from the same place.

And a half is never a whole. The arguments of the tool call above came in ten pieces. Nobody ran \
the first five of them, however long the other half took to arrive, because a call counts only when \
it was closed and can be read to its end.

None of this is clever. It is bookkeeping: one number, kept honestly, and never moved ahead of the \
words that it covers. If you can read this sentence to its full stop, every car has arrived, once, \
and in order.
`,
};

/** Known attacks on pages and terminals. */
const HOSTILE: Play = {
  before: `Markup: <img src=x onerror="globalThis.pwned='img'"> and \
<script>globalThis.pwned='script'</script> and </script><svg onload="globalThis.pwned='svg'"> and \
<a href="javascript:globalThis.pwned='link'">a link</a>.

`,
  call: {
    name: '<b onmouseover="globalThis.pwned=1">name</b>',
    args: ['{"html":', '"<iframe ', 'srcdoc=', "'<script>parent.pwned=1</script>'", '>"}'],
  },
  after: `Terminal: \u001B[2J\u001B[31mred\u001B[0m\u0007 and \u009B1m.
Direction: \u202Eesrever\u202C and \u2066isolated\u2069 and \u200Fmark.
Entities: &lt;b&gt; &amp;amp; and a quote " and another '.
`,
};

/** Returns the response with this name, always the same. */
export function answerOf(sample: Sample): Answer {
  const { before, call, after } = sample === 'prose' ? PROSE : HOSTILE;
  const id = 'call_1';
  const calls = [{ name: call.name }, ...call.args.map((args) => ({ args })), { done: true }];
  const payloads = [
    ...tokens(before).map((delta) => ({ delta })),
    ...calls.map((part) => ({ tool: { id, ...part } })),
    ...tokens(after).map((delta) => ({ delta })),
  ];
  const records = payloads.map((payload, index) => ({
    id: String(index + 1),
    data: JSON.stringify(payload),
  }));
  return { records, middleOfCall: tokens(before).length + 1 + Math.ceil(call.args.length / 2) };
}

/** Pieces of about the size of a model's tokens: white space, then up to five characters. */
function tokens(text: string): string[] {
  return text.match(/\s*\S{1,5}|\s+$/gu) ?? [];
}
