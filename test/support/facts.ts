/** What tests wait for and compare: events of a stream, its items, its end. */

import { reconnectStream } from '../../src/index.js';
import type {
  ReconnectError,
  ReconnectEvent,
  ReconnectingStream,
  ReconnectOptions,
  ReconnectState,
  StreamSource,
} from '../../src/index.js';
import { virtualClock } from '../../src/testing/index.js';
import type { VirtualClock } from '../../src/testing/index.js';

export const EVENT_TYPES: readonly ReconnectEvent['type'][] = [
  'attemptStarted',
  'waiting',
  'connected',
  'failed',
  'dropped',
  'rotated',
  'caughtUp',
  'restarted',
  'reset',
  'gap',
  'replayed',
  'stalled',
  'progress',
  'toolCall',
  'paused',
  'diagnostic',
  'closed',
];

/** Resolves with the next event of this type. */
export function once<K extends ReconnectEvent['type']>(
  stream: ReconnectingStream<unknown>,
  type: K,
): Promise<Extract<ReconnectEvent, { type: K }>> {
  return new Promise((resolve) => {
    const stop = stream.on(type, (event) => {
      stop();
      resolve(event);
    });
  });
}

/** Resolves as soon as the stream is in this state. */
export function inState(stream: ReconnectingStream<unknown>, state: ReconnectState): Promise<void> {
  if (stream.state === state) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = stream.subscribe((snapshot) => {
      if (snapshot.state !== state) return;
      stop();
      resolve();
    });
  });
}

/** All events from now on, in the order in which they are heard. */
export function record(stream: ReconnectingStream<unknown>): ReconnectEvent[] {
  const heard: ReconnectEvent[] = [];
  for (const type of EVENT_TYPES) stream.on(type, (event) => heard.push(event));
  return heard;
}

export function eventsOf<K extends ReconnectEvent['type']>(
  heard: readonly ReconnectEvent[],
  type: K,
): Extract<ReconnectEvent, { type: K }>[] {
  return heard.filter((event) => event.type === type) as Extract<ReconnectEvent, { type: K }>[];
}

export interface Read<T> {
  /** Grows while it is read. */
  readonly items: T[];
  /** What the iterator threw, or null where it ended. */
  readonly ended: Promise<ReconnectError | null>;
}

/** Reads to the end, item by item. */
export function read<T>(stream: ReconnectingStream<T>): Read<T> {
  const items: T[] = [];
  const run = async (): Promise<ReconnectError | null> => {
    try {
      for await (const one of stream) items.push(one);
      return null;
    } catch (error) {
      return error as ReconnectError;
    }
  };
  return { items, ended: run() };
}

export interface OnVirtualClock<T> {
  readonly stream: ReconnectingStream<T>;
  readonly clock: VirtualClock;
  readonly heard: ReconnectEvent[];
}

/** A stream on its own virtual clock, heard from its first event. Without jitter: delays are exact. */
export function onVirtualClock<T>(
  source: StreamSource<T>,
  options: ReconnectOptions & { clock?: VirtualClock } = {},
): OnVirtualClock<T> {
  const { clock = virtualClock(), ...rest } = options;
  const stream = reconnectStream(source, { jitter: 'none', ...rest, clock });
  return { stream, clock, heard: record(stream) };
}
