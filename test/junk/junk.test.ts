/**
 * Careless code of the caller at every place and in every state: each cell settles `done`, leaves nothing unhandled and no
 * connection open. A sample of the cells; with `JUNK=once` each place meets each behaviour in one state, with `JUNK=full` in
 * every state and with every end.
 */

import { describe, expect, it } from 'vitest';
import { ENDS, placesOf, runCell, STATES } from './cell.js';
import type { Cell } from './cell.js';
import { SUBJECTS } from './subjects.js';
import { BEHAVIOURS } from './values.js';

const extent = process.env['JUNK'] ?? 'sample';
/** Of the behaviours that a place meets once, a sample takes every so many. */
const STRIDE = 36;

const behaviours = Object.entries(BEHAVIOURS);
const places = SUBJECTS.flatMap((subject) =>
  placesOf(subject).map((place) => ({ name: subject.name, subject, place })),
).map((one, nth) => ({ ...one, nth }));

describe('careless code', () => {
  it.each(places)('at $place of $name', { timeout: 600_000 }, async ({ subject, place, nth }) => {
    const wrong: string[] = [];
    for (const [n, [behaviour, behave]] of behaviours.entries()) {
      if (extent === 'sample' && (nth + n) % STRIDE !== 0) continue;
      for (const cell of cellsOf({ subject, place, behaviour }, nth * 5 + n)) {
        const found = await runCell(cell, behave);
        const { state, end } = cell;
        wrong.push(...found.map((one) => `${behaviour}, from ${state} on, ${end}: ${one}`));
      }
    }
    expect(wrong).toEqual([]);
  });
});

function cellsOf(where: Omit<Cell, 'state' | 'end'>, nth: number): Cell[] {
  const cells = STATES.flatMap((state) => ENDS.map((end) => ({ ...where, state, end })));
  return extent === 'full' ? cells : [cells[nth % cells.length] as Cell];
}
