/** Says what was wrong with a run, from the truth and the oddities alone: no reader of ours was asked. */

import type { ModelPart } from '../../../src/tool-calls/index.js';
import { judgeCalls } from './judge-calls.js';
import { judgeRequests } from './judge-requests.js';
import { gather, joined, receivedOf, VIEWS } from './received.js';
import type { Gathered, Received, View } from './received.js';
import type { Run } from './run.js';
import type { Fact, Over } from './script.js';
import type { WireFormat } from './format.js';

export interface Fault {
  /** A word for the kind, by which faults are counted. */
  readonly kind: string;
  readonly detail: string;
}

/** Everything that the judges look at. */
export interface Evidence {
  readonly run: Run;
  readonly format: WireFormat;
  readonly received: readonly Received[];
  readonly gathered: Gathered;
  /** What the reader must have of them: a replay from the start takes back what came before it. */
  readonly kept: readonly Fact[];
  /** How the answer ended, where the reader was sent that; else null. */
  readonly over: Over | null;
  /** The exchange in which it was. */
  readonly overAt: number;
}

export function judge(format: WireFormat, run: Run): readonly Fault[] {
  // From a saved place on nobody sees what came before: that another answer began there.
  if (run.savedAt !== null && isSpliced(run)) return [];
  let strict: readonly Fault[] | undefined;
  for (const view of VIEWS) {
    const faults = judgeAs(format, run, view);
    if (faults.length === 0) return faults;
    strict ??= faults;
  }
  return strict ?? [];
}

function isSpliced({ exchanges }: Run): boolean {
  return exchanges.some(({ answer }) =>
    answer?.script.sayings.some(({ facts }) => facts.some(({ type }) => type === 'splice')),
  );
}

function judgeAs(format: WireFormat, run: Run, view: View): readonly Fault[] {
  const received = receivedOf(run.exchanges, view);
  const gathered = gather(received);
  const ends = received.filter(({ facts }) => endOf(facts) !== null);
  const [end] = ends;
  // An end that waited for the reader when it saved its place is asked for again.
  const last = ends.find(({ exchange }) => exchange >= (run.savedAt ?? 0));
  const evidence: Evidence = {
    run,
    format,
    received,
    gathered,
    kept:
      format.resume === 'replay'
        ? (received.findLast(({ answer, to }) => to > answer.from)?.facts ?? [])
        : gathered.facts,
    over: end === undefined ? null : endOf(end.facts),
    overAt: last?.exchange ?? Infinity,
  };
  return [
    ...judgeOutcome(evidence),
    ...judgeText(evidence),
    ...judgeCalls(evidence),
    ...judgeMarks(evidence),
    ...judgeRequests(evidence),
  ];
}

/** Null where an error or another answer came before the end, or the answer went on after it. */
function endOf(facts: Received['facts']): Over | null {
  let end: Over | null = null;
  for (const fact of facts) {
    if (fact.type === 'goesOn') end = null;
    else if (fact.type === 'over') end ??= fact.outcome;
    else if (fact.type === 'error' || fact.type === 'splice') break;
  }
  return end;
}

function judgeOutcome(evidence: Evidence): Fault[] {
  const { run, over, gathered } = evidence;
  const { outcome, thrown } = run;
  if (outcome === null) return [{ kind: 'never settles', detail: `after ${run.tookMs} ms` }];
  const { status } = outcome;
  const faults: Fault[] = [];
  if ((status === 'failed') !== (thrown !== null) && run.savedAt === null)
    faults.push({
      kind: 'failed without an error',
      detail: `${status}, thrown: ${String(thrown)}`,
    });
  if (thrown !== null && !(thrown as { kind?: unknown }).kind)
    faults.push({ kind: 'an error of no kind', detail: String(thrown) });
  if (status === 'complete' && over === null) {
    const stop = gathered.facts.find(({ type }) => type === 'error' || type === 'splice');
    faults.push({
      kind: `complete ${stop === undefined ? 'without its end' : `in spite of ${stop.type}`}`,
      detail: '',
    });
  }
  if (status === 'complete' && over !== null && over !== 'complete' && over !== 'any')
    faults.push({ kind: 'complete though it ended badly', detail: over });
  if (over === null || over === 'any' || run.savedAt !== null) return faults;
  const isAsSaid =
    over === 'bad'
      ? status !== 'complete'
      : status === over || (status === 'incomplete' && hasOpenCall(evidence));
  if (!isAsSaid && status !== 'complete')
    faults.push({
      kind: 'the end is not believed',
      detail: `${over} was read, and it is ${status}: ${outcome.error?.message ?? ''}`,
    });
  return faults;
}

/** A call began and did not leave: then an answer that says it is complete may be called incomplete. */
function hasOpenCall({ run, gathered }: Evidence): boolean {
  const begun = new Set(
    gathered.facts.flatMap((fact) => (fact.type === 'begun' ? [fact.call] : [])),
  );
  const ran = run.truth.calls.filter(({ name }) => run.calls.some((call) => call.name === name));
  return begun.size > ran.length;
}

