/** Turns the caller's `rotation` into an item for a planned end. */

import type { SourceItem } from '../../../machines/source-contract.js';
import { ask, wrongResponse } from './to-items.js';

export type RotateItem = Extract<SourceItem<never>, { type: 'rotate' }>;

/** Returns `true` if the connection is going to end at once, or the ms until then. */
export type Rotation<T> = (value: T) => boolean | number | undefined;

/** Returns the item if `value` announces a planned end. @throws SourceError `callback`, fatal */
export function toRotationItem<T>(rotation: Rotation<T>, value: T): RotateItem | undefined {
  const answer: unknown = ask('rotation', rotation, value);
  if (answer === undefined || answer === false) return undefined;
  if (answer === true) return { type: 'rotate' };
  if (typeof answer === 'number' && answer >= 0) return { type: 'rotate', afterMs: answer };
  throw wrongResponse('rotation', 'true, false or a number of ms', answer);
}
