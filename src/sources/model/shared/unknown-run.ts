/** The failure of a peer that rejects a position, which is not requested again. */

import { sourceError } from '../../shared/source-error.js';
import type { SourceError } from '../../shared/source-error.js';

/** Statuses by which a peer says that it does not know the run, or the position in it. */
const UNKNOWN: ReadonlySet<number> = new Set([400, 404, 409, 410]);

export function rejectedPosition({ status }: Response): SourceError | undefined {
  if (!UNKNOWN.has(status)) return undefined;
  const message = `The peer cannot resume the run from this position (status ${status})`;
  return sourceError('cursor-rejected', message, { fatal: false, status });
}