function judgeText(evidence: Evidence): Fault[] {
  const { run, gathered, kept } = evidence;
  if (wasToldOfRepeats(evidence)) return judgeRepeated(run);
  const isComplete = run.outcome?.status === 'complete';
  const isSaved = run.savedAt !== null;
  const isWeak = evidence.received.some(({ answer }) => answer.script.hasWeakEnds);
  const faults: Fault[] = [];
  for (const type of ['text', 'reasoning'] as const) {
    // A new answer that goes on with the text thinks anew.
    if (type === 'reasoning' && run.reading.continues) continue;
    const has = textOf(run.parts, type);
    const all = run.truth[type].join('');
    const sent = joined(gathered.facts, type);
    const must = joined(kept, type);
    // A reader that went on from a saved place was not given all that was sent before.
    const atMost = isSaved ? all : sent + joined(gathered.rest, type);
    if (!atMost.startsWith(has))
      faults.push({ kind: `other ${type}`, detail: `${quote(has)} of ${quote(atMost)}` });
    else if (isComplete && has !== (type === 'text' && !isWeak ? all : isSaved ? has : sent))
      faults.push({
        kind: `complete with ${type} missing`,
        detail: `${quote(has)} of ${quote(all)}`,
      });
    else if (!isSaved && !has.startsWith(must))
      faults.push({ kind: `${type} is missing`, detail: `${quote(has)} of ${quote(must)}` });
  }
  return faults;
}

/**
 * Nobody can go on by ids that say nothing, and a new process does not know those that a peer sends again: then some
 * may come twice, where an event says that it may.
 */
function wasToldOfRepeats(evidence: Evidence): boolean {
  const { run, received } = evidence;
  const isUseless = received.some(({ answer }) => answer.script.hasUselessIds);
  const isAgain = run.savedAt !== null && wasSentAgain(evidence);
  if (received.length < 2 || !(isUseless || isAgain)) return false;
  return run.events.some(({ type }) => ['gap', 'restarted', 'diagnostic'].includes(type));
}

/** An answer went on from before the place that was asked for. */
function wasSentAgain({ run, format, received }: Evidence): boolean {
  return received.some(({ answer, exchange }) => {
    const request = run.exchanges[exchange]?.request;
    if (answer.isFresh || request === undefined) return false;
    const cursor = format.cursorOf?.(request);
    const at = answer.script.sayings.findLastIndex((one) => one.cursor === cursor);
    return cursor === undefined || at < 0 || answer.from <= at;
  });
}

function judgeRepeated(run: Run): Fault[] {
  if (run.outcome?.status !== 'complete') return [];
  const has = textOf(run.parts, 'text');
  const missing = run.truth.text.filter((one) => !has.includes(one));
  if (missing.length === 0) return [];
  return [{ kind: 'complete with text missing', detail: quote(missing.join('')) }];
}

function textOf(parts: readonly ModelPart[], type: 'text' | 'reasoning'): string {
  return parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('');
}

function judgeMarks(evidence: Evidence): Fault[] {
  const { run, received, gathered, kept } = evidence;
  if (run.savedAt !== null || run.outcome === null || isUnreadRefusal(run)) return [];
  // What was delivered as a call is not delivered again when the answer starts over.
  const said = JSON.stringify([run.parts, run.calls, run.outcome.error?.message]);
  const faults: Fault[] = [];
  // It had to forget what it had, and the response broke again before that came.
  const isTakenBack = run.outcome.status !== 'complete' && wasToldOfRepeats(evidence);
  for (const fact of isTakenBack ? [] : kept) {
    if (fact.type === 'mark' && !said.includes(JSON.stringify(fact.mark).slice(1, -1)))
      faults.push({ kind: 'what the peer says is lost', detail: fact.mark });
  }
  const last = gathered.facts.at(-1);
  if (last?.type !== 'error') return faults;
  const message = run.outcome.error?.message ?? '';
  // Where another request took its place, the error is what the connection was dropped for.
  const broken = received.findLast(({ facts }) => facts.includes(last));
  const isDropped =
    broken !== undefined &&
    broken.exchange < run.exchanges.length - 1 &&
    run.events.some((event) => event.type === 'dropped' && event.message?.includes(last.mark));
  if (!message.includes(last.mark) && !said.includes(last.mark) && !isDropped)
    faults.push({
      kind: 'the text of an error is lost',
      detail: `${run.outcome.status}: ${message}`,
    });
  return faults;
}

/**
 * A body of another type that begins with an error is read as that of a refusal: for a second at most, on the real clock,
 * which stands still here.
 */
function isUnreadRefusal({ exchanges, peer, parts }: Run): boolean {
  const answer = exchanges.at(-1)?.answer;
  const isOther =
    peer.contentType.startsWith('application/json') || peer.contentType === 'text/plain';
  return (
    isOther &&
    parts.length === 0 &&
    answer?.finish === 'stall' &&
    answer.script.sayings.some(({ facts }) => facts[0]?.type === 'error')
  );
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
