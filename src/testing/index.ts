/** Entry `stream-reconnect/testing`: the tools that this package is tested with. For Node. */

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
