/** Responses that cannot be resumed: one POST, one response, and at best a new request that continues the text. */

import type {
  Connection,
  ResumePoint,
  StreamSource,
} from '../../../../machines/source-contract.js';
import type { ModelPart, ResponseReader } from '../../../tool-calls/response/answer.js';
import { sourceError } from '../../shared/source-error.js';
import { bodyConnection } from '../../http/response/body-reader.js';
import { openBody } from '../../http/request/open-body.js';
import { reopenBy } from '../../http/options.js';
import type { RequestContext, RequestOptions } from '../../http/request/request.js';
import type { Framing } from '../../http/response/sniff.js';
import { checkFunction, checkKnown } from '../../shared/validate-options.js';
import { EVENT_STREAM } from '../../sse/decoder.js';
import { createProtocolDecoder } from '../../sse/protocol.js';
import { withOutcome } from './response-outcome.js';
import { createResponseProtocol } from './response-protocol.js';
import { createContinuation } from './continuation.js';
import type { Continuable } from './continuation.js';
import { createLineProtocolDecoder } from './line-protocol.js';
import { checkModelOptions, MODEL_OPTIONS, toJsonBody } from './options.js';
import type { ModelDefaults, ModelOptions } from './options.js';

export interface SingleResponseOptions extends ModelOptions, Continuable {}

export interface PostFormat extends ModelDefaults {
  /** The framing of the response. @default 'events': server-sent events */
  readonly framing?: Framing;
  readonly createReader: () => ResponseReader;
  /** Default headers of the format. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The names of `SingleResponseOptions`. */
export const POST_OPTIONS: Readonly<Record<keyof SingleResponseOptions, true>> = {
  ...MODEL_OPTIONS,
  continueWith: true,
};

/** @throws ReconnectError `config` */
export function singleResponse(
  options: SingleResponseOptions,
  format: PostFormat,
): StreamSource<ModelPart> {
  // `openai-chat` is the name in diagnostics, `openaiChat` that of the function.
  const source = format.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  checkKnown(source, options, POST_OPTIONS);
  const { name, request, ...limits } = checkModelOptions(options, format);
  const { needsStreamFlag } = format;
  const { continueWith } = options;
  checkFunction('continueWith', continueWith, '({ text }) => the request that goes on with it');
  const resume = continueWith === undefined ? 'none' : 'continuation';
  const continuation = createContinuation(continueWith !== undefined);
  const { framing = 'events' } = format;
  const isLines = framing === 'lines';
  return Object.freeze({ name, resume, terminal: 'explicit', reopen: reopenBy(request), open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<ModelPart>> {
    const text = continuation.textAt(at);
    const body = (context: RequestContext): unknown => continueWith?.({ ...context, text });
    const { body: bytes } = await openBody(
      {
        request: at.items === 0 ? request : continued(request, body, at, needsStreamFlag),
        contentTypes: isLines ? LINES : [EVENT_STREAM],
        withCursor: false,
        framing,
        needsStreamFlag,
        addHeaders: (headers) => {
          headers['content-type'] ??= 'application/json';
          for (const [field, value] of Object.entries(format.headers ?? {}))
            headers[field] ??= value;
        },
      },
      at,
      signal,
    );
    if (bytes === null)
      throw sourceError('protocol', 'The answer has no body', { fatal: true, status: 204 });
    const reader = format.createReader();
    reader.begin(at.toolCalls ?? {});
    const protocol = createResponseProtocol(reader, {});
    const followed = continuation.follow(protocol, at);
    const decoder = isLines
      ? createLineProtocolDecoder(followed, limits.maxLineBytes)
      : createProtocolDecoder(followed, limits);
    return withOutcome(bodyConnection(bytes, decoder), () => protocol.outcome);
  }
}

/** Returns the request that continues the text. It differs from the first one, so it has another idempotency key. */
function continued(
  request: RequestOptions,
  body: (context: RequestContext) => unknown,
  at: ResumePoint,
  needsStreamFlag: boolean | undefined,
): RequestOptions {
  return {
    ...request,
    body: toJsonBody(body, needsStreamFlag) as RequestOptions['body'],
    idempotencyKey: request.idempotencyKey?.at(String(at.chars)),
  };
}

const LINES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'] as const;
