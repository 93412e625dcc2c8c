/** Entry `stream-reconnect/machines`: the pure core. */

export { backoffDelayMs } from './backoff.js';
export { parseCheckpoint } from './checkpoint.js';
export type { Checkpoint } from './checkpoint.js';
export {
  DEFAULT_BACKOFF_MULTIPLIER,
  DEFAULT_INITIAL_BACKOFF_MS,
  DEFAULT_MAX_BACKOFF_MS,
  DEFAULT_MAX_RECONNECT_ATTEMPTS,
  defaultReconnectConfig,
} from './config.js';
export type { JitterKind, PartialOptions, ReconnectConfig, RetryPolicy } from './config.js';
export type {
  Connection,
  DataItem,
  DropReason,
  EndOutcome,
  Failure,
  ResumeMode,
  ResumePoint,
  SourceClock,
  SourceHost,
  SourceMemory,
  SourceItem,
  StreamSource,
  ToolCallDelta,
} from './source-contract.js';
export { ReconnectError } from './errors.js';
export type { ErrorInfo, ReconnectErrorKind, ReconnectErrorOptions } from './errors.js';
export { reconnectMachine } from './reconnect.machine.js';
export type {
  AfterLoss,
  AttemptStart,
  EmittedReport,
  End,
  Failed,
  StreamProgress,
  Loss,
  ClockReading,
  OpenInput,
  OpenLogic,
  Opened,
  OutcomeInfo,
  OfConnection,
  Pause,
  ReaderInput,
  ReaderLogic,
  Received,
  ReconnectActions,
  ReconnectActor,
  ReconnectActors,
  ReconnectCommand,
  ReconnectContext,
  ReconnectEvent,
  ReconnectGuards,
  ReconnectInput,
  ReconnectMachine,
  ReconnectMachineEvent,
  ReconnectReport,
  ReconnectState,
  Rotation,
  Timed,
  WithParams,
} from './reconnect.types.js';
export { planResume } from './resume-plan.js';
export type { ResumePlan, SourceFacts } from './resume-plan.js';
export {
  appendToolArgs,
  canResume,
  emptyStreamState,
  endToolCall,
  recordChunk,
  startToolCall,
} from './stream-state.js';
export type { StreamState, ToolCallState, ToolCallStatus } from './stream-state.js';
