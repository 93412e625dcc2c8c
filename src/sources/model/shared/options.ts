/** The options that all sources of models share, and their validation. */

import { adopt } from '../../../../machines/thenable.js';
import { configFailure, describeType } from '../../shared/source-error.js';
import { checkHttpOptions, HTTP_OPTIONS } from '../../http/options.js';
import type { HttpOptions } from '../../http/options.js';
import type { RequestBody } from '../../http/request/validate-request.js';
import type { RequestContext, RequestOptions } from '../../http/request/request.js';
import { checkSize, checkString } from '../../shared/validate-options.js';
import type { ProtocolLimits } from '../../sse/protocol.js';

/** The body of the request: an object is sent as JSON. */
export type ModelBody = RequestBody | object;

export interface ModelOptions extends Omit<HttpOptions, 'method' | 'body' | 'url'> {
  /** @default the address of the vendor */
  url?: HttpOptions['url'] | undefined;
  /** The request; an object is sent as JSON. A function is called when the request is sent. */
  body: ModelBody | ((context: RequestContext) => ModelBody | PromiseLike<ModelBody>);
  /** Longest line in bytes. @default 64 MiB */
  maxLineBytes?: number | undefined;
  /** Largest event in bytes. @default 64 MiB */
  maxEventBytes?: number | undefined;
  /** The name in diagnostics. @default the name of the provider format */
  name?: string | undefined;
}

const { method: _method, ...SENT } = HTTP_OPTIONS;

/** The names of `ModelOptions`. */
export const MODEL_OPTIONS: Readonly<Record<keyof ModelOptions, true>> = {
  ...SENT,
  maxLineBytes: true,
  maxEventBytes: true,
  name: true,
};

export interface CheckedModel extends ProtocolLimits {
  readonly name: string;
  /** The POST that requests the response. */
  readonly request: RequestOptions;
}

export interface ModelDefaults {
  readonly name: string;
  readonly url?: string | undefined;
  /** The vendor streams only if the request has `stream: true`. */
  readonly needsStreamFlag?: boolean | undefined;
}

/** Models send images and sound as base64 in one event, which may have tens of megabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/** @throws ReconnectError `config` */
export function checkModelOptions(options: ModelOptions, defaults: ModelDefaults): CheckedModel {
  if (typeof options !== 'object' || options === null) {
    throw configFailure(
      'options to be an object',
      describeType(options),
      `${defaults.name}({ body: … })`,
    );
  }
  const { url = defaults.url, body, name = defaults.name } = options;
  if (url === undefined) throw configFailure('url', 'none', "url: 'https://host/path'");
  if (body === undefined || body === null)
    throw configFailure(
      'body, the request to the model',
      describeType(body),
      "body: { model: '…', … }",
    );
  return {
    name: checkString('name', name),
    maxLineBytes: checkSize('maxLineBytes', options.maxLineBytes, MAX_BYTES),
    maxEventBytes: checkSize('maxEventBytes', options.maxEventBytes, MAX_BYTES),
    request: checkHttpOptions({
      ...options,
      url,
      method: 'POST',
      body: toJsonBody(body, defaults.needsStreamFlag) as HttpOptions['body'],
    }),
  };
}

/**
 * Converts objects into JSON, also those that a function returns.
 * @throws ReconnectError `config` for an object without `stream: true` if that is needed: the response would come in
 * one piece, and be billed
 */
export function toJsonBody(body: unknown, needsStreamFlag = false): unknown {
  if (typeof body === 'function') {
    const provider = body as (context: RequestContext) => unknown;
    return async (context: RequestContext): Promise<unknown> =>
      toJsonBody(await adopt(provider(context)), needsStreamFlag);
  }
  if (!isPlain(body)) return body;
  if (needsStreamFlag && (body as { stream?: unknown }).stream !== true)
    throw configFailure('body with stream: true', 'one without', 'body: { …, stream: true }');
  return JSON.stringify(body);
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
