/** Entry `stream-reconnect/sources`. */

export type {
  Connection,
  EndOutcome,
  ResumeMode,
  ResumePoint,
  SourceClock,
  StreamSource,
} from '../../machines/source-contract.js';
export type { HttpPolicy } from '../../machines/http-status.js';
export type { ModelPart } from '../tool-calls/response/answer.js';
export { agUi } from './model/ag-ui.js';
export type { AgUiOptions } from './model/ag-ui.js';
export { aiSdkUi } from './model/ai-sdk-ui.js';
export type { AiSdkUiOptions } from './model/ai-sdk-ui.js';
export { anthropicMessages } from './model/anthropic-messages.js';
export { bytes } from './bytes.js';
export type { BytesOptions } from './bytes.js';
export type { Contiguity } from './shared/contiguity.js';
export { durableStream } from './durable-stream.js';
export type { DurableStreamOptions } from './durable-stream.js';
export type { DurableFormat } from './durable-stream/payload.js';
export { fromAsyncIterable } from './from-async-iterable.js';
export type { AnyIterable, Iterate } from './from-async-iterable.js';
export type { IterableOptions } from './iterable/options.js';
export type { HttpOptions } from './http/options.js';
export { liveWithHistory } from './live-with-history.js';
export type { HistoryContext, LiveWithHistoryOptions } from './live-with-history.js';
export { mcpRequest } from './mcp-request.js';
export type { McpRequestOptions } from './mcp-request.js';
export type { JsonRpcMessage, JsonRpcNotification, JsonRpcRequest } from './mcp/message.js';
export type { WithoutUrl } from './http/source-options.js';
export type { ContinuationContext } from './model/shared/continuation.js';
export type { ModelBody, ModelOptions } from './model/shared/options.js';
export type { SingleResponseOptions } from './model/shared/single-response.js';
export { ndjson } from './ndjson.js';
export type { NdjsonOptions } from './ndjson.js';
export { ollamaChat } from './model/ollama-chat.js';
export { openaiChat } from './model/openai-chat.js';
export { openaiResponses } from './model/openai-responses.js';
export { geminiContent } from './model/gemini-content.js';
export type { GeminiContentOptions } from './model/gemini-content.js';
export { geminiInteractions } from './model/gemini-interactions.js';
export type { Rotation } from './shared/rotation.js';
export { sse } from './sse.js';
export type { Parsing } from './sse.js';
export type { SseEvent } from './sse/decoder.js';
export type { SseOptions } from './sse/options.js';
export type { HeadersLike, RequestBody } from './http/request/validate-request.js';
export type { ResumeRequest, ResumeRequestFunction } from './http/request/resume-request.js';
export type { FetchLike, HeadersContext, RequestContext } from './http/request/request.js';
export { text } from './text.js';
export type { TextOptions } from './text.js';
export { webSocket } from './web-socket.js';
export type { WebSocketSource } from './web-socket.js';
export type { CloseClass } from './web-socket/socket/close-codes.js';
export type { WebSocketClass } from './web-socket/socket/create-socket.js';
export type { WebSocketData, WebSocketMessage } from './web-socket/socket/message.js';
export type {
  WebSocketHandshake,
  WebSocketOptions,
  WebSocketPing,
  WebSocketStart,
} from './web-socket/options.js';
