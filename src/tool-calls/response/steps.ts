/** Steps that every provider format has. */

import type { ResponseStep } from './answer.js';
import { isEmptyObject, isObject } from './arguments.js';
import { withoutArguments } from './without-arguments.js';

/** Text of the answer; nothing for no text. */
export function textStep(type: 'text' | 'reasoning', text: unknown): ResponseStep[] {
  return typeof text === 'string' && text !== '' ? [{ part: { type, text } }] : [];
}

/** What the peer says beside the answer, without arguments of calls. */
export function eventStep(name: string, data: unknown): ResponseStep {
  return { part: { type: 'event', name, data: withoutArguments(data) } };
}

/** Data of the application, which is no call whatever its fields are called. */
export function dataStep(name: string, data: unknown): ResponseStep {
  return { part: { type: 'event', name, data } };
}

const NONE: ReadonlySet<string> = new Set();

/** Events of the fields that say anything, by their names; all but those that are read otherwise. */
export function fieldSteps(
  fields: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string> = NONE,
): ResponseStep[] {
  const steps: ResponseStep[] = [];
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (!known.has(name) && !isSilent(value)) steps.push(eventStep(name, value));
  }
  return steps;
}

function isSilent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return (Array.isArray(value) && value.length === 0) || isEmptyObject(value);
}

/** Content that may be a text, a part, or a list of parts: what is no text is an event by its type. */
export function contentSteps(
  content: unknown,
  type: 'text' | 'reasoning' = 'text',
): ResponseStep[] {
  if (typeof content === 'string') return textStep(type, content);
  if (content === undefined || content === null) return [];
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  return parts.flatMap((part) => partSteps(part, type));
}

const TEXTS: ReadonlySet<unknown> = new Set([undefined, 'text', 'output_text', 'text_delta']);

function partSteps(part: unknown, type: 'text' | 'reasoning'): ResponseStep[] {
  if (typeof part === 'string') return textStep(type, part);
  if (!isObject(part)) return [];
  const { type: kind, text, thinking, ...rest } = part;
  if (kind === 'thinking' && thinking !== undefined)
    return [...contentSteps(thinking, 'reasoning'), ...restStep('thinking', rest)];
  if (TEXTS.has(kind) && typeof text === 'string')
    return [...textStep(type, text), ...restStep('text', rest)];
  return isSilent(part) ? [] : [eventStep(typeof kind === 'string' ? kind : 'content', part)];
}

/** What a part says beside its text, such as annotations. */
function restStep(name: string, rest: Readonly<Record<string, unknown>>): ResponseStep[] {
  const { index: _, ...others } = rest;
  return Object.values(others).every(isSilent) ? [] : [eventStep(name, others)];
}
