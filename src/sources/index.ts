/** Sources: what a stream can be read from. */

export type {
  Connection,
  EndOutcome,
  ResumeMode,
  ResumePoint,
  SourceClock,
  StreamSource,
} from '../../machines/contract.js';
export type { HttpPolicy } from '../../machines/http-status.js';
export type { AnswerPart } from '../tool-calls/answer.js';
export { agUi } from './ag-ui.js';
export type { AgUiOptions } from './ag-ui.js';
export { aiSdkUi } from './ai-sdk-ui.js';
export type { AiSdkUiOptions } from './ai-sdk-ui.js';
export { anthropicMessages } from './anthropic-messages.js';
export { bytes } from './bytes.js';
export type { BytesOptions } from './bytes.js';
export type { Contiguity } from './contiguity.js';
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
export type { ContinuationContext } from './model/continuation.js';
export type { ModelBody, ModelOptions } from './model/options.js';
export type { PostAnswerOptions } from './model/post-answer.js';
export { ndjson } from './ndjson.js';
export type { NdjsonOptions } from './ndjson.js';
export { ollamaChat } from './ollama-chat.js';
export { openaiChat } from './openai-chat.js';
export { openaiResponses } from './openai-responses.js';
export { geminiContent } from './gemini-content.js';
export type { GeminiContentOptions } from './gemini-content.js';
export { geminiInteractions } from './gemini-interactions.js';
export type { Rotation } from './rotation.js';
export { sse } from './sse.js';
export type { Parsing } from './sse.js';
export type { SseEvent } from './sse/decoder.js';
export type { SseOptions } from './sse/options.js';
export type { HeadersLike, RequestBody } from './http/request-parts.js';
export type { ResumeRequest, ResumeRequestFunction } from './http/resume-request.js';
export type { FetchLike, HeadersContext, RequestContext } from './http/request.js';
export { text } from './text.js';
export type { TextOptions } from './text.js';
export { webSocket } from './web-socket.js';
export type { WebSocketSource } from './web-socket.js';
export type { CloseClass } from './web-socket/close-codes.js';
export type { WebSocketClass } from './web-socket/create-socket.js';
export type { WebSocketData, WebSocketMessage } from './web-socket/message.js';
export type {
  WebSocketHandshake,
  WebSocketOptions,
  WebSocketPing,
  WebSocketStart,
} from './web-socket/options.js';
