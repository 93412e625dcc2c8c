/** What a test has to know of a kind of stream: how its peer answers, and what a reader is to have. */

import type { ReconnectOptions, StreamSource } from '../../src/index.js';

/** A request as a peer sees it. */
export interface PeerRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** A kind of stream over HTTP, for the tests that every source has to pass. */
export interface SourcePeer<T> {
  readonly name: string;
  /** The source that reads what the peer answers at this address. Fresh for each stream. */
  source(url: string): StreamSource<T>;
  readonly contentType: string;
  /** Headers that the answer to this request carries besides the content type. */
  headers?(request: PeerRequest): Readonly<Record<string, string>>;
  /**
   * The whole rest of the stream after where the request asks to go on, with the end marker where the
   * protocol has one. A request that asks for what is over gets the end marker.
   */
  body(request: PeerRequest): string | Uint8Array;
  /** @default 200 */
  status?(request: PeerRequest): number;
  /** What a reader is to have at the end, in the form that `join` gives. */
  readonly whole: unknown;
  /** From the items that were delivered (resets and restarts applied) to a form that does not depend on cuts. */
  join(items: readonly T[]): unknown;
  /** What a stream of this kind needs to survive a drop: `{ allowRestart: true }` for a source without a cursor. */
  readonly options?: ReconnectOptions;
}
