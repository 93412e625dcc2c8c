/** All formats of models' answers that the fuzzer writes. */

import type { WireFormat } from './format.js';
import { agUiWire } from './formats/ag-ui.js';
import { aiSdkUiWire } from './formats/ai-sdk-ui.js';
import { anthropicWire } from './formats/anthropic.js';
import { geminiContentWire } from './formats/gemini-content.js';
import { geminiInteractionsWire } from './formats/gemini-interactions.js';
import { ollamaChatWire } from './formats/ollama-chat.js';
import { openaiChatWire } from './formats/openai-chat.js';
import { openaiResponsesWire } from './formats/openai-responses.js';

export const wireFormats: readonly WireFormat[] = [
  openaiChatWire,
  openaiResponsesWire,
  anthropicWire,
  geminiContentWire,
  geminiInteractionsWire,
  ollamaChatWire,
  aiSdkUiWire,
  agUiWire,
];
