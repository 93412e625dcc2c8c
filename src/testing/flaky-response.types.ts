/** A response of the flaky server as data: the complete response, and where it breaks. */

/**
 * How the bytes end: by FIN or RST in the middle of a chunk, by an end that looks like a proper one, or
 * not at all, on a connection that stays open.
 */
export type FlakyFaultKind = 'fin' | 'rst' | 'eof' | 'stall';

export interface FlakyFault {
  readonly kind: FlakyFaultKind;
  /**
   * The number of bytes of the body before the fault, or `head`: before the status line. A shorter body does not break.
   */
  readonly at: number | 'head';
}

export interface FlakyResponse {
  /** @default 200 */
  readonly status?: number | undefined;
  /** Headers that replace the default ones, framing included, even if they are wrong. `undefined` removes one. @default a content type of `text/event-stream` with a body */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * An iterable is sent as it comes, and no faster than the client reads. If it can be iterated only once, return it from
   * a function of the request.
   * @default none
   */
  readonly body?: string | Uint8Array | FlakyPieces | undefined;
  /**
   * What marks the end of the body: the last chunk, a length in the head (for a string or bytes),
   * or the end of the connection.
   * @default 'chunked'
   */
  readonly framing?: 'chunked' | 'length' | 'close' | undefined;
  /** Compresses the body; the fault counts compressed bytes. */
  readonly encoding?: 'gzip' | undefined;
  /** @default none: the response is complete */
  readonly fault?: FlakyFault | undefined;
}

/** A body in pieces; each piece is a chunk. */
export type FlakyPieces =
  | Iterable<string | Uint8Array, unknown, undefined>
  | AsyncIterable<string | Uint8Array, unknown, undefined>;
