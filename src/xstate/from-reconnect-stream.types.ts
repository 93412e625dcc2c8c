/** What the actor of a stream takes, shows and emits. */

import type { ActorLogic, ActorRef, AnyActorRef, Snapshot } from 'xstate';
import type { ReconnectEvent } from '../../machines/reconnect.types.js';
import type { AccumulateOptions, SavedValue } from '../accumulate/accumulate.js';
import type { ReconnectOptions } from '../config/options.js';
import type { StreamOutcome, StreamSnapshot } from '../stream/stream.types.js';

/** The commands of a stream, as events: `sendTo('answer', { type: 'pause' })`. */
export type ReconnectStreamCommand =
  | { readonly type: 'retryNow' }
  | { readonly type: 'pause'; readonly reason?: string }
  | { readonly type: 'resume'; readonly reason?: string }
  | { readonly type: 'close' }
  | { readonly type: 'cancel'; readonly reason?: string };

/** What the actor emits: each lifecycle event, and the items as they come. */
export type ReconnectStreamEmitted<T> =
  | ReconnectEvent
  | { readonly type: 'items'; readonly items: readonly T[] };

/** The snapshot's `context`: that of the stream, with the value of its items. */
export interface ReconnectStreamContext<D> extends StreamSnapshot {
  /** The items, folded by `reduce`; `initial` before the first one. */
  readonly data: D;
  /** What to go on from, where the stream has failed or the actor was persisted: for the option `saved`. Else null. */
  readonly saved: SavedValue<D> | null;
}

export type ReconnectStreamActorSnapshot<D, I> = Snapshot<StreamOutcome> & {
  readonly context: ReconnectStreamContext<D>;
  readonly input: I;
};

export type ReconnectStreamLogic<T, D, I> = ActorLogic<
  ReconnectStreamActorSnapshot<D, I>,
  ReconnectStreamCommand,
  I,
  AnyActorRef['system'],
  ReconnectStreamEmitted<T>
>;

/** `useSelector(ref, (snapshot) => snapshot.context.data)` */
export type ReconnectStreamActorRef<T, D, I = unknown> = ActorRef<
  ReconnectStreamActorSnapshot<D, I>,
  ReconnectStreamCommand,
  ReconnectStreamEmitted<T>
>;

export interface FromReconnectStreamOptions<T, D>
  extends ReconnectOptions, Pick<AccumulateOptions<T, D>, 'saved' | 'throttleMs' | 'frame'> {
  /** The data before the first item, and after a restart. @default undefined */
  readonly initial?: D | undefined;
  /**
   * The data with one more item: a pure function. What the stream takes back is taken back from the data.
   * @default the data stays as it is: listen to `items`
   */
  readonly reduce?: ((data: D, item: T) => D) | undefined;
}
