/** The log that tests stream: items with a number as their data, and as their id where they have one. */

import type { ResumePoint, SourceItem } from '../../src/index.js';

/** An item of the numbered log: its number is its data and its id. */
export function item(n: number, bytes = 1): SourceItem<number> {
  return { type: 'data', data: n, bytes, id: String(n) };
}

/** An item without an id. */
export function bare(n: number, bytes = 1): SourceItem<number> {
  return { type: 'data', data: n, bytes };
}

export function checkpointAt(n: number): SourceItem<number> {
  return { type: 'checkpoint', cursor: String(n) };
}

/** Items `from` to `to` of the numbered log, both included. */
export function items(from: number, to: number): SourceItem<number>[] {
  return range(from, to).map((n) => item(n));
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);
}

export const END: SourceItem<never> = { type: 'end', outcome: 'complete' };

/** The number of the last item that the reader has, by its cursor. */
export function after(at: ResumePoint): number {
  return Number(at.cursor ?? 0);
}

/** How the ids of the log follow each other. */
export function oneByOne(previous: string, next: string): 'next' | 'gap' {
  return Number(next) === Number(previous) + 1 ? 'next' : 'gap';
}
