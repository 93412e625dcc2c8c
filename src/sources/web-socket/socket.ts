/** What is asked of a WebSocket: the browser's, that of `ws`, Node's own. */

import { configFailure, kindOf } from '../failure.js';

/** What a WebSocket carries: text, or bytes. */
export type WebSocketMessage = string | Uint8Array;

/**
 * A WebSocket class. The third argument is for `ws`: headers and limits that the others do not know.
 * https://websockets.spec.whatwg.org/#the-websocket-interface
 */
export type WebSocketClass = new (url: string, protocols?: string[]) => object;

export interface Socket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(message: WebSocketMessage): void;
  close(code?: number): void;
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
  removeEventListener(type: string, listener: (event: SocketEvent) => void): void;
  /** These are of `ws` alone. */
  on?(event: string, listener: (...args: never[]) => void): unknown;
  terminate?(): void;
  pause?(): void;
  resume?(): void;
}

/** The fields of all its events: open, message, error, close. */
export interface SocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: unknown;
  readonly error?: unknown;
  readonly message?: unknown;
}

const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;

/** @throws ReconnectError `config` where there is no class, or what it makes is no WebSocket. */
export function createSocket(
  given: WebSocketClass | undefined,
  url: string,
  protocols: readonly string[],
  options: object,
): Socket {
  // Looked up at each attempt, so that one patched in later is used.
  const found: unknown = given ?? (globalThis as { WebSocket?: unknown }).WebSocket;
  if (typeof found !== 'function') {
    const write = "WebSocket: (await import('ws')).WebSocket";
    throw configFailure('a WebSocket class, since this runtime has none', kindOf(found), write);
  }
  const Class = found as new (url: string, protocols: string[], options: object) => Socket;
  let socket: Socket;
  try {
    socket = new Class(url, [...protocols], options);
  } catch (cause) {
    const expected = 'url and protocols that the WebSocket takes';
    throw configFailure(expected, 'some that it refuses', "protocols: ['name']", cause);
  }
  if (typeof socket.addEventListener !== 'function' || typeof socket.send !== 'function')
    throw configFailure('WebSocket to make a WebSocket', kindOf(socket), 'WebSocket: WebSocket');
  socket.binaryType = 'arraybuffer';
  // In every phase, the last one too: an error that nobody listens to ends a Node process.
  socket.addEventListener('error', ignore);
  return socket;
}

/** Leaves the socket: what it still says is not heard. It ends by itself, a peer that is silent or not. */
export function abandon(socket: Socket): void {
  try {
    if (socket.readyState === CONNECTING && socket.terminate !== undefined) socket.terminate();
    else socket.close(NORMAL);
    // One that is paused would not see the peer's answer.
    socket.resume?.();
  } catch {
    // A foreign socket that cannot be closed has nothing left to let go.
  }
}

/** RFC 6455, 7.4.1. */
const NORMAL = 1000;

export function isMessage(value: unknown): value is WebSocketMessage {
  return typeof value === 'string' || value instanceof Uint8Array;
}

export function sizeOf(message: WebSocketMessage): number {
  return message.length;
}

function ignore(): void {}
