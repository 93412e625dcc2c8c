/** What may break an answer from inside: an error that the peer reports, or another answer that begins in it. */

import type { Choices } from './choices.js';
import { drawError } from './errors.js';
import type { ErrorPlace } from './errors.js';
import type { ScriptWriter } from './script.js';

export interface Break {
  readonly kind: 'error' | 'splice';
  /** Before which of the events. */
  readonly at: number;
}

/** Rarely one of them. After an error the answer goes on to a proper end; after a splice the other one does. */
export function drawBreak(
  choices: Choices,
  writer: ScriptWriter,
  events: number,
  canSplice = true,
): Break | undefined {
  const kind = choices.odd(['none', 'error', 'splice'] as const);
  if (kind === 'none' || events < 1 || (kind === 'splice' && !canSplice)) return undefined;
  writer.oddities.push(kind);
  return { kind, at: choices.below(events) };
}

export function writeError(
  writer: ScriptWriter,
  choices: Choices,
  place: ErrorPlace = 'plain',
): void {
  const { name, saying } = drawError(choices, place);
  writer.oddities.push(`error: ${name}`);
  writer.sayings.push(saying);
}
