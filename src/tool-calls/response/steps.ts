/** Steps that all provider formats share. */

import type { ResponseStep } from './answer.js';
import { isEmptyObject, isObject } from './arguments.js';
import { withoutArguments } from './without-arguments.js';

/** Returns the step for text; none for an empty or missing text. */
export function textStep(type: 'text' | 'reasoning', text: unknown): ResponseStep[] {
  return typeof text === 'string' && text !== '' ? [{ part: { type, text } }] : [];
}

/** Returns the step for anything else that the peer sends, without arguments of calls. */
export function eventStep(name: string, data: unknown): ResponseStep {
  return { part: { type: 'event', name, data: withoutArguments(data) } };
}

/** Returns the step for data of the application, which is no call whatever the names of its fields. */
export function dataStep(name: string, data: unknown): ResponseStep {
  return { part: { type: 'event', name, data } };
}

const NONE: ReadonlySet<string> = new Set();

/** Returns an event for each field that is set, named after it, without the fields that are read elsewhere. */
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

/** Returns the steps of content that is a text, a part, or a list of parts: other parts than text become events. */
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

/** Returns the fields of a part besides its text, such as annotations. */
function restStep(name: string, rest: Readonly<Record<string, unknown>>): ResponseStep[] {
  const { index: _, ...others } = rest;
  return Object.values(others).every(isSilent) ? [] : [eventStep(name, others)];
}
