/** What a model's answer is made of, in one vocabulary for all provider formats, and who reads it. */

import type {
  EndOutcome,
  ToolCallDelta,
  ToolCallState,
} from '../../../machines/source-contract.js';

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** Arguments of a call are coming: their size so far, never their text. */
  | {
      readonly type: 'toolCallProgress';
      readonly id: string;
      readonly name: string | null;
      /** UTF-16 code units. */
      readonly chars: number;
    }
  /** A whole call: closed by the protocol, allowed by the finish reason, strictly parsed. Once per id. */
  | {
      readonly type: 'toolCall';
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
      /** The peer runs it itself: it is there for the record. */
      readonly isServerTool: boolean;
    }
  /** The answer goes on in a new request: what follows may not join smoothly. */
  | { readonly type: 'seam' }
  /**
   * Anything else that the peer says, by the peer's own name. Never holds arguments of a call. Two names are ours:
   * `malformedToolCall { id, name, reason }` for a call that must not run, `repeatedToolCall { id, name }` for one that
   * was delivered before.
   */
  | { readonly type: 'event'; readonly name: string; readonly data: unknown };

/** One thing that an event says, with what it does to the tool calls of the stream. */
export interface ResponseStep {
  readonly part: ModelPart;
  readonly toolCall?: readonly ToolCallDelta[] | undefined;
}

/** Reads the events of an answer, of one connection or of several that go on. */
export interface ResponseReader {
  /**
   * How the answer ended, once the peer said so: from then on the end of the bytes, an error and silence mean this end,
   * although more may follow. Null again if the answer goes on.
   */
  readonly end: EndOutcome | null;
  /** The last marker of the protocol came: nothing more is read. */
  readonly isOver: boolean;
  /** The word by which the peer says why the answer ended. */
  readonly finishWord: string | null;
  /**
   * Begins a connection: the first, one that goes on after these calls, or one that starts over.
   * @param calls the calls that the stream has recorded, by their id
   */
  begin(calls: RecordedCalls): void;
  /**
   * The connection goes on in a new process: what came before is not known, but for its size.
   * @param chars UTF-16 units of the answer's text that were delivered
   */
  goOnAfter?(chars: number): void;
  /**
   * Returns what the event says.
   * @param event the parsed JSON of one event
   * @param name the event's name on the wire, where it has one
   * @throws ReconnectError kind `source` for an error that the peer reports; `protocol` for what is no event, and for
   *   a second answer in the stream of the first; `limit`
   */
  read(event: unknown, name?: string): readonly ResponseStep[];
  /** The last marker came that is no event, such as `[DONE]`. */
  finish(): void;
  /** The bytes ended properly: for formats whose last marker that is. */
  endOfBytes?(): void;
}

/** The calls of a stream by their id, as the stream has recorded them. */
export type RecordedCalls = Readonly<Record<string, ToolCallState>>;
