/** A peer that does not know the place to go on from: never asked for it again. */

import { sourceError } from '../../shared/source-error.js';
import type { SourceError } from '../../shared/source-error.js';

/** Statuses by which a peer says that it does not know the run, or not the place in it. */
const UNKNOWN: ReadonlySet<number> = new Set([400, 404, 409, 410]);

export function refusedPlace({ status }: Response): SourceError | undefined {
  if (!UNKNOWN.has(status)) return undefined;
  const message = `The peer cannot go on with the run (status ${status})`;
  return sourceError('cursor-rejected', message, { fatal: false, status });
}
