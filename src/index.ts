/** Entry `stream-reconnect`. */

export type { Checkpoint } from '../machines/checkpoint.js';
export {
  DEFAULT_BACKOFF_MULTIPLIER,
  DEFAULT_INITIAL_BACKOFF_MS,
  DEFAULT_MAX_BACKOFF_MS,
  DEFAULT_MAX_RECONNECT_ATTEMPTS,
  defaultReconnectConfig,
} from '../machines/config.js';
export type {
  JitterKind,
  PartialOptions,
  ReconnectConfig,
  RetryPolicy,
} from '../machines/config.js';
export type {
  Connection,
  DataItem,
  DropReason,
  EndOutcome,
  ResumeMode,
  ResumePoint,
  SourceClock,
  SourceHost,
  SourceMemory,
  SourceItem,
  StreamSource,
  ToolCallDelta,
} from '../machines/source-contract.js';
export { ReconnectError } from '../machines/errors.js';
export type { ErrorInfo, ReconnectErrorKind, ReconnectErrorOptions } from '../machines/errors.js';
export type {
  OutcomeInfo,
  ReconnectActor,
  ReconnectEvent,
  ReconnectMachine,
  ReconnectState,
} from '../machines/reconnect.types.js';
export type { ResumePlan } from '../machines/resume-plan.js';
export {
  appendToolArgs,
  canResume,
  emptyStreamState,
  endToolCall,
  recordChunk,
  startToolCall,
} from '../machines/stream-state.js';
export type { StreamState, ToolCallState, ToolCallStatus } from '../machines/stream-state.js';
export { accumulate } from './accumulate/accumulate.js';
export type {
  AccumulableStream,
  Accumulated,
  AccumulateOptions,
  SavedValue,
} from './accumulate/accumulate.js';
export { backoffDelayMs } from './backoff.js';
export type { Classification, Classify, ClassifyContext } from './config/classify.js';
export { systemClock } from './host/clock.js';
export type { Clock } from './host/clock.js';
export { pageEnvironment } from './host/environment.js';
export type { EventTargetLike, PageEvent, PageLike } from './host/environment.js';
export type { Environment, Hint } from './host/environment.js';
export { createReconnectManager } from './manager.js';
export type { ReconnectManager } from './manager.js';
export type { ReconnectOptions } from './config/options.js';
export { reconnectStream } from './stream/stream.js';
export type { ReconnectingStream, StreamOutcome, StreamSnapshot } from './stream/stream.types.js';
