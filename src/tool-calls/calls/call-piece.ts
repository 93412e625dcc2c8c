/** What one event of a provider format says of a tool call. */

import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import { ReconnectError } from '../../../machines/errors.js';

/** What a format's event says of a call. Fields may be of any type: what is no text is no text. */
export interface CallPiece {
  readonly id?: unknown;
  /** A text that is not empty is the name. */
  readonly name?: unknown;
  /** Text is appended; an object is all of them. Undefined and null say nothing. */
  readonly args?: unknown;
  /** Arguments that came parsed, where they may be a text. */
  readonly value?: unknown;
  /** The input is text and not JSON, as of custom tools. */
  readonly isText?: boolean | undefined;
  /** The peer runs the call itself. */
  readonly isServerTool?: boolean | undefined;
  /** What the arguments have to be. @default 'object' */
  readonly expects?: 'object' | 'any' | undefined;
}

/** Why a call must not run. */
export type CallFault =
  | 'no id'
  | 'no name'
  | 'two names'
  | 'begun twice'
  | 'no arguments'
  | 'arguments are not JSON'
  | 'arguments are not an object'
  | 'arguments of an unknown shape'
  | 'arguments that do not agree'
  | 'another call has this id'
  | 'more came after its end'
  | 'taken back by the peer'
  | 'not completed by the peer';

/** The id that the piece gives. @throws ReconnectError kind `limit` */
export function idOf({ id }: CallPiece): string | undefined {
  if (typeof id !== 'string' || id === '') return undefined;
  if (id.length <= MAX_ID_LENGTH) return id;
  throw new ReconnectError(
    'limit',
    `the id of a tool call is longer than ${MAX_ID_LENGTH} UTF-16 code units`,
  );
}

/** Whether the piece has arguments; an empty text is none. */
export function hasArguments({ args, value }: CallPiece): boolean {
  if (typeof args === 'string') return args.trim() !== '';
  return (args ?? value ?? undefined) !== undefined;
}

/** Whether the piece is none: neither an id, nor a name, nor arguments. */
export function saysNothing(piece: CallPiece): boolean {
  const hasName = typeof piece.name === 'string' && piece.name !== '';
  return !hasName && idOf(piece) === undefined && !hasArguments(piece);
}
