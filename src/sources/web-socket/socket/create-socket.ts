/** Creates a WebSocket of any class: each takes headers in its own form, and gets no unknown arguments. */

import { runQuietly } from '../../../../machines/thenable.js';
import { configFailure, describeType } from '../../shared/source-error.js';
import type { SourceError } from '../../shared/source-error.js';
import { GuardedSocket } from './guarded-socket.js';
import type { Socket } from './socket.js';

/** A WebSocket class: the browser's, that of `ws`, Node's own, Bun's, Deno's, React Native's, that of `websocket`. */
export type WebSocketClass = new (url: string, protocols?: string[]) => object;

export interface SocketRequest {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Options of `ws` that limit a message. */
  readonly limits: { readonly maxPayload: number; readonly closeTimeout: number };
}

/** @throws ReconnectError `config` if there is no class, or it cannot create this socket. */
export function createSocket(given: WebSocketClass | undefined, request: SocketRequest): Socket {
  // Looked up at each attempt, so that a class that is patched later is used.
  const found: unknown = given ?? (globalThis as { WebSocket?: unknown }).WebSocket;
  if (typeof found !== 'function') {
    const write = "WebSocket: (await import('ws')).WebSocket";
    throw configFailure(
      'a WebSocket class, since this runtime has none',
      describeType(found),
      write,
    );
  }
  const made = construct(found as AnyClass, request);
  if (typeof made.addEventListener !== 'function' || typeof made.send !== 'function')
    throw configFailure(
      'WebSocket to make a WebSocket',
      describeType(made),
      'WebSocket: WebSocket',
    );
  const socket = new GuardedSocket(made);
  // Also after the end: an error event without a listener ends a Node process.
  try {
    socket.addEventListener('error', ignore);
  } catch (cause) {
    runQuietly(() => socket.close());
    throw refused(cause);
  }
  try {
    socket.binaryType = 'arraybuffer';
  } catch {
    // A class with one binary type only.
  }
  return socket;
}

type AnyClass = (new (url: string, ...rest: unknown[]) => Socket) & {
  readonly prototype?: Partial<Socket> | undefined;
};

function construct(Class: AnyClass, request: SocketRequest): Socket {
  const { url, protocols, headers, limits } = request;
  if (isWs(Class)) return make(() => new Class(url, [...protocols], { headers, ...limits }));
  const names = protocols.length === 0 ? [] : [[...protocols]];
  if (Object.keys(headers).length === 0) return make(() => new Class(url, ...names));
  // `websocket`: url, protocols, origin, headers.
  if (Class.name === 'W3CWebSocket')
    return make(() => new Class(url, [...protocols], undefined, headers));
  return withHeaders(Class, request);
}

/**
 * The dictionary of undici, Node, Deno and Bun is the second argument, the options of React Native are the third. Whether
 * a class sends headers is seen by whether it reads them: a browser's never does, and would connect without them.
 */
function withHeaders(Class: AnyClass, { url, protocols, headers }: SocketRequest): Socket {
  let wereRead = false;
  const hasDictionary = Class.length <= 1;
  const options = Object.defineProperty(
    hasDictionary ? { protocols: [...protocols] } : {},
    'headers',
    {
      enumerable: true,
      get: () => {
        wereRead = true;
        return { ...headers };
      },
    },
  );
  let socket: Socket;
  try {
    socket = hasDictionary ? new Class(url, options) : new Class(url, [...protocols], options);
  } catch (cause) {
    throw wereRead ? refused(cause) : noHeaders(cause);
  }
  if (wereRead) return socket;
  socket.addEventListener?.('error', ignore);
  socket.close?.();
  throw noHeaders();
}

/** Returns whether the class is `ws`, or a compatible one. */
function isWs({ prototype }: AnyClass): boolean {
  return typeof prototype?.terminate === 'function' && typeof prototype.pause === 'function';
}

function make(construct: () => Socket): Socket {
  try {
    return construct();
  } catch (cause) {
    throw refused(cause);
  }
}

function refused(cause: unknown): SourceError {
  const expected = 'url and protocols that the WebSocket takes';
  return configFailure(expected, 'some that it refuses', "protocols: ['name']", cause);
}

function noHeaders(cause?: unknown): SourceError {
  const write = "WebSocket: (await import('ws')).WebSocket, or a token in url";
  const expected = 'a WebSocket that can send headers';
  return configFailure(expected, 'one that cannot', write, cause);
}

function ignore(): void {}
