/** What a fault looks like to the one who has to mend it: the wire, what was made of it, and what was right. */

import { repeatedChoices } from './choices.js';
import type { WireFormat } from './format.js';
import { shrink, tryChoices, trySeed } from './fuzz.js';
import type { Trial } from './fuzz.js';
import type { Answer } from './server.js';

/** What came of many answers of one format. */
export interface FuzzReport {
  readonly format: string;
  readonly trials: number;
  readonly requests: number;
  readonly seconds: number;
  /** Trials with a fault, by its kind, with the first seeds of each. */
  readonly faults: ReadonlyMap<string, { times: number; readonly seeds: number[] }>;
  /** Small cases, each described. */
  readonly cases: readonly string[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** So many faults of one kind are made small: they may have different causes. */
  readonly casesPerKind: number;
}

export async function fuzzFormat(
  format: WireFormat,
  { seed, count, casesPerKind }: FuzzOptions,
): Promise<FuzzReport> {
  const faults = new Map<string, { times: number; readonly seeds: number[] }>();
  const cases = new Map<string, string>();
  const began = performance.now();
  let requests = 0;
  for (let n = 0; n < count; n++) {
    const trial = await trySeed(format, seed + n);
    requests += trial.run.exchanges.length;
    for (const kind of new Set(trial.faults.map((fault) => fault.kind))) {
      const known = faults.get(kind) ?? { times: 0, seeds: [] };
      faults.set(kind, known);
      if (++known.times <= MAX_SEEDS) known.seeds.push(seed + n);
      if (known.times > casesPerKind) continue;
      const small = await shrink(format, trial, kind);
      const key = signature(kind, small);
      if (!cases.has(key)) cases.set(key, `--- ${kind} (seed ${seed + n})\n${describe(small)}`);
    }
  }
  const seconds = (performance.now() - began) / 1000;
  return {
    format: format.name,
    trials: count,
    requests,
    seconds,
    faults,
    cases: [...cases.values()],
  };
}

const MAX_SEEDS = 20;

function signature(kind: string, { run, faults }: Trial): string {
  const odd = run.exchanges.flatMap(({ answer }) => answer?.script.oddities ?? []);
  const fates = run.peer.fates.map(
    ({ at, finish }) => `${at === null ? 'whole' : 'cut'} ${finish}`,
  );
  const detail = faults.find((fault) => fault.kind === kind)?.detail ?? '';
  return JSON.stringify([
    kind,
    [...new Set(odd)].sort(),
    fates,
    run.reading,
    odd.length === 0 ? detail.slice(0, 40) : '',
  ]);
}

/** The case with these draws: what it is, and whether anything is wrong with it. */
export async function replayCase(
  format: WireFormat,
  drawn: readonly number[],
): Promise<{ readonly text: string; readonly isRight: boolean }> {
  const trial = await tryChoices(format, repeatedChoices(drawn));
  return { text: describe(trial), isRight: trial.faults.length === 0 };
}

export function describe({ run, faults, drawn }: Trial): string {
  const { truth, reading, peer, exchanges } = run;
  const calls = truth.calls.map(({ id, name, input }) => [id, name, input]);
  const lines = [
    ...faults.map(({ kind, detail }) => `    FAULT ${kind}: ${detail}`),
    `    truth ${JSON.stringify({ ...truth, calls })}`,
    `    read with ${JSON.stringify(reading, (_, value: unknown) => (value === false || value === null ? undefined : value))}`,
    `    refusals ${JSON.stringify(peer.refusals)} resumptions ${peer.resumptions.join(', ')} ${peer.contentType} pieces of ${peer.pieceBytes}`,
  ];
  for (const { request, status, answer } of exchanges) {
    const asked = `${request.method} ${request.url.pathname}${request.url.search} ${request.body.slice(0, 100)}`;
    lines.push(`    > ${asked} -> ${status}${answer === null ? '' : ` ${inWords(answer)}`}`);
  }
  const { status, error } = run.outcome ?? { status: 'not settled' };
  lines.push(
    `    parts ${JSON.stringify(run.parts)}`,
    `    events ${run.events.map(({ type }) => type).join(' ')}`,
    `    outcome ${status} ${error?.kind ?? ''} ${error?.message ?? ''} after ${run.tookMs} ms`,
    `    replay ${trimmed(drawn).join(',')}`,
  );
  return lines.join('\n');
}

function inWords({ encoded, taken, finish, script, from }: Answer): string {
  const sent = new TextDecoder().decode(encoded.bytes.subarray(0, taken));
  const lines = sent
    .replaceAll('\r', '\\r')
    .split(/\n+/u)
    .map((line) => `\n      ${line}`);
  return `(${script.oddities.join('; ')}) from ${from}, ${taken} of ${encoded.bytes.length} bytes, then ${finish}${lines.join('')}`;
}

function trimmed(drawn: readonly number[]): readonly number[] {
  return drawn.slice(0, drawn.findLastIndex((one) => one !== 0) + 1);
}
