/** Entry `stream-reconnect/tool-calls`: what a model's answer says, whatever its dialect. */

export type { AnswerPart, AnswerReader, AnswerStep, OpenToolCalls } from './answer.js';
