/** The script of the demo server: its events and its faults, always the same. */

/** The five ways in which the demo server fails, each once and in this order. */
export type FaultKind = 'reset' | 'eof' | 'accept-then-close' | 'busy' | 'silence';

/** One event on the server's list. */
export interface ScriptEvent {
  readonly id: string;
  readonly data: string;
}

/** A fault that happens instead of event number `at`, counted from 1. */
export interface Fault {
  readonly kind: FaultKind;
  readonly at: number;
  /** A description of the fault for people. */
  readonly what: string;
}

export interface Script {
  readonly events: readonly ScriptEvent[];
  readonly faults: readonly Fault[];
}

type Step =
  | { readonly say: string }
  | { readonly call: { readonly name?: string; readonly args?: string; readonly done?: true } }
  | { readonly fault: FaultKind };

const WHAT: Readonly<Record<FaultKind, string>> = {
  reset: 'resets the socket in mid-event',
  eof: 'hangs up without the end marker',
  'accept-then-close': 'accepts, then hangs up',
  busy: 'answers 503, Retry-After: 1',
  silence: 'goes silent on an open socket',
};

const SCRIPT: readonly Step[] = [
  {
    say: `An answer like this one is a long train of small cars. Each car carries a word or a \
piece of one, and each carries a number. Between the model and your screen the train crosses a \
data centre, a load balancer, a proxy or two, and whatever ra`,
  },
  { fault: 'reset' },
  {
    say: `dio happens to be nearest. Any of them may derail a car, and sooner or later one does.

What happens then decides how the answer feels. A client that takes the cut for the end shows \
half a thought and calls it finished. A client that simply asks again pays twice, and may say the \
same words twice. A client that waits in silence never finds out that the other side has gone.

There is a calmer way. Keep the number of the last car that arrived whole. When the line breaks, \
say so, wait a moment, and ask for the next one. If it breaks again, wait a little longer, so that \
a tired server is not buried by everyone who lost it at the same moment. If the server names a \
time, believe it. Let me look at the road that the rest of this answer has to take.

`,
  },
  { call: { name: 'trace_route' } },
  { call: { args: '{"host":' } },
  { call: { args: '"answers.' } },
  { call: { args: 'example",' } },
  { call: { args: '"max_' } },
  { fault: 'eof' },
  { fault: 'accept-then-close' },
  { fault: 'busy' },
  { call: { args: 'hops":12,' } },
  { call: { args: '"protocol":' } },
  { call: { args: '"tcp"}' } },
  { call: { done: true } },
  {
    say: `
Nine hops, and one of them is slow: an ordinary road. Silence is the hardest fault to see on it. A \
closed socket at least says goodbye; an open one that carries nothing looks just like a model that \
is think`,
  },
  { fault: 'silence' },
  {
    say: `ing. So a patient reader keeps a watch. While bytes come, be it only a comment, the line \
is alive; when none have come for a while, it stops believing and asks again, from the same place.

None of this is clever. It is bookkeeping: one number, kept honestly, and never moved ahead of the \
words that it covers. The tool call above was cut in two, and nobody ran the first half of it.

If you can read this sentence to its end, every car has arrived, once, and in order.
`,
  },
];

/** Returns the numbered events, and the numbers at which the faults happen. */
export function demoScript(): Script {
  const events: ScriptEvent[] = [];
  const faults: Fault[] = [];
  const add = (payload: object): void => {
    events.push({ id: String(events.length + 1), data: JSON.stringify(payload) });
  };
  for (const step of SCRIPT) {
    if ('fault' in step) {
      faults.push({ kind: step.fault, at: events.length + 1, what: WHAT[step.fault] });
    } else if ('call' in step) {
      add({ tool: { id: 'call_1', ...step.call } });
    } else {
      for (const delta of tokens(step.say)) add({ delta });
    }
  }
  return { events, faults };
}

/** Splits text into pieces of about the size of a model's tokens: white space, then up to five characters. */
function tokens(text: string): string[] {
  return text.match(/\s*\S{1,5}|\s+$/gu) ?? [];
}
