/** Steps that every dialect has. */

import type { AnswerStep } from './answer.js';

/** Text of the answer; nothing for no text. */
export function textStep(type: 'text' | 'reasoning', text: unknown): AnswerStep[] {
  return typeof text === 'string' && text !== '' ? [{ part: { type, text } }] : [];
}

/** What the peer says beside the answer. @param data never with arguments of a call */
export function eventStep(name: string, data: unknown): AnswerStep {
  return { part: { type: 'event', name, data } };
}
