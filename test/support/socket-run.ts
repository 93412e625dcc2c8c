/** A stream of `webSocket()`, and the server on loopback that it talks to: both end with the test. */

import { WebSocket } from 'ws';
import { afterEach } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream, ReconnectOptions } from '../../src/index.js';
import { webSocket } from '../../src/sources/index.js';
import type { WebSocketOptions, WebSocketSource } from '../../src/sources/index.js';
import { QUICK } from './read-all.js';
import { startSocketServer } from './web-socket-server.js';
import type { OnConnection, OnText, SocketServer } from './web-socket-server.js';

export interface SocketRun<T> {
  readonly source: WebSocketSource<T>;
  readonly stream: ReconnectingStream<T>;
  readonly on: SocketServer;
}

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

/** The stream is not started. @param source nothing: what `ws` needs */
export async function runSocket<T = unknown>(
  onConnection: OnConnection,
  onText: OnText = () => {},
  source: Partial<WebSocketOptions<T>> = {},
  options: ReconnectOptions = {},
): Promise<SocketRun<T>> {
  const on = await startSocketServer(onConnection, onText, {
    handleProtocols: (names) => [...names].at(-1) ?? false,
  });
  const feed = webSocket<T>({ url: on.url, WebSocket, ...source } as WebSocketOptions<T>);
  const stream = reconnectStream(feed, { ...QUICK, ...options });
  closing.push(on.close);
  return { source: feed, stream: closed(stream), on };
}

/** Closes it with the test. */
export function closed<S extends ReconnectingStream<unknown>>(stream: S): S {
  closing.unshift(() => Promise.resolve(stream.close()));
  return stream;
}
