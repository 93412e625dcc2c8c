/** Converts the return value of the caller's `isEnd` into an outcome; undefined: the stream goes on. */

import { END_OUTCOMES } from '../../../machines/source-contract.js';
import type { EndOutcome } from '../../../machines/source-contract.js';
import { ignoreRejection } from '../../../machines/thenable.js';
import { isThenable, describeType, sourceError } from './source-error.js';

/** @throws ReconnectError `callback`, fatal, for any other value, such as a promise. */
export function toOutcome(answer: unknown): EndOutcome | undefined {
  if (answer === undefined || answer === null || answer === false) return undefined;
  if (answer === true) return 'complete';
  const outcome = END_OUTCOMES.find((word) => word === answer);
  if (outcome !== undefined) return outcome;
  if (isThenable(answer)) ignoreRejection(answer);
  const expected = `true, false or one of '${END_OUTCOMES.join("', '")}'`;
  throw sourceError(
    'callback',
    `expected isEnd to return ${expected}, got ${describeType(answer)}`,
    {
      fatal: true,
    },
  );
}
