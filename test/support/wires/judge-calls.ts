/** Calls: each at most once, with the name and the arguments that were sent, and only once all of it is said. */

import { isDeepStrictEqual } from 'node:util';
import type { Evidence, Fault } from './oracle.js';
import type { Call, Run } from './run.js';
import type { CallRule } from './script.js';
import type { TrueCall } from './truth.js';

export function judgeCalls(evidence: Evidence): Fault[] {
  const { run, received, gathered, kept } = evidence;
  const faults: Fault[] = [];
  const rules = received.flatMap(({ answer, facts, rest }) =>
    answer.script.calls.map((rule, n) => ({
      rule,
      isWhole: [...facts, ...rest].some(
        (fact) => (fact.type === 'whole' || fact.type === 'mayLeave') && fact.call === n,
      ),
    })),
  );
  const ids = new Set<string>();
  const ran = new Map<string, number>();
  for (const call of run.calls) {
    // What the peer runs itself is no call to run.
    if (call.isServerTool) continue;
    if (ids.has(call.id)) faults.push({ kind: 'a call twice', detail: inWords(call) });
    ids.add(call.id);
    const wrong = whyWrong(call, rules);
    if (wrong !== null) faults.push({ kind: wrong, detail: inWords(call) });
    const key = JSON.stringify([call.name, call.input]);
    ran.set(key, (ran.get(key) ?? 0) + 1);
  }
  for (const [key, times] of ran) {
    const asked = run.truth.calls.filter(
      ({ name, input }) => JSON.stringify([name, input]) === key,
    );
    const answers =
      run.reading.allowRestart || run.reading.continues || run.reading.idempotencyKey
        ? received.length
        : 1;
    const told = asked.reduce((sum, call) => sum + timesOf(call, rules), 0);
    if (asked.length > 0 && times > told * answers)
      faults.push({ kind: 'a call twice, by another id', detail: key });
  }
  if (run.savedAt !== null) return [...faults, ...judgeLeaks(evidence)];
  const last = received.at(-1)?.answer.script.calls ?? [];
  for (const fact of gathered.facts) {
    if (fact.type !== 'whole') continue;
    const rule = last[fact.call];
    if (rule === undefined || run.calls.some((call) => isThis(call, rule))) continue;
    if (rule.may === 'leave') faults.push({ kind: 'a whole call is lost', detail: rule.call.name });
    // A report that was taken back comes again with the call, where that comes again.
    else if (kept.includes(fact) && !isToldOf(run))
      faults.push({
        kind: 'a call is left out in silence',
        detail: `${rule.call.name}: ${rule.why}`,
      });
  }
  return [...faults, ...judgeLeaks(evidence)];
}

/** Why a call did not leave: a part says so, or the event by which the stream reports what became of a call. */
function isToldOf({ parts, events }: Run): boolean {
  return (
    parts.some((part) => part.type === 'event' && part.name === 'malformedToolCall') ||
    events.some((event) => event.type === 'toolCall' && event.status === 'interrupted')
  );
}

/** As how many calls the wire can be read that contains this one. */
function timesOf(call: TrueCall, rules: readonly Told[]): number {
  return Math.max(1, ...rules.map(({ rule }) => (rule.call === call ? (rule.times ?? 1) : 1)));
}

interface Told {
  readonly rule: CallRule;
  readonly isWhole: boolean;
}

/** What is wrong with this call, as the kind of a fault; null: nothing. */
function whyWrong(call: Call, rules: readonly Told[]): string | null {
  const named = rules.filter(({ rule }) => rule.call.name === call.name);
  if (named.length === 0)
    return call.name === '' ? 'a call without a name' : 'a call of another name';
  const same = named.filter(({ rule }) => isInputOf(rule, call.input));
  if (same.length === 0)
    return JSON.stringify(call.input) === '{}' ? 'a call with {}' : 'a call with other arguments';
  const whole = same.filter(({ isWhole }) => isWhole);
  if (whole.length === 0) return 'a call that may not run';
  if (whole.every(({ rule }) => rule.may === 'never'))
    return `an impossible call: ${whole[0]?.rule.why}`;
  const isKnown = whole.some(({ rule: { ids } }) => ids === null || ids.includes(call.id));
  if (!isKnown) return 'a call under an id of nobody';
  return call.id === '' ? 'a call without an id' : null;
}

function isInputOf({ call, also = [] }: CallRule, input: unknown): boolean {
  return [call.input, ...also].some((one) => isDeepStrictEqual(one, input));
}

function isThis(call: Call, rule: CallRule): boolean {
  return call.name === rule.call.name && isInputOf(rule, call.input);
}

/** Arguments leave as the input of a call, and nowhere else. */
function judgeLeaks({ run }: Evidence): Fault[] {
  const others = JSON.stringify(run.parts.filter(({ type }) => type !== 'toolCall'));
  const leaked = run.truth.calls.filter(({ secret }) => others.includes(secret));
  return leaked.map(({ name }) => ({ kind: 'arguments in an event', detail: name }));
}

function inWords({ id, name, input }: Call): string {
  return `${id} ${name} ${JSON.stringify(input)}`;
}
