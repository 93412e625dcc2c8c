/** Entry `stream-reconnect/tool-calls`: readers of models' responses in every provider format. */

export type { EndOutcome, ToolCallDelta, ToolCallState } from '../../machines/source-contract.js';
export { agUiReader } from './formats/ag-ui.js';
export type { AgUiPlace, AgUiReader } from './formats/ag-ui.js';
export { aiSdkUiReader } from './formats/ai-sdk-ui.js';
export type { ModelPart, ResponseReader, ResponseStep, RecordedCalls } from './response/answer.js';
export { anthropicReader } from './formats/anthropic.js';
export { geminiContentReader } from './formats/gemini-content.js';
export { geminiReader } from './formats/gemini.js';
export { ollamaChatReader } from './formats/ollama-chat.js';
export { openaiChatReader } from './formats/openai-chat.js';
export { openaiResponsesReader } from './formats/openai-responses.js';
