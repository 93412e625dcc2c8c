/** What a fault looks like to the one who has to mend it: the wire, what was made of it, and what was right. */

import { repeatedChoices } from './choices.js';
import type { WireFormat } from './format.js';
import { shrink, tryChoices, trySeed } from './fuzz.js';
import type { Trial } from './fuzz.js';
import type { Answer } from './server.js';

export interface FuzzReport {
  readonly text: string;
  readonly faults: number;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** Goes on after the first fault, and shows a small case of each kind. */
  readonly allKinds: boolean;
}

export async function fuzzFormat(
  format: WireFormat,
  { seed, count, allKinds }: FuzzOptions,
): Promise<FuzzReport> {
  const found = new Map<
    string,
    { readonly seed: number; readonly kind: string; readonly small: Trial }
  >();
  const times = new Map<string, number>();
  const began = performance.now();
  let answers = 0;
  for (let n = 0; n < count; n++) {
    const trial = await trySeed(format, seed + n);
    answers += trial.run.exchanges.length;
    for (const kind of new Set(trial.faults.map((fault) => fault.kind))) {
      const known = times.get(kind) ?? 0;
      times.set(kind, known + 1);
      if (known >= MAX_PER_KIND) continue;
      const small = await shrink(format, trial, kind);
      const key = signature(kind, small);
      if (!found.has(key)) found.set(key, { seed: seed + n, kind, small });
    }
    if (found.size > 0 && !allKinds) break;
  }
  const seconds = (performance.now() - began) / 1000;
  const parts = [
    `${format.name}: ${count} cases, ${answers} answers, ${seconds.toFixed(1)} s, ${times.size} kinds of fault`,
  ];
  for (const { kind, seed: at, small } of found.values())
    parts.push(`--- ${kind} (${times.get(kind)} times; this one from seed ${at})`, describe(small));
  return { text: parts.join('\n'), faults: times.size };
}

/** So many faults of one kind are made small: they may have different causes. */
const MAX_PER_KIND = 12;

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

export async function replayCase(
  format: WireFormat,
  drawn: readonly number[],
): Promise<FuzzReport> {
  const trial = await tryChoices(format, repeatedChoices(drawn));
  return { text: describe(trial), faults: trial.faults.length };
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
