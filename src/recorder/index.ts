/** Entry `stream-reconnect/recorder`: recordings of streams, for bug reports. */

export { recorder } from './recorder.js';
export type {
  RecordedState,
  RecordedStep,
  Recorder,
  RecorderOptions,
  Recording,
} from './recorder.js';
export { replay } from './replay.js';
export type { Replay, ReplayedStep } from './replay.js';
export type {
  ReconnectContext,
  ReconnectMachine,
  ReconnectState,
} from '../../machines/reconnect.types.js';
