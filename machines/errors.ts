/** The one error class of the package: a closed `kind`, facts as fields, the cause kept out of sight. */

/**
 * What went wrong. `config`, `checkpoint`, `wire` and `usage` are mistakes of the caller and are thrown at once; all
 * others happen to a stream. Whether another attempt can help: `ERROR_KINDS` in `error-kinds.ts`.
 */
export type ReconnectErrorKind =
  | 'config'
  | 'checkpoint'
  | 'wire'
  | 'usage'
  | 'eof'
  | 'network'
  | 'connect-timeout'
  | 'stall'
  | 'no-progress'
  | 'http'
  | 'tls'
  | 'protocol'
  | 'limit'
  | 'callback'
  | 'source'
  | 'server-delay'
  | 'cursor-rejected'
  | 'not-resumable'
  | 'exhausted'
  | 'reported';

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
export const MAX_ERROR_BODY: number = 16 * 1024;

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

  /** For `instanceof`: a proxy, which may throw even here, is none. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    try {
      return isPrototypeOf.call(this.prototype, value as object);
    } catch {
      return false;
    }
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

const { isPrototypeOf } = Object.prototype;

/** The facts of an error as a frozen plain object. */
export function errorInfo(error: ErrorInfo): ErrorInfo {
  return Object.freeze({
    kind: error.kind,
    message: error.message,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.code === undefined ? {} : { code: error.code }),
  });
}
