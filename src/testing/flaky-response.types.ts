/** An answer of the flaky server as data: what it would be whole, and where it breaks. */

/**
 * How the bytes end: by FIN or RST in the middle of a chunk, by an end that looks like a proper one, or
 * not at all, on a connection that stays open.
 */
export type FlakyFaultKind = 'fin' | 'rst' | 'eof' | 'stall';

export interface FlakyFault {
  readonly kind: FlakyFaultKind;
  /**
   * After how many bytes of the body, or before the head. Of a body that is shorter nothing breaks.
   */
  readonly at: number | 'head';
}

export interface FlakyResponse {
  /** @default 200 */
  readonly status?: number | undefined;
  /** In place of those of the answer, framing too, be it wrong; what is undefined is not sent. @default a content type of `text/event-stream` with a body */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * An iterable is sent as it comes, and no faster than it is read; one that can be iterated once belongs into
   * a function of the request.
   * @default none
   */
  readonly body?: string | Uint8Array | FlakyPieces | undefined;
  /**
   * What shows the client that the body is over: the last chunk, a length in the head (of a string or bytes),
   * or the end of the connection.
   * @default 'chunked'
   */
  readonly framing?: 'chunked' | 'length' | 'close' | undefined;
  /** Packs the body; the fault counts packed bytes. */
  readonly encoding?: 'gzip' | undefined;
  /** @default none: the answer is whole */
  readonly fault?: FlakyFault | undefined;
}

/** A body in pieces, each a chunk of its own. */
export type FlakyPieces =
  | Iterable<string | Uint8Array, unknown, undefined>
  | AsyncIterable<string | Uint8Array, unknown, undefined>;
