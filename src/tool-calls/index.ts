/** Entry `stream-reconnect/tool-calls`: what a model's answer says, whatever its provider format. */

export type { EndOutcome, ToolCallDelta, ToolCallState } from '../../machines/contract.js';
export { agUiReader } from './ag-ui.js';
export type { AgUiPlace, AgUiReader } from './ag-ui.js';
export { aiSdkUiReader } from './ai-sdk-ui.js';
export type { AnswerPart, AnswerReader, AnswerStep, RecordedCalls } from './answer.js';
export { anthropicReader } from './anthropic.js';
export { geminiContentReader } from './gemini-content.js';
export { geminiReader } from './gemini.js';
export { ollamaChatReader } from './ollama-chat.js';
export { openaiChatReader } from './openai-chat.js';
export { openaiResponsesReader } from './openai-responses.js';
