/** The error that a peer reported inside a response, kept in case the stream cannot resume after it. */

import { amended, SourceError } from '../../shared/source-error.js';

/** One per run. */
export interface PeerReport {
  /** Notes an error event; null: the response went on. */
  note(report: SourceError | null): void;
  /** Runs a request that resumes. @throws SourceError whose message contains the report as well. */
  explain<R>(request: () => Promise<R>): Promise<R>;
  /** Called if nothing is left to read. @throws SourceError the report, if there is one: it ended the response. */
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
