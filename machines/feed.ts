/** Feeds: streams without history, where a drop leaves a gap and nothing is old. */

import type { SourceFacts } from './resume-plan.js';

type FeedWords = Pick<SourceFacts, 'resume' | 'liveWithoutIds' | 'fillsGaps'>;

/**
 * Returns whether a stream is a feed.
 * @param cursor the last committed one; null while the peer has shown no id
 */
export function isFeed({ resume, liveWithoutIds }: FeedWords, cursor: string | null): boolean {
  return resume === 'live' || (liveWithoutIds === true && cursor === null);
}

/** Returns whether something may be missing where a connection of the stream is left. */
export function leavesGap(source: FeedWords, cursor: string | null): boolean {
  return isFeed(source, cursor) && source.fillsGaps !== true;
}

interface Position {
  readonly source: SourceFacts | null;
  readonly progress: { readonly cursor: string | null };
  readonly streamState: { readonly chunksReceived: number };
  readonly opened: boolean;
  readonly restarting: boolean;
}

/**
 * Returns whether something may be missing because a feed was left for a time. A source that is a feed only for want
 * of ids must have given items: before the first one nothing shows whether ids will come.
 */
export function hasMissed(context: Position): boolean {
  const { source, progress, streamState, opened, restarting } = context;
  if (source === null || !opened || restarting || !leavesGap(source, progress.cursor)) return false;
  return source.resume === 'live' || streamState.chunksReceived > 0;
}
