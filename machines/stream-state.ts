/** What was received so far: the state that survives a drop, as frozen values and pure steps. */

import type { ResumeMode, ToolCallDelta, ToolCallState } from './source-contract.js';

export type { ToolCallState, ToolCallStatus } from './source-contract.js';

/** The Rust module's six fields, and every tool call of the stream by its id. */
export interface StreamState {
  readonly chunksReceived: number;
  readonly bytesReceived: number;
  /** Time of the last chunk, in ms since the stream began. */
  readonly lastChunkTimeMs: number;
  /** Whether the most recent tool call is open. */
  readonly inToolCall: boolean;
  readonly currentToolId: string | null;
  readonly toolArgsBuffer: string;
  readonly toolCalls: Readonly<Record<string, ToolCallState>>;
}

export const emptyStreamState: StreamState = Object.freeze({
  chunksReceived: 0,
  bytesReceived: 0,
  lastChunkTimeMs: 0,
  inToolCall: false,
  currentToolId: null,
  toolArgsBuffer: '',
  toolCalls: Object.freeze({}),
});

/** Counts one chunk of `bytes` bytes that came `timeMs` after the stream began. */
export function recordChunk(state: StreamState, bytes: number, timeMs: number): StreamState {
  return Object.freeze({
    ...state,
    chunksReceived: state.chunksReceived + 1,
    bytesReceived: state.bytesReceived + bytes,
    lastChunkTimeMs: timeMs,
  });
}

/** Opens a tool call; one that was open stays open beside it, but is no longer the current one. */
export function startToolCall(state: StreamState, id: string): StreamState {
  return applyToolCall(state, { id });
}

/** Appends to the current call. With none open the text still goes to the buffer, as in the Rust module. */
export function appendToolArgs(state: StreamState, args: string): StreamState {
  if (state.currentToolId !== null) return applyToolCall(state, { id: state.currentToolId, args });
  return Object.freeze({ ...state, toolArgsBuffer: state.toolArgsBuffer + args });
}

/** Closes the current call. */
export function endToolCall(state: StreamState): StreamState {
  if (state.currentToolId !== null)
    return applyToolCall(state, { id: state.currentToolId, done: true });
  return Object.freeze({ ...state, inToolCall: false, toolArgsBuffer: '' });
}

/** One step of one call: opened by its first delta, appended to or replaced, closed by `done` or `interrupted`. */
export function applyToolCall(state: StreamState, delta: ToolCallDelta): StreamState {
  const { formerId } = delta;
  if (formerId !== undefined)
    return applyToolCall(renamed(state, formerId, delta.id), withoutFormerId(delta));
  const known = Object.hasOwn(state.toolCalls, delta.id) ? state.toolCalls[delta.id] : undefined;
  const call = nextToolCall(known, delta);
  if (call === known) return state;
  const toolCalls = Object.freeze({ ...state.toolCalls, [delta.id]: call });
  return Object.freeze({ ...state, toolCalls, ...currentCallAfter(state, delta.id, call) });
}

/** The call after this piece of it; the same object where nothing changes. */
export function nextToolCall(
  known: ToolCallState | undefined,
  delta: ToolCallDelta,
): ToolCallState {
  const isOver = isLastPiece(delta);
  // A finished call that a peer replays stays as it is; one that is started anew by the host begins again.
  const isStart = delta.args === undefined && delta.finalArgs === undefined && !isOver;
  const before = isStart && known?.status !== 'streaming' ? undefined : known;
  if (before?.status === 'complete') return before;
  return Object.freeze({
    name: delta.name ?? before?.name ?? null,
    args: delta.finalArgs ?? (isStart ? '' : (before?.args ?? '') + (delta.args ?? '')),
    status: delta.interrupted ? 'interrupted' : delta.done ? 'complete' : 'streaming',
  });
}

/** The fields about the most recent open call. */
type CurrentCall = Pick<StreamState, 'inToolCall' | 'currentToolId' | 'toolArgsBuffer'>;

/** Which call is the most recent one, once this one has changed. */
export function currentCallAfter(
  before: CurrentCall,
  id: string,
  { status, args }: ToolCallState,
): CurrentCall {
  if (status === 'streaming') return { inToolCall: true, currentToolId: id, toolArgsBuffer: args };
  const isOther = before.currentToolId !== id && before.currentToolId !== null;
  if (!isOther) return noCurrentCall;
  const { inToolCall, currentToolId, toolArgsBuffer } = before;
  return { inToolCall, currentToolId, toolArgsBuffer };
}

function isLastPiece({ done, interrupted }: ToolCallDelta): boolean {
  return done === true || interrupted === true;
}

const noCurrentCall = { inToolCall: false, currentToolId: null, toolArgsBuffer: '' } as const;

/** The piece as one of a call that has its name already. */
export function withoutFormerId({ formerId: _formerId, ...delta }: ToolCallDelta): ToolCallDelta {
  // Without a piece it would begin the call anew.
  return isLastPiece(delta) ? delta : { args: '', ...delta };
}

/** The open call goes on under another id; one that has that id already stays as it is. */
function renamed(state: StreamState, from: string, to: string): StreamState {
  const { [from]: call, ...others } = state.toolCalls;
  if (call?.status !== 'streaming' || from === to || Object.hasOwn(others, to)) return state;
  return Object.freeze({
    ...state,
    toolCalls: Object.freeze({ ...others, [to]: call }),
    currentToolId: state.currentToolId === from ? to : state.currentToolId,
  });
}

/** The stream starts over: what was delivered whole stays known, so that it is not delivered again. */
export function restartStreamState(state: StreamState): StreamState {
  const kept = Object.entries(state.toolCalls).filter(([, { status }]) => status === 'complete');
  if (kept.length === 0) return emptyStreamState;
  return Object.freeze({ ...emptyStreamState, toolCalls: Object.freeze(Object.fromEntries(kept)) });
}

/** Marks every open call as interrupted: no more of it will come. */
export function interruptToolCalls(state: StreamState): StreamState {
  const entries = Object.entries(state.toolCalls);
  if (!entries.some(([, call]) => call.status === 'streaming')) return state;
  const toolCalls = Object.fromEntries(
    entries.map(([id, call]) => [
      id,
      call.status === 'streaming'
        ? Object.freeze({ ...call, status: 'interrupted' as const })
        : call,
    ]),
  );
  return Object.freeze({
    ...state,
    toolCalls: Object.freeze(toolCalls),
    inToolCall: false,
    currentToolId: null,
    toolArgsBuffer: '',
  });
}

/** Whether a call went out complete: whoever received it may have run it. */
export function hasDeliveredCall({ toolCalls }: StreamState): boolean {
  return Object.values(toolCalls).some(({ status }) => status === 'complete');
}

/**
 * Whether the stream can go on after a drop without losing or doubling anything.
 *
 * Without a cursor this is the Rust module's rule: nothing came yet, or no tool call is cut in half. With a
 * cursor or a count the peer goes on where it stopped, and the buffer with it.
 */
export function canResume(state: StreamState, resume: ResumeMode = 'none'): boolean {
  if (resume === 'cursor' || resume === 'count' || resume === 'replay') return true;
  return state.chunksReceived === 0 || !state.inToolCall;
}
