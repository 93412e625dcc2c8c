/** The parts of a model's response, the same for all provider formats, and the interface of their readers. */

import type {
  EndOutcome,
  ToolCallDelta,
  ToolCallState,
} from '../../../machines/source-contract.js';

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** Arguments of a call are arriving: their size so far, never their text. */
  | {
      readonly type: 'toolCallProgress';
      readonly id: string;
      readonly name: string | null;
      /** UTF-16 code units. */
      readonly chars: number;
    }
  /** A complete call: closed by the protocol, allowed by the finish reason, strictly parsed. Once per id. */
  | {
      readonly type: 'toolCall';
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
      /** True if the peer runs the call itself; then the part is informational. */
      readonly isServerTool: boolean;
    }
  /** The response continues by a new request: the text on both sides may not join smoothly. */
  | { readonly type: 'seam' }
  /**
   * Anything else that the peer sends, by the peer's own name, without arguments of calls. Two names are this package's:
   * `malformedToolCall { id, name, reason }` for a call that must not run, `repeatedToolCall { id, name }` for one that
   * was delivered before.
   */
  | { readonly type: 'event'; readonly name: string; readonly data: unknown };

/** One part of an event, with its effect on the tool calls of the stream. */
export interface ResponseStep {
  readonly part: ModelPart;
  readonly toolCall?: readonly ToolCallDelta[] | undefined;
}

/** Reads the events of a response, over one connection or several. */
export interface ResponseReader {
  /**
   * How the response ended, once the peer has said so: from then on the end of the bytes, an error and silence mean this end,
   * although more may follow. Null again if the response goes on.
   */
  readonly end: EndOutcome | null;
  /** True after the last marker of the protocol: nothing more is read. */
  readonly isOver: boolean;
  /** The peer's finish reason. */
  readonly finishWord: string | null;
  /**
   * Begins a connection: the first one, one that resumes after these calls, or one that starts over.
   * @param calls the calls that the stream has recorded, by their id
   */
  begin(calls: RecordedCalls): void;
  /**
   * Resumes in a new process: of what came before only the size is known.
   * @param chars UTF-16 code units of the response's text that were delivered
   */
  goOnAfter?(chars: number): void;
  /**
   * Returns the steps of one event.
   * @param event the parsed JSON of one event
   * @param name the event's name on the wire, if it has one
   * @throws ReconnectError kind `source` for an error that the peer reports; `protocol` for a value that is no event, and for
   *   a second response in the stream of the first; `limit`
   */
  read(event: unknown, name?: string): readonly ResponseStep[];
  /** Notes the last marker, if it is no event, such as `[DONE]`. */
  finish(): void;
  /** Notes the proper end of the bytes, for formats in which that is the last marker. */
  endOfBytes?(): void;
}

/** The calls of a stream by their id, as the stream has recorded them. */
export type RecordedCalls = Readonly<Record<string, ToolCallState>>;
