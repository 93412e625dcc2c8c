/** The options of `sse()`, their defaults and their validation. */

import type { EndOutcome, ResumeMode, StreamSource } from '../../../machines/source-contract.js';
import { configFailure } from '../shared/source-error.js';
import { checkHttpOptions, HTTP_OPTIONS, reopenBy } from '../http/options.js';
import type { HttpOptions } from '../http/options.js';
import { isSendable } from '../http/request/validate-request.js';
import type { RequestOptions } from '../http/request/request.js';
import { checkResumeRequest } from '../http/request/resume-request.js';
import type { ResumeRequestFunction } from '../http/request/resume-request.js';
import { resumeBy, toOptions } from '../http/source-options.js';
import type { WithoutUrl } from '../http/source-options.js';
import { checkFunction, checkSize, checkString, checkWords } from '../shared/validate-options.js';
import type { SourceWords } from '../shared/validate-options.js';
import { checkContiguity } from '../shared/contiguity.js';
import type { Contiguity } from '../shared/contiguity.js';
import { toRotationItem } from '../shared/rotation.js';
import type { RotateItem, Rotation } from '../shared/rotation.js';
import type { SseDecoderOptions, SseEvent } from './decoder.js';

export interface SseOptions<T = SseEvent> extends HttpOptions {
  /**
   * Turns an event into an item; undefined: the event is only a sign of life. If it throws on the event that ends the
   * stream, that event is left out.
   * @default the event itself
   */
  parse?: ((event: SseEvent) => T | undefined) | undefined;
  /** Called with the text of each comment, such as a ping: what follows the colon. */
  onComment?: ((comment: string) => void) | undefined;
  /**
   * Says which event ends the stream: `true` for complete, or the outcome. The event itself is
   * delivered; what follows it is not read.
   */
  isEnd?: ((event: SseEvent) => boolean | EndOutcome) | undefined;
  /**
   * Which event announces a planned end of the connection: its type, or a function that returns `true`, or the ms until
   * then. The event is not delivered; another connection is opened at once, which spends no attempt.
   */
  rotation?: Rotation<SseEvent> | string | undefined;
  /** `'eof'`: the end of the bytes is the end of the stream. @default 'explicit' */
  terminal?: StreamSource<SseEvent>['terminal'] | undefined;
  /** Whether repeating the request is harmless. @default 'safe' for GET, HEAD and with `idempotencyKey`, else 'restarts-work' */
  reopen?: StreamSource<SseEvent>['reopen'] | undefined;
  /**
   * How the stream continues after a drop; `Last-Event-ID` is sent for `'cursor'` only. An id in the response to a POST is
   * no promise that the same POST may be sent to resume.
   *
   * `'live'`: a feed without history, which continues with what comes; a `gap` from null to null is emitted. With
   * `'cursor'` by default, a stream without `isEnd` whose events have no ids is read like that, after a `diagnostic`.
   * @default 'cursor'; 'none' for a POST without `resumeRequest`
   */
  resume?: ResumeMode | undefined;
  /**
   * The request that continues, where the first one is a POST: it carries `Last-Event-ID`, and never has a body.
   * @default a GET of the same URL for the POST of a JSON-RPC message, as MCP does it; else none
   */
  resumeRequest?: ResumeRequestFunction | undefined;
  /**
   * How ids follow each other; where one is skipped, the stream emits a `gap`. `'numeric'`: each is one more
   * than the last.
   * @default unknown
   */
  contiguous?: Contiguity | undefined;
  /** Returns the id before an event, if the event names it; if that is not the last id, the stream emits a `gap`. */
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

const SSE_OPTIONS = {
  ...HTTP_OPTIONS,
  parse: true,
  onComment: true,
  isEnd: true,
  rotation: true,
  terminal: true,
  reopen: true,
  resume: true,
  resumeRequest: true,
  contiguous: true,
  follows: true,
  lastEventId: true,
  maxLineBytes: true,
  maxEventBytes: true,
  name: true,
} as const satisfies Record<keyof SseOptions, true>;

/** In parts, so that a source keeps only those that it needs later. */
export interface CheckedSseOptions<T> {
  readonly words: SourceWords;
  readonly feed: Pick<StreamSource<T>, 'isEndless' | 'liveWithoutIds'>;
  readonly contiguous: StreamSource<T>['contiguous'];
  readonly request: RequestOptions;
  readonly resumeRequest: ResumeRequestFunction | undefined;
  readonly lastEventId: string | undefined;
  readonly decoding: SseDecoderOptions<T>;
}

/** @throws ReconnectError `config` */
export function checkSseOptions<T>(
  first: string | URL | SseOptions<T>,
  rest: WithoutUrl<SseOptions<T>> | undefined,
): CheckedSseOptions<T> {
  const options = toOptions('sse', first, rest, SSE_OPTIONS);
  const { parse, onComment, isEnd, follows, lastEventId } = options;
  const request = checkHttpOptions(options);
  checkFunction('parse', parse, '(event) => JSON.parse(event.data)');
  checkFunction('onComment', onComment, '(comment) => …');
  checkFunction('isEnd', isEnd, '(event) => event.data === …');
  checkFunction('follows', follows, '(event) => JSON.parse(event.data).previousId');
  checkLastEventId(lastEventId);
  const resumeRequest = checkResumeRequest(options.resumeRequest) ?? mcpRequest(request);
  const words = checkWords(options, {
    name: 'sse',
    resume: resumeBy({ ...options, resumeRequest }, request, 'cursor'),
    terminal: 'explicit',
    // 'live' means that the request subscribes, and starts no work.
    reopen: options.resume === 'live' ? 'safe' : reopenBy(request),
  });
  return {
    words,
    feed: feedOf(options, words),
    contiguous: checkContiguity(options.contiguous),
    request,
    resumeRequest,
    lastEventId,
    decoding: {
      parse,
      onComment,
      isEnd,
      rotation: checkRotation(options.rotation),
      follows,
      maxLineBytes: checkSize('maxLineBytes', options.maxLineBytes),
      maxEventBytes: checkSize('maxEventBytes', options.maxEventBytes),
    },
  };
}

function checkRotation(
  rotation: SseOptions['rotation'],
): ((event: SseEvent) => RotateItem | undefined) | undefined {
  if (rotation === undefined) return undefined;
  if (typeof rotation === 'string')
    return ({ type }) => (type === rotation ? { type: 'rotate' } : undefined);
  checkFunction('rotation', rotation, "(event) => event.type === 'goaway'");
  return (event) => toRotationItem(rotation, event);
}

/** Returns the facts of a stream without an end. It is a feed until an id comes, if no option says otherwise. */
function feedOf(
  {
    resume,
    isEnd,
    follows,
    contiguous,
    lastEventId,
  }: Pick<SseOptions, 'resume' | 'isEnd' | 'follows' | 'contiguous' | 'lastEventId'>,
  { terminal, reopen }: SourceWords,
): Pick<StreamSource<unknown>, 'isEndless' | 'liveWithoutIds'> {
  if (isEnd !== undefined || terminal !== 'explicit' || reopen !== 'safe') return {};
  const isPlain = [resume, follows, contiguous, lastEventId].every((word) => word === undefined);
  return isPlain ? { isEndless: true, liveWithoutIds: true } : { isEndless: true };
}

/**
 * A POST of JSON-RPC that is answered by events is MCP, which resumes by a GET of the same URL with `Last-Event-ID`:
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
function mcpRequest({ method, body }: RequestOptions): ResumeRequestFunction | undefined {
  if (method !== 'POST' || typeof body !== 'string' || !body.includes('"jsonrpc"'))
    return undefined;
  try {
    const [message] = [JSON.parse(body) as unknown].flat() as { jsonrpc?: unknown }[];
    return message?.jsonrpc === '2.0' ? () => ({}) : undefined;
  } catch {
    return undefined;
  }
}

function checkLastEventId(id: unknown): void {
  if (id === undefined) return;
  if (isSendable(checkString('lastEventId', id))) return;
  const got = 'one that is too long or has control characters';
  throw configFailure('lastEventId to fit into a header', got, 'an id that the server has sent');
}
