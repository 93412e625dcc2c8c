/** What a caller says of planned ends, as items. */

import type { SourceItem } from '../../../machines/source-contract.js';
import { ask, wrongResponse } from './to-items.js';

export type RotateItem = Extract<SourceItem<never>, { type: 'rotate' }>;

/** `true`: the connection will end at once; a number: in so many ms. */
export type Rotation<T> = (value: T) => boolean | number | undefined;

/** Returns the item, where this announces a planned end. @throws SourceError `callback`, fatal */
export function toRotationItem<T>(rotation: Rotation<T>, value: T): RotateItem | undefined {
  const answer: unknown = ask('rotation', rotation, value);
  if (answer === undefined || answer === false) return undefined;
  if (answer === true) return { type: 'rotate' };
  if (typeof answer === 'number' && answer >= 0) return { type: 'rotate', afterMs: answer };
  throw wrongResponse('rotation', 'true, false or a number of ms', answer);
}
