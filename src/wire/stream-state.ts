/** Converts the stream state to and from the wire: the Rust module's six fields, as serde prints them. */

import { emptyStreamState, startToolCall } from '../../machines/stream-state.js';
import type { StreamState } from '../../machines/stream-state.js';
import { readFlag, readRecord, readText, readWhole, unfit } from './read.js';

export interface WireStreamState {
  readonly chunks_received: number;
  readonly bytes_received: number;
  readonly last_chunk_time_ms: number;
  readonly in_tool_call: boolean;
  readonly current_tool_id: string | null;
  readonly tool_args_buffer: string;
}

/** The wire has one slot for a tool call: only the current call is written. */
export function toWireStreamState(state: StreamState): WireStreamState {
  return {
    chunks_received: state.chunksReceived,
    bytes_received: state.bytesReceived,
    last_chunk_time_ms: state.lastChunkTimeMs,
    in_tool_call: state.inToolCall,
    current_tool_id: state.currentToolId,
    tool_args_buffer: state.toolArgsBuffer,
  };
}

/** @throws ReconnectError kind `wire`. */
export function fromWireStreamState(value: unknown): StreamState {
  const from = readRecord('stream_state', value);
  const id = from['current_tool_id'];
  const currentToolId = id === null || id === undefined ? null : readText('current_tool_id', id);
  const inToolCall = readFlag('in_tool_call', from['in_tool_call']);
  if (inToolCall !== (currentToolId !== null))
    throw unfit('in_tool_call', 'true with a current_tool_id, false without');
  const toolArgsBuffer = readText('tool_args_buffer', from['tool_args_buffer']);
  const open =
    currentToolId === null
      ? emptyStreamState
      : withArgs(startToolCall(emptyStreamState, currentToolId), currentToolId, toolArgsBuffer);
  return Object.freeze({
    ...open,
    chunksReceived: readWhole('chunks_received', from['chunks_received']),
    bytesReceived: readWhole('bytes_received', from['bytes_received']),
    lastChunkTimeMs: readWhole('last_chunk_time_ms', from['last_chunk_time_ms']),
    toolArgsBuffer,
  });
}

function withArgs(state: StreamState, id: string, args: string): StreamState {
  const toolCalls = Object.freeze({
    [id]: Object.freeze({ name: null, args, status: 'streaming' as const }),
  });
  return { ...state, toolCalls };
}
