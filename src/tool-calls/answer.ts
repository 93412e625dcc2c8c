/** What a model's answer is made of, in one vocabulary for all dialects, and who reads it. */

import type { EndOutcome, ToolCallDelta, ToolCallState } from '../../machines/contract.js';

export type AnswerPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** Arguments of a call are coming: their size so far, never their text. */
  | {
      readonly type: 'toolCallProgress';
      readonly id: string;
      readonly name: string | null;
      /** UTF-16 units. */
      readonly chars: number;
    }
  /** A whole call: closed by the protocol, allowed by the stop reason, strictly parsed. */
  | {
      readonly type: 'toolCall';
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
      /** The peer runs it itself: it is told for the record. */
      readonly isServerTool: boolean;
    }
  /** The answer goes on in a new request: what follows may not join smoothly. */
  | { readonly type: 'seam' }
  /** Anything else the peer says, by the peer's own name. Never holds arguments of a call. */
  | { readonly type: 'event'; readonly name: string; readonly data: unknown };

/** One thing that an event says, with what it does to the tool calls of the stream. */
export interface AnswerStep {
  readonly part: AnswerPart;
  readonly toolCall?: readonly ToolCallDelta[] | undefined;
}

/** Reads the events of one connection. */
export interface AnswerReader {
  /** The protocol's end marker, once it came. */
  readonly end: EndOutcome | null;
  /**
   * What the event says.
   * @param event the parsed JSON of one event.
   * @throws ReconnectError kind `source` for an error that the peer reports, `protocol` for what is no event.
   */
  read(event: unknown): readonly AnswerStep[];
}

/** A reader that outlives a connection: what names a call is told only once. */
export interface ResumableReader extends AnswerReader {
  /** A connection begins that goes on after these calls. */
  begin(calls: OpenToolCalls): void;
}

/** The calls of a stream by their id, as far as they came before this connection. */
export type OpenToolCalls = Readonly<Record<string, ToolCallState>>;
