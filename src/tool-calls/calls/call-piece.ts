/** The piece of a tool call in one event of a provider format. */

import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import { ReconnectError } from '../../../machines/errors.js';

/** A piece of a call. Fields may have any type; a value that is no text is ignored as one. */
export interface CallPiece {
  readonly id?: unknown;
  /** The name, if it is a text that is not empty. */
  readonly name?: unknown;
  /** A text is appended; an object is all of the arguments. Undefined and null mean nothing. */
  readonly args?: unknown;
  /** Parsed arguments, in formats where these may be a text. */
  readonly value?: unknown;
  /** The input is text and not JSON, as with custom tools. */
  readonly isText?: boolean | undefined;
  /** The peer runs the call itself. */
  readonly isServerTool?: boolean | undefined;
  /** The type that the arguments must have. @default 'object' */
  readonly expects?: 'object' | 'any' | undefined;
}

/** The reason why a call must not run. */
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

/** Returns the id of the piece. @throws ReconnectError kind `limit` */
export function idOf({ id }: CallPiece): string | undefined {
  if (typeof id !== 'string' || id === '') return undefined;
  if (id.length <= MAX_ID_LENGTH) return id;
  throw new ReconnectError(
    'limit',
    `the id of a tool call is longer than ${MAX_ID_LENGTH} UTF-16 code units`,
  );
}

/** Returns whether the piece has arguments; an empty text is none. */
export function hasArguments({ args, value }: CallPiece): boolean {
  if (typeof args === 'string') return args.trim() !== '';
  return (args ?? value ?? undefined) !== undefined;
}

/** Returns whether the piece is empty: no id, no name, no arguments. */
export function saysNothing(piece: CallPiece): boolean {
  const hasName = typeof piece.name === 'string' && piece.name !== '';
  return !hasName && idOf(piece) === undefined && !hasArguments(piece);
}
