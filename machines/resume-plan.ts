/** After a drop: go on, start over, or stop because either would be wrong. */

import type { ResumeMode, StreamSource } from './source-contract.js';
import { isFeed } from './feed.js';
import { canResume, hasDeliveredCall } from './stream-state.js';
import type { StreamState } from './stream-state.js';

/** What the machine knows of a source: words, no functions. */
export interface SourceFacts {
  readonly name: string;
  readonly resume: ResumeMode;
  readonly reopen: StreamSource<unknown>['reopen'];
  /** The caller allows to run the request again from the start. */
  readonly allowRestart: boolean;
  /** See `StreamSource`. */
  readonly liveWithoutIds?: boolean | undefined;
  readonly fillsGaps?: boolean | undefined;
  readonly reportsUpToDate?: boolean | undefined;
}

export interface ResumePlan {
  readonly action: 'resume' | 'restart' | 'refuse';
  /** Why, in words for a person. */
  readonly why: string;
}

/**
 * Decides from the kind of source and the position in the stream.
 *
 * @param source null for a machine that a host drives: the host knows its connection.
 * @param isFirstRequest no request so far can have begun work: each was refused before any, or never reached the peer.
 * @param rejected the peer refused to go on from this position.
 */
export function planResume(
  source: SourceFacts | null,
  state: StreamState,
  cursor: string | null,
  isFirstRequest: boolean,
  rejected = false,
): ResumePlan {
  if (source === null) return plan('resume', 'the host drives the connection');
  // The empty cursor is one that the server took back.
  if (!rejected && source.resume === 'cursor' && cursor !== null && cursor !== '')
    return plan('resume', 'the peer goes on after the cursor');
  if (!rejected && source.resume === 'count')
    return plan('resume', 'the peer goes on after the items received');
  const started = state.chunksReceived > 0;
  if (!started && (isFirstRequest || source.reopen === 'safe'))
    return plan('resume', 'nothing was received yet');
  const isWork =
    source.resume === 'continuation' ||
    (source.resume !== 'replay' && source.reopen === 'restarts-work');
  if (isWork && hasDeliveredCall(state))
    return plan(
      'refuse',
      'a tool call was delivered: a new request could make the model call it again',
    );
  if (!rejected && isFeed(source, cursor) && (source.reopen === 'safe' || source.allowRestart))
    return plan('resume', 'a feed goes on with what comes');
  const canContinue = source.resume === 'continuation' && started;
  if (canContinue && canResume(state, 'continuation'))
    return plan('resume', 'the text received so far is continued');
  if (source.allowRestart || source.resume === 'replay')
    return plan('restart', 'the stream starts over');
  if (canContinue) return plan('refuse', 'a tool call was cut in half and cannot be continued');
  if (source.reopen === 'restarts-work') {
    return plan(
      'refuse',
      'sending the request again would run, and bill, the work again; allowRestart: true permits it',
    );
  }
  if (source.resume === 'none') {
    return plan(
      'refuse',
      'this source cannot go on after a drop; allowRestart: true lets it start over',
    );
  }
  return plan(
    'restart',
    rejected
      ? 'the peer no longer knows where the stream was, so it starts over'
      : 'no cursor came before the drop, so the stream starts over',
  );
}

function plan(action: ResumePlan['action'], why: string): ResumePlan {
  return Object.freeze({ action, why });
}
