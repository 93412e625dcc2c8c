/** Entry `stream-reconnect/wire`: reads and writes the JSON of the Rust module. */

export type { ReconnectConfig } from '../../machines/config.js';
export type { ReconnectEvent, ReconnectState } from '../../machines/reconnect.types.js';
export type { StreamState } from '../../machines/stream-state.js';
export { fromWireConfig, toWireConfig } from './config.js';
export type { WireConfig } from './config.js';
export { fromWireEvent, toWireEvent } from './event.js';
export type { FromWireEvent, WireEvent } from './event.js';
export { fromWireState, toWireState } from './state.js';
export type { WireState } from './state.js';
export { fromWireStreamState, toWireStreamState } from './stream-state.js';
export type { WireStreamState } from './stream-state.js';
