/**
 * Careless code of the caller at every place and in every state: each cell settles `done`, leaves nothing unhandled and no
 * connection open. A sample of the cells; `npm run junk` tries all, with an end that differs from cell to cell.
 */

import { describe, expect, it } from 'vitest';
import { ENDS, placesOf, runCell, STATES } from './cell.js';
import type { Cell, End } from './cell.js';
import { runs } from '../support/effort.js';
import { SUBJECTS } from './subjects.js';
import { BEHAVIOURS } from './values.js';

/** Of the behaviours that a place can meet, every so many are tried. */
const STRIDE = runs(72, 1);

const behaviours = Object.entries(BEHAVIOURS);
const places = SUBJECTS.flatMap((subject) =>
  placesOf(subject).map((place) => ({ name: subject.name, subject, place })),
).map((one, nth) => ({ ...one, nth }));

describe('careless code', () => {
  it.each(places)('at $place of $name', { timeout: 600_000 }, async ({ subject, place, nth }) => {
    const wrong: string[] = [];
    for (const [n, [behaviour, behave]] of behaviours.entries()) {
      if ((nth + n) % STRIDE !== 0) continue;
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
  const tried = STRIDE === 1 ? STATES : [STATES[nth % STATES.length] as Cell['state']];
  return tried.map((state, n) => ({ ...where, state, end: ENDS[(nth + n) % ENDS.length] as End }));
}
