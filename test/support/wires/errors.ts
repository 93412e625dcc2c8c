/** Errors that a peer reports inside an answer that began well, in the shapes in which they were seen. */

import type { Choices } from './choices.js';
import { failure } from './script.js';
import type { Saying } from './script.js';

/** In the text of the error and nowhere else. */
export const ERROR_MARK = 'the peer says why-7f3';

type Shape = (text: string) => Omit<Saying, 'facts'>;

const asData = (value: unknown, event?: string): Omit<Saying, 'facts'> => ({
  data: typeof value === 'string' ? value : JSON.stringify(value),
  event,
});

const VLLM = 'vLLM before 0.10';

/** Each with a word for whose it is. */
const ERROR_SHAPES: readonly (readonly [string, Shape])[] = [
  [
    'OpenAI',
    (text) => asData({ error: { message: text, type: 'server_error', param: null, code: null } }),
  ],
  ['a code that is a number', (text) => asData({ error: { message: text, code: 502 } })],
  ['the error is text', (text) => asData({ error: text })],
  [VLLM, (text) => asData({ object: 'error', message: text, type: 'BadRequestError', code: 400 })],
  [
    'Anthropic',
    (text) =>
      asData({ type: 'error', error: { type: 'overloaded_error', message: text } }, 'error'),
  ],
  [
    'only the event says so',
    (text) => asData({ error: { type: 'api_error', message: text } }, 'error'),
  ],
  ['text in an error event', (text) => asData(text, 'error')],
  ['message in an error event', (text) => asData({ message: text, code: 'internal' }, 'error')],
  ['a list of errors', (text) => asData({ errors: [{ message: text, code: 'x1' }] })],
];

/** `typed`: the events of the format have a type of their own. `line`: a JSON text a line, and no names of events. */
export type ErrorPlace = 'plain' | 'typed' | 'line';

/** Those that are errors there: a shape that has a type is another event among others with types. */
export function errorShapes(place: ErrorPlace): typeof ERROR_SHAPES {
  return SHAPES[place];
}

const SHAPES = {
  plain: ERROR_SHAPES,
  typed: ERROR_SHAPES.filter(([name]) => name !== VLLM),
  line: ERROR_SHAPES.filter(([name]) => !name.endsWith('in an error event')),
} as const;

export function drawError(
  choices: Choices,
  place: ErrorPlace,
): { readonly name: string; readonly saying: Saying } {
  const [name, shape] = choices.pick(errorShapes(place));
  return { name, saying: { ...shape(ERROR_MARK), facts: [failure(ERROR_MARK)] } };
}
