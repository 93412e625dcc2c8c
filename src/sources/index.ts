/** Sources: what a stream can be read from. */

export { fromAsyncIterable } from './from-async-iterable.js';
export type { AnyIterable, Iterate } from './from-async-iterable.js';
export type { IterableOptions } from './iterable/options.js';
export type { HttpOptions } from './http/options.js';
export { sse } from './sse.js';
export type { SseEvent } from './sse/decoder.js';
export type { SseOptions } from './sse/options.js';
export type { HeadersLike, RequestBody } from './http/request-parts.js';
export type { FetchLike, HeadersContext, RequestContext } from './http/request.js';
