/** Says what was wrong with a run, from the truth and the oddities alone: no reader of ours was asked. */

import type { AnswerPart } from '../../../src/tool-calls/index.js';
import { judgeCalls } from './judge-calls.js';
import { judgeRequests } from './judge-requests.js';
import { gather, joined, receivedOf } from './received.js';
import type { Gathered, Received } from './received.js';
import type { Run } from './run.js';
import type { Over } from './script.js';
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
  /** How the answer ended, where the reader was sent that; else null. */
  readonly over: Over | null;
  /** The exchange in which it was. */
  readonly overAt: number;
}

export function judge(format: WireFormat, run: Run): readonly Fault[] {
  const strict = judgeAs(format, run, false);
  if (strict.length === 0) return strict;
  const lenient = judgeAs(format, run, true);
  return lenient.length === 0 ? lenient : strict;
}

function judgeAs(format: WireFormat, run: Run, takesTail: boolean): readonly Fault[] {
  const received = receivedOf(run.exchanges, takesTail);
  const gathered = gather(received, run.reading.continues);
  const end = received.find(({ facts }) => endOf(facts) !== null);
  const evidence: Evidence = {
    run,
    format,
    received,
    gathered,
    over: end === undefined ? null : endOf(end.facts),
    overAt: end?.exchange ?? Infinity,
  };
  return [
    ...judgeOutcome(evidence),
    ...judgeText(evidence),
    ...judgeCalls(evidence),
    ...judgeMarks(evidence),
    ...judgeRequests(evidence),
  ];
}

/** Null where an error or another answer came before the end. */
function endOf(facts: Received['facts']): Over | null {
  const end = facts.find(({ type }) => type === 'over' || type === 'error' || type === 'splice');
  return end?.type === 'over' ? end.outcome : null;
}

function judgeOutcome({ run, over, gathered }: Evidence): Fault[] {
  const { outcome, thrown } = run;
  if (outcome === null) return [{ kind: 'never settles', detail: `after ${run.tookMs} ms` }];
  const { status } = outcome;
  const faults: Fault[] = [];
  if ((status === 'failed') !== (thrown !== null) && !run.wasSaved)
    faults.push({ kind: 'failed without an error', detail: `${status}, thrown: ${String(thrown)}` });
  if (thrown !== null && !(thrown as { kind?: unknown }).kind)
    faults.push({ kind: 'an error of no kind', detail: String(thrown) });
  if (status === 'complete' && over === null) {
    const stop = gathered.facts.find(({ type }) => type === 'error' || type === 'splice');
    faults.push({ kind: `complete ${stop === undefined ? 'without its end' : `in spite of ${stop.type}`}`, detail: '' });
  }
  if (status === 'complete' && over !== null && over !== 'complete' && over !== 'any')
    faults.push({ kind: 'complete though it ended badly', detail: over });
  if (over === null || over === 'any' || run.wasSaved) return faults;
  const isAsSaid = over === 'bad' ? status !== 'complete' : status === over;
  if (!isAsSaid && status !== 'complete')
    faults.push({ kind: 'the end is not believed', detail: `${over} was read, and it is ${status}: ${outcome.error?.message ?? ''}` });
  return faults;
}

function judgeText({ run, gathered }: Evidence): Fault[] {
  const faults: Fault[] = [];
  for (const type of ['text', 'reasoning'] as const) {
    const has = textOf(run.parts, type);
    const sent = joined(gathered.facts, type);
    const atMost = sent + joined(gathered.rest, type);
    // A reader that went on from a saved place may have left what it was not given before.
    const isEnough = run.wasSaved || type === 'reasoning' ? true : has.startsWith(sent);
    const isRight = run.wasSaved ? allOf(run, type).startsWith(has) : atMost.startsWith(has);
    if (type === 'reasoning' && run.reading.continues) continue;
    if (!isRight) faults.push({ kind: `other ${type}`, detail: `${quote(has)} of ${quote(atMost)}` });
    else if (!isEnough) faults.push({ kind: `${type} is missing`, detail: `${quote(has)} of ${quote(sent)}` });
    if (run.outcome?.status === 'complete' && isRight && type === 'text' && has !== allOf(run, type))
      faults.push({ kind: `complete with ${type} missing`, detail: `${quote(has)} of ${quote(allOf(run, type))}` });
    if (run.outcome?.status === 'complete' && type === 'reasoning' && isRight && !run.wasSaved && has !== sent)
      faults.push({ kind: `complete with ${type} missing`, detail: `${quote(has)} of ${quote(sent)}` });
  }
  return faults;
}

function allOf({ truth }: Run, type: 'text' | 'reasoning'): string {
  return truth[type].join('');
}

export function textOf(parts: readonly AnswerPart[], type: 'text' | 'reasoning'): string {
  return parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('');
}

function judgeMarks({ run, gathered }: Evidence): Fault[] {
  if (run.wasSaved || run.outcome === null) return [];
  const said = JSON.stringify(run.parts);
  const faults: Fault[] = [];
  for (const fact of gathered.facts) {
    if (fact.type === 'mark' && !said.includes(JSON.stringify(fact.mark).slice(1, -1)))
      faults.push({ kind: 'what the peer says is lost', detail: fact.mark });
  }
  const last = gathered.facts.at(-1);
  if (last?.type !== 'error') return faults;
  const message = run.outcome.error?.message ?? '';
  if (!message.includes(last.mark) && !said.includes(last.mark))
    faults.push({ kind: 'the text of an error is lost', detail: `${run.outcome.status}: ${message}` });
  return faults;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
