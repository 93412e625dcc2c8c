/** The part of a WebSocket that is used, whatever its class. https://websockets.spec.whatwg.org/#the-websocket-interface */

import type { SourceClock } from '../../../../machines/source-contract.js';

export interface Socket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount?: number | undefined;
  /** Bytes that the class has read and not parsed yet, if it shows them. */
  readonly unparsedBytes?: number | undefined;
  /** The sub-protocol that the peer chose. */
  readonly protocol?: string | null | undefined;
  send(data: unknown): void;
  close(code?: number): void;
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
  removeEventListener(type: string, listener: (event: SocketEvent) => void): void;
  /** Methods of `ws`, some of which Bun has too. */
  on?(event: string, listener: (...args: never[]) => void): unknown;
  ping?(): void;
  readonly terminate?: (() => void) | undefined;
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
export const CLOSED = 3;

/** The code of a normal close (RFC 6455, 7.4.1). */
export const NORMAL = 1000;

/**
 * Closes the socket with this code, and stops listening to it. If the peer does not answer in time, the socket is
 * terminated, if its class can do that.
 */
export function abandon(socket: Socket, code: number, clock: SourceClock, timeoutMs: number): void {
  try {
    if (socket.readyState === CONNECTING && socket.terminate !== undefined) socket.terminate();
    else closeWith(socket, code);
    // A paused socket would not see the peer's close frame.
    socket.resume?.();
    terminateLate(socket, clock, timeoutMs);
  } catch {
    // A socket that cannot be closed has nothing left to release.
  }
}

function closeWith(socket: Socket, code: number): void {
  try {
    socket.close(code);
  } catch {
    socket.close();
  }
}

function terminateLate(socket: Socket, clock: SourceClock, timeoutMs: number): void {
  if (socket.terminate === undefined || socket.readyState === CLOSED) return;
  const timer = clock.setTimeout(() => {
    try {
      socket.terminate?.();
    } catch {
      // The socket is gone already.
    }
  }, timeoutMs);
  socket.addEventListener('close', () => clock.clearTimeout(timer));
}
