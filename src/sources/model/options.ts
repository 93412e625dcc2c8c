/** The options that all sources of model answers share, and their validation. */

import { configFailure, kindOf } from '../failure.js';
import { checkHttpOptions } from '../http/options.js';
import type { HttpOptions } from '../http/options.js';
import type { RequestBody } from '../http/request-parts.js';
import type { RequestContext, RequestOptions } from '../http/request.js';
import { checkSize, checkString } from '../option-checks.js';
import type { ProtocolLimits } from '../sse/protocol.js';

/** What is sent: an object goes out as JSON. */
export type ModelBody = RequestBody | object;

export interface ModelOptions extends Omit<HttpOptions, 'method' | 'body' | 'url'> {
  /** @default the address of the vendor */
  url?: HttpOptions['url'] | undefined;
  /** The request; an object goes out as JSON. A function is asked when it is sent. */
  body: ModelBody | ((context: RequestContext) => ModelBody | PromiseLike<ModelBody>);
  /** Longest line in bytes. @default 64 MiB */
  maxLineBytes?: number | undefined;
  /** Largest event in bytes. @default 64 MiB */
  maxEventBytes?: number | undefined;
  /** The name in diagnostics. @default the name of the provider format */
  name?: string | undefined;
}

export interface CheckedModel extends ProtocolLimits {
  readonly name: string;
  /** The POST that asks for the answer. */
  readonly request: RequestOptions;
}

export interface ModelDefaults {
  readonly name: string;
  readonly url?: string | undefined;
}

/** Models send pictures and sound as base64 in one event: tens of megabytes are paid for, and arrive. */
const MAX_BYTES = 64 * 1024 * 1024;

/** @throws ReconnectError `config` */
export function checkModelOptions(options: ModelOptions, defaults: ModelDefaults): CheckedModel {
  if (typeof options !== 'object' || options === null) {
    throw configFailure(
      'options to be an object',
      kindOf(options),
      `${defaults.name}({ body: … })`,
    );
  }
  const { url = defaults.url, body, name = defaults.name } = options;
  if (url === undefined) throw configFailure('url', 'none', "url: 'https://host/path'");
  if (body === undefined || body === null)
    throw configFailure('body, the request to the model', kindOf(body), "body: { model: '…', … }");
  return {
    name: checkString('name', name),
    maxLineBytes: checkSize('maxLineBytes', options.maxLineBytes, MAX_BYTES),
    maxEventBytes: checkSize('maxEventBytes', options.maxEventBytes, MAX_BYTES),
    request: checkHttpOptions({
      ...options,
      url,
      method: 'POST',
      body: toJsonBody(body) as HttpOptions['body'],
    }),
  };
}

/** Objects as JSON; what a function gives too. */
export function toJsonBody(body: unknown): unknown {
  if (typeof body === 'function') {
    const provider = body as (context: RequestContext) => unknown;
    return async (context: RequestContext): Promise<unknown> => toJsonBody(await provider(context));
  }
  return isPlain(body) ? JSON.stringify(body) : body;
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
