/** The one error class of the package: a closed `kind`, facts as fields, the cause kept out of sight. */

/**
 * What went wrong. The comment says whether another attempt can help.
 * `config`, `checkpoint`, `wire`, `usage` are mistakes of the caller and are thrown at once;
 * all others describe the weather of one stream.
 */
export type ReconnectErrorKind =
  | 'config' // never: an option has a value that cannot work
  | 'checkpoint' // never: a saved checkpoint is damaged or from another version
  | 'wire' // never: a wire value is unknown or damaged
  | 'usage' // never: a call that the state of the stream does not allow
  | 'eof' // yes: the bytes ended without the end marker
  | 'network' // yes: the connection broke or was refused
  | 'connect-timeout' // yes: no answer within `connectTimeoutMs`
  | 'stall' // yes: no bytes for `stallTimeoutMs`
  | 'no-progress' // yes: bytes, but no data for `progressTimeoutMs`
  | 'http' // by status: 408, 425, 429 and 5xx yes, the others no
  | 'tls' // never: a certificate does not mend itself
  | 'protocol' // never: the answer is not a stream of the expected type
  | 'limit' // never: the same bytes would pass the same limit again
  | 'callback' // by place: code of the caller threw
  | 'source' // yes: the source threw something that has no better name
  | 'server-delay' // never: the server asks for a longer wait than `maxServerDelayMs`
  | 'cursor-rejected' // yes, from the start: the peer no longer knows where the stream was
  | 'not-resumable' // never: going on would lose, double or bill again
  | 'exhausted' // never: the attempts or the time are used up
  | 'reported'; // never: the host said so by `attempt.failed`

/** The part of an error that may stand in context, events and checkpoints: plain JSON, no stack, no cause. */
export interface ErrorInfo {
  readonly kind: ReconnectErrorKind;
  readonly message: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** Code of the network error, such as `ECONNRESET`. */
  readonly code?: string | undefined;
}

export interface ReconnectErrorOptions {
  status?: number | undefined;
  code?: string | undefined;
  /** Text of a response that was refused. */
  body?: string | undefined;
  cause?: unknown;
}

/** Characters of a response's text that an error keeps. */
const MAX_ERROR_BODY = 16 * 1024;

/**
 * The error that this package throws and reports.
 *
 * `cause` is kept, but behind a getter: causes of fetch hold URLs and headers, and an error is
 * printed, logged and sent to trackers more often than anything else.
 */
export class ReconnectError extends Error {
  readonly kind: ReconnectErrorKind;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly #body: string | undefined;
  readonly #cause: unknown;

  constructor(kind: ReconnectErrorKind, message: string, options: ReconnectErrorOptions = {}) {
    super(message);
    this.name = 'ReconnectError';
    this.kind = kind;
    if (options.status !== undefined) this.status = options.status;
    if (options.code !== undefined) this.code = options.code;
    this.#body = options.body?.slice(0, MAX_ERROR_BODY);
    this.#cause = options.cause;
    // What Node prints: `util.inspect` would follow the getter to the cause.
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), {
      value: () => this.stack ?? `${this.name}: ${this.message}`,
    });
  }

  override get cause(): unknown {
    return this.#cause;
  }

  /**
   * Text of the response that was refused, at most 16,384 UTF-16 units; undefined where there was none. Like `cause` it is
   * behind a getter: it stands in no event and no JSON, since a server may repeat the request in it.
   */
  get body(): string | undefined {
    return this.#body;
  }

  /** The facts without stack, body and cause. */
  toJSON(): ErrorInfo {
    return errorInfo(this);
  }
}

/** The facts of an error as a frozen plain object. */
export function errorInfo(error: ErrorInfo): ErrorInfo {
  return Object.freeze({
    kind: error.kind,
    message: error.message,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.code === undefined ? {} : { code: error.code }),
  });
}
