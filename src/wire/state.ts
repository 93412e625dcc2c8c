/** Converts the state's name to and from the wire, as serde prints it. */

import type { ReconnectState } from '../../machines/reconnect.types.js';
import { unfit } from './read.js';

export type WireState = 'Idle' | 'Waiting' | 'Connecting' | 'Connected' | 'Failed';

/** `paused` and `closed` are written as `Idle`: no attempt is being made. */
export function toWireState(state: ReconnectState): WireState {
  const name = Object.hasOwn(TO_WIRE, state) ? TO_WIRE[state] : undefined;
  if (name === undefined) throw unfit('state', `one of ${Object.keys(TO_WIRE).join(', ')}`);
  return name;
}

/** @throws ReconnectError kind `wire`. */
export function fromWireState(value: unknown): ReconnectState {
  const found = FROM_WIRE.find(([name]) => name === value);
  if (found === undefined)
    throw unfit('state', `one of ${FROM_WIRE.map(([name]) => name).join(', ')}`);
  return found[1];
}

const TO_WIRE: Readonly<Record<ReconnectState, WireState>> = {
  idle: 'Idle',
  waiting: 'Waiting',
  connecting: 'Connecting',
  connected: 'Connected',
  failed: 'Failed',
  paused: 'Idle',
  closed: 'Idle',
};

const FROM_WIRE: readonly (readonly [WireState, ReconnectState])[] = [
  ['Idle', 'idle'],
  ['Waiting', 'waiting'],
  ['Connecting', 'connecting'],
  ['Connected', 'connected'],
  ['Failed', 'failed'],
];
