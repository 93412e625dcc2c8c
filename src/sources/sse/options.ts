/** The options of `sse()`, their defaults and their validation. */

import type { EndOutcome, ResumeMode, StreamSource } from '../../../machines/contract.js';
import { configFailure, kindOf } from '../failure.js';
import { checkHttpOptions, reopenBy } from '../http/options.js';
import type { HttpOptions } from '../http/options.js';
import { isSendable } from '../http/request-parts.js';
import type { RequestOptions } from '../http/request.js';
import { checkFunction, checkSize, checkString, checkWords } from '../option-checks.js';
import { checkContiguity } from '../contiguity.js';
import type { Contiguity } from '../contiguity.js';
import type { SseDecoderOptions, SseEvent } from './decoder.js';

export interface SseOptions extends HttpOptions {
  /**
   * Says which event ends the stream: `true` for complete, or the outcome. The event itself is
   * handed out; what follows it is not read.
   */
  isEnd?: ((event: SseEvent) => boolean | EndOutcome) | undefined;
  /** Whether the bytes may simply end. @default 'explicit' */
  terminal?: StreamSource<SseEvent>['terminal'] | undefined;
  /** Whether asking again is harmless. @default 'safe' for GET and HEAD, else 'restarts-work' */
  reopen?: StreamSource<SseEvent>['reopen'] | undefined;
  /** How the server goes on; the header `Last-Event-ID` is sent for `'cursor'` only. @default 'cursor' */
  resume?: ResumeMode | undefined;
  /**
   * How ids follow each other; where they do not, the stream tells a `gap`. `'numeric'`: each is one more
   * than the last.
   * @default unknown
   */
  contiguous?: Contiguity | undefined;
  /** The id that an event comes after, where the event itself says so; another than the last one is a `gap`. */
  follows?: ((event: SseEvent) => string | undefined) | undefined;
  /** The cursor to start from. */
  lastEventId?: string | undefined;
  /** Longest line, of any kind, in bytes. @default 4 MiB */
  maxLineBytes?: number | undefined;
  /**
   * Largest event in bytes, field names included; each further line counts 32 bytes more, which is
   * less than it costs to hold. @default 4 MiB
   */
  maxEventBytes?: number | undefined;
  /** The name in diagnostics. @default 'sse' */
  name?: string | undefined;
}

/** In parts: an object with all of it would be kept for each source, most of it for nothing. */
export interface CheckedSseOptions {
  readonly words: ReturnType<typeof checkWords>;
  readonly contiguous: StreamSource<SseEvent>['contiguous'];
  readonly request: RequestOptions;
  readonly lastEventId: string | undefined;
  readonly decoding: SseDecoderOptions;
}

/** @throws ReconnectError `config` */
export function checkSseOptions(options: SseOptions): CheckedSseOptions {
  if (typeof options !== 'object' || options === null) {
    throw configFailure('options to be an object', kindOf(options), "sse({ url: 'https://…' })");
  }
  const { isEnd, follows, lastEventId } = options;
  const request = checkHttpOptions(options);
  checkFunction('isEnd', isEnd, '(event) => event.data === …');
  checkFunction('follows', follows, '(event) => JSON.parse(event.data).previousId');
  checkLastEventId(lastEventId);
  return {
    words: checkWords(options, {
      name: 'sse',
      resume: 'cursor',
      terminal: 'explicit',
      reopen: reopenBy(request),
    }),
    contiguous: checkContiguity(options.contiguous),
    request,
    lastEventId,
    decoding: {
      isEnd,
      follows,
      maxLineBytes: checkSize('maxLineBytes', options.maxLineBytes),
      maxEventBytes: checkSize('maxEventBytes', options.maxEventBytes),
    },
  };
}

function checkLastEventId(id: unknown): void {
  if (id === undefined) return;
  if (isSendable(checkString('lastEventId', id))) return;
  const got = 'one that is too long or has control characters';
  throw configFailure('lastEventId to fit into a header', got, 'an id that the server has sent');
}
