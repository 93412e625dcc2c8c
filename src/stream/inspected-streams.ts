/** How an inspector, which sees actors only, finds the stream of one: commands go through the stream. */

import type { ReconnectingStream } from './stream.types.js';

type Commands = Pick<
  ReconnectingStream<unknown>,
  'start' | 'retryNow' | 'pause' | 'resume' | 'close' | 'cancel'
>;

/** By actor. Filled for streams with an inspector only: an entry costs memory. */
export const inspectedStreams: WeakMap<object, Commands> = new WeakMap();
