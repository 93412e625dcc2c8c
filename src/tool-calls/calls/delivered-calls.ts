/** Decides which calls are delivered, and remembers them: once per id, whatever a peer repeats. */

import type { ModelPart, ResponseStep, RecordedCalls } from '../response/answer.js';
import { canonicalJson, parseJson } from '../response/arguments.js';
import type { Call } from './call.js';
import type { CallFault } from './call-piece.js';
import { malformedStep } from './call-steps.js';
import { eventStep } from '../response/steps.js';

/** Number of ids that are remembered. */
const MAX_DELIVERED = 4096;
/** Limit of their total length, in UTF-16 code units; as many ids as a stream records are always kept. */
const MAX_ID_UNITS = 1024 * 1024;
/** Number of calls that a stream records. */
const MAX_RECORDED = 256;
/** The fingerprint of a call that must not run: equal to no content. */
const REFUSED = 'refused';

type Decision = ReturnType<Call['decide']>;

/** Remembers what was delivered by id, as a fingerprint: arguments may be megabytes. */
export class DeliveredCalls {
  readonly #calls = new Map<string, string>();
  #idUnits = 0;

  has(id: string): boolean {
    return this.#calls.has(id);
  }

  /**
   * Begins a connection: calls that the stream has recorded as complete were delivered; others that a reader returned were
   * not, and come again.
   */
  begin(recorded: RecordedCalls): void {
    const entries = Object.entries(recorded).filter(([, { status }]) => status === 'complete');
    // The record is full: older calls were delivered too, but are no longer in it.
    let isOlder = Object.keys(recorded).length >= MAX_RECORDED;
    for (const [id, fingerprint] of this.#calls) {
      const status = Object.hasOwn(recorded, id) ? recorded[id]?.status : undefined;
      if (status === (fingerprint === REFUSED ? 'interrupted' : 'complete')) isOlder = false;
      else if (!isOlder) this.#delete(id);
    }
    for (const [id, { name, args }] of entries)
      if (!this.#calls.has(id))
        this.#add(id, fingerprintOf(name ?? '', parseJson(args)?.value, args));
  }

  /** Delivers the closed calls that may run. Of several calls with one id that differ, none is delivered. */
  leave(calls: readonly Call[]): ResponseStep[] {
    const decided = calls.map((call) => ({ call, decision: call.decide() }));
    const conflicts = conflictsIn(decided);
    return decided.flatMap(({ call, decision }) => {
      call.leave();
      // A placeholder is not a call.
      if (call.isBlank && !call.isRecorded) return [];
      const fault = conflicts.has(call.id) ? 'another call has this id' : decision;
      if (typeof fault === 'string') return this.#refuse(call, fault);
      return this.#deliver(call, fault);
    });
  }

  #deliver(call: Call, decision: Exclude<Decision, string>): ResponseStep[] {
    const { id, isServerTool } = call;
    const { input, args } = decision;
    const name = call.name ?? '';
    const fingerprint = fingerprintOf(name, input, args);
    const before = this.#calls.get(id);
    if (before !== undefined) {
      if (before !== fingerprint) return [malformedStep(call, 'another call has this id')];
      return [eventStep('repeatedToolCall', { id, name })];
    }
    this.#add(id, fingerprint);
    const part: ModelPart = { type: 'toolCall', id, name, input, isServerTool };
    return [{ part, toolCall: [{ id, name, finalArgs: args, done: true }] }];
  }

  #refuse(call: Call, fault: CallFault): ResponseStep[] {
    const { id, name } = call;
    const isOwn = !call.isShadow && !this.#calls.has(id);
    // What is malformed once is not run by a second try; what the peer takes back may come again.
    if (isOwn && fault !== 'taken back by the peer') this.#add(id, REFUSED);
    const named = name === null ? {} : { name };
    return [malformedStep(call, fault, isOwn ? [{ id, ...named, interrupted: true }] : [])];
  }

  #add(id: string, fingerprint: string): void {
    if (!this.#calls.has(id)) this.#idUnits += id.length;
    this.#calls.set(id, fingerprint);
    for (const oldest of this.#calls.keys()) {
      const { size } = this.#calls;
      const isTooLong = this.#idUnits > MAX_ID_UNITS && size > MAX_RECORDED;
      if (size <= MAX_DELIVERED && !isTooLong) return;
      this.#delete(oldest);
    }
  }

  #delete(id: string): void {
    if (this.#calls.delete(id)) this.#idUnits -= id.length;
  }
}

/** Returns the ids that several different calls of one batch have. */
function conflictsIn(
  decided: readonly { readonly call: Call; readonly decision: Decision }[],
): ReadonlySet<string> {
  const seen = new Map<string, string>();
  const conflicts = new Set<string>();
  if (decided.length < 2) return conflicts;
  for (const { call, decision } of decided) {
    if (call.isBlank) continue;
    const said = typeof decision === 'string' ? decision : contentOf(call, decision);
    const before = seen.get(call.id);
    if (before !== undefined && before !== said) conflicts.add(call.id);
    seen.set(call.id, said);
  }
  return conflicts;
}

function contentOf({ name }: Call, { input, args }: Exclude<Decision, string>): string {
  return fingerprintOf(name ?? '', input, args);
}

/** Returns a fingerprint of 106 bits, which is the same for equal calls only. */
function fingerprintOf(name: string, input: unknown, args: string): string {
  const text = `${name}\n${canonicalJson(input) ?? args}`;
  return `${text.length}:${hash(text, 0x9e3779b9)}:${hash(text, 0x85ebca6b)}`;
}

/** Returns 53 bits of a text (cyrb53). */
function hash(text: string, seed: number): string {
  let one = 0xdeadbeef ^ seed;
  let other = 0x41c6ce57 ^ seed;
  for (let n = 0; n < text.length; n++) {
    const unit = text.charCodeAt(n);
    one = Math.imul(one ^ unit, 2654435761);
    other = Math.imul(other ^ unit, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909);
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (4294967296 * (2097151 & other) + (one >>> 0)).toString(36);
}
