/** Entry `stream-reconnect/testing`: the tools that this package is tested with. For Node. */

export type {
  Connection,
  ResumeMode,
  ResumePoint,
  SourceItem,
  StreamSource,
} from '../../machines/source-contract.js';
export type {
  ReconnectContext,
  ReconnectInput,
  ReconnectMachine,
  ReconnectMachineEvent,
  ReconnectState,
} from '../../machines/reconnect.types.js';
export { faultProxy } from './fault-proxy.js';
export type { FaultProxy, FaultProxyOptions, ProxyFault } from './fault-proxy.js';
export { flakyServer } from './flaky-server.js';
export type {
  FlakyCall,
  FlakyPath,
  FlakyRequest,
  FlakyServer,
  FlakyServerOptions,
} from './flaky-server.js';
export type {
  FlakyResponse,
  FlakyFault,
  FlakyFaultKind,
  FlakyPieces,
} from './flaky-response.types.js';
export { fewModelSteps, modelSteps } from './model-steps.js';
export type { InternalStep, ModelStep } from './model-steps.js';
export { reconnectModel } from './reconnect-model.js';
export type {
  ModelPath,
  ModelSnapshot,
  ModelWalk,
  ReconnectModel,
  ReconnectModelOptions,
} from './reconnect-model.js';
export { recorder, replay } from '../recorder/index.js';
export type {
  RecordedState,
  RecordedStep,
  Recorder,
  RecorderOptions,
  Recording,
  Replay,
  ReplayedStep,
} from '../recorder/index.js';
export { scriptedSource } from './scripted-source.js';
export type {
  ScriptedOpening,
  ScriptedSource,
  ScriptedSourceOptions,
  ScriptedStep,
} from './scripted-source.js';
export { seededRandom } from './seeded-random.js';
export { virtualClock } from './virtual-clock.js';
export type { VirtualClock } from './virtual-clock.js';
