/** Whole answers, read by us and by the vendor's own client: every difference has a name and a reason, or is a fault. */

import { isDeepStrictEqual } from 'node:util';
import { seededChoices } from './choices.js';
import type { WireFormat } from './format.js';
import { drawPeer } from './plan.js';
import { readWire } from './run.js';
import type { Run } from './run.js';
import type { SdkAnswer, SdkReader } from './sdk-readers.js';
import type { CallRule, Script } from './script.js';
import { drawTruth } from './truth.js';

interface Sides {
  readonly run: Run;
  readonly script: Script;
  readonly ours: SdkAnswer;
  readonly isComplete: boolean;
  /** Null: the client threw. */
  readonly theirs: SdkAnswer | null;
}

interface Difference {
  readonly name: string;
  readonly why: string;
  readonly holds: (sides: Sides) => boolean;
}

/** The first that holds names the difference. */
const DIFFERENCES: readonly Difference[] = [
  {
    name: 'the client throws, and the answer is whole',
    why: 'a heartbeat, an oddity of a gateway, or a field that the client needs and we do not',
    holds: ({ theirs, isComplete, ours, run }) =>
      theirs === null && isComplete && hasTruth(ours, run),
  },
  {
    name: 'the client gives what we call incomplete',
    why: 'an end that is no good one, an error inside, another answer, or a call that must not run',
    holds: ({ theirs, isComplete, run, script }) =>
      theirs !== null &&
      !isComplete &&
      (run.truth.ending !== 'good' || isBroken(script) || script.calls.some(isDoubtful)),
  },
  {
    name: 'the client has other text than was sent',
    why: 'content as a list, text that stands in the start of a block, or text of another answer',
    holds: ({ theirs, ours, run }) =>
      theirs !== null && ours.text === textOf(run) && theirs.text !== ours.text,
  },
  {
    name: 'the client has a call that must not run',
    why: 'repaired, repeated or missing arguments, a call without a name, or one that comes twice',
    holds: ({ theirs, ours, script }) =>
      theirs !== null && beyond(theirs, ours).some((call) => !isSaid(call, script.calls)),
  },
  {
    name: 'the client has a call that we leave out',
    why: 'the wire can be read in more than one way, and we run nothing on a guess',
    holds: ({ theirs, ours, script }) =>
      theirs !== null && beyond(theirs, ours).length > 0 && script.calls.some(isDoubtful),
  },
  {
    name: 'the client lacks a call, or has it without arguments',
    why: 'an id or a name that comes late, arguments as an object, calls without an index',
    holds: ({ theirs, ours, script }) =>
      theirs !== null &&
      beyond(theirs, ours).length === 0 &&
      beyond(ours, theirs).every((call) => script.calls.some((rule) => isThis(call, rule))),
  },
];

/** The name of the difference for this seed; null where there is none, undefined where it has no name. */
export async function compareSeed(
  format: WireFormat,
  reader: SdkReader,
  seed: number,
): Promise<{ readonly name: string | null | undefined; readonly sides: Sides }> {
  const choices = seededChoices(seed);
  const truth = drawTruth(choices);
  const plan = {
    ...drawPeer(format, choices),
    refusals: [],
    fates: [{ at: null, finish: 'eof' }],
  } as const;
  const reading = {
    delivery: undefined,
    allowRestart: false,
    continues: false,
    idempotencyKey: false,
    saveAfter: null,
  };
  const run = await readWire(format, { truth, reading, plan }, choices);
  const [exchange] = run.exchanges;
  if (exchange?.answer === null || exchange === undefined) throw new Error('there is no answer');
  const { script, encoded } = exchange.answer;
  const ours = {
    text: run.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
    calls: run.calls.filter(({ isServerTool }) => !isServerTool),
  };
  const theirs = await reader(encoded.bytes).catch(() => null);
  const isComplete = run.outcome?.status === 'complete';
  const sides = { run, script, ours, isComplete, theirs };
  return { name: nameOf(sides), sides };
}

function nameOf(sides: Sides): string | null | undefined {
  const { ours, theirs, isComplete } = sides;
  if (theirs === null ? !isComplete : isComplete && isSame(ours, theirs)) return null;
  return DIFFERENCES.find(({ holds }) => holds(sides))?.name;
}

function isSame(ours: SdkAnswer, theirs: SdkAnswer): boolean {
  const isEach = beyond(ours, theirs).length === 0 && beyond(theirs, ours).length === 0;
  return ours.text === theirs.text && isEach;
}

type SdkCall = SdkAnswer['calls'][number];

/** Calls of the one that the other has not, each as often. */
function beyond(one: SdkAnswer, other: SdkAnswer): SdkCall[] {
  const left = [...other.calls];
  return one.calls.filter((call) => {
    const at = left.findIndex((each) => isEqual(each, call));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function isEqual(one: SdkCall, other: SdkCall): boolean {
  return one.name === other.name && isDeepStrictEqual(one.input, other.input);
}

function isThis(call: SdkCall, { call: { name, input }, also = [] }: CallRule): boolean {
  return [input, ...also].some((one) => isEqual(call, { name, input: one }));
}

/** Whether the wire says this call, and it may leave. */
function isSaid(call: SdkCall, rules: readonly CallRule[]): boolean {
  return rules.some((rule) => rule.may !== 'never' && isThis(call, rule));
}

function isDoubtful({ may }: CallRule): boolean {
  return may !== 'leave';
}

function isBroken({ sayings }: Script): boolean {
  return sayings.some(({ facts }) =>
    facts.some(({ type }) => type === 'error' || type === 'splice'),
  );
}

function textOf({ truth }: Run): string {
  return truth.text.join('');
}

function hasTruth({ text, calls }: SdkAnswer, run: Run): boolean {
  return text === textOf(run) && calls.length <= run.truth.calls.length;
}
