/** What the peer reported inside an answer, kept for the case that nobody can go on after it. */

import { amended, SourceError } from '../../shared/source-error.js';

/** One per run. */
export interface PeerReport {
  /** An error event was read, or with null: the answer went on. */
  note(report: SourceError | null): void;
  /** Runs a request that goes on. @throws SourceError with the report beside the reason. */
  explain<R>(request: () => Promise<R>): Promise<R>;
  /** Nothing is left to read. @throws SourceError the report, where there is one: the answer ended by it. */
  throwLast(): void;
}

export function createPeerReport(): PeerReport {
  let last: SourceError | null = null;
  return {
    note: (report) => void (last = report),
    async explain(request) {
      try {
        return await request();
      } catch (thrown) {
        if (last === null || !(thrown instanceof SourceError)) throw thrown;
        throw amended(thrown, `${thrown.message}; before that the peer reported: ${last.message}`);
      }
    },
    throwLast() {
      if (last !== null) throw amended(last, last.message, { fatal: true });
    },
  };
}
