/** Entry `stream-reconnect/xstate`. */

export { fromReconnectStream } from './from-reconnect-stream.js';
export type {
  FromReconnectStreamOptions,
  ReconnectStreamActorRef,
  ReconnectStreamActorSnapshot,
  ReconnectStreamCommand,
  ReconnectStreamContext,
  ReconnectStreamEmitted,
  ReconnectStreamLogic,
} from './from-reconnect-stream.types.js';
export type { Checkpoint } from '../../machines/checkpoint.js';
export type { RetryPolicy } from '../../machines/config.js';
export { ReconnectError } from '../../machines/errors.js';
export type {
  ErrorInfo,
  ReconnectErrorKind,
  ReconnectErrorOptions,
} from '../../machines/errors.js';
export type { ReconnectEvent, ReconnectState } from '../../machines/reconnect.types.js';
export type { ResumePlan } from '../../machines/resume-plan.js';
export type { EndOutcome, StreamSource } from '../../machines/source-contract.js';
export type { StreamState } from '../../machines/stream-state.js';
export type { AccumulateOptions, SavedValue } from '../accumulate/accumulate.js';
export type { Classification, Classify, ClassifyContext } from '../config/classify.js';
export type { Clock } from '../host/clock.js';
export type { Environment, Hint } from '../host/environment.js';
export type { StreamOutcome } from '../stream/stream.types.js';
