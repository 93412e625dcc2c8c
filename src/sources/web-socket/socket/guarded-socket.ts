/** A WebSocket of any class, whose methods may be async and whose getters may throw. */

import { ignoreRejection, readQuietly } from '../../../../machines/thenable.js';
import { CLOSED } from './socket.js';
import type { Socket, SocketEvent } from './socket.js';

/** Methods that throw at once throw here too; later rejections, and errors of getters, are ignored. */
export class GuardedSocket implements Socket {
  readonly on?: NonNullable<Socket['on']>;
  readonly ping?: NonNullable<Socket['ping']>;
  readonly pause?: NonNullable<Socket['pause']>;
  readonly resume?: NonNullable<Socket['resume']>;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    if (has(socket, 'on')) this.on = (event, listener) => owned(socket.on?.(event, listener));
    if (has(socket, 'ping')) this.ping = () => owned(socket.ping?.());
    if (has(socket, 'pause')) this.pause = () => owned(socket.pause?.());
    if (has(socket, 'resume')) this.resume = () => owned(socket.resume?.());
  }

  get readyState(): number {
    const state = readQuietly(() => this.#socket.readyState);
    return typeof state === 'number' ? state : CLOSED;
  }

  get bufferedAmount(): number {
    const amount = readQuietly(() => this.#socket.bufferedAmount);
    return typeof amount === 'number' ? amount : 0;
  }

  /** Bytes inside the connection of `websocket`, which parses one frame per turn, however much has arrived. */
  get unparsedBytes(): number {
    const bytes = readQuietly(() => connectionOf(this.#socket)?.bufferList?.length);
    return typeof bytes === 'number' ? bytes : 0;
  }

  get terminate(): (() => void) | undefined {
    const socket = this.#socket;
    if (has(socket, 'terminate')) return () => owned(socket.terminate?.());
    const transport = readQuietly(() => connectionOf(socket)?.socket) as Transport | undefined;
    return transport?.destroy === undefined ? undefined : () => owned(transport.destroy?.());
  }

  get protocol(): string {
    const protocol = readQuietly(() => this.#socket.protocol);
    return typeof protocol === 'string' ? protocol : '';
  }

  get binaryType(): string {
    return String(readQuietly(() => this.#socket.binaryType));
  }

  set binaryType(type: string) {
    this.#socket.binaryType = type;
  }

  send(data: unknown): void {
    owned(this.#socket.send(data));
  }

  close(code?: number): void {
    owned(code === undefined ? this.#socket.close() : this.#socket.close(code));
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    owned(this.#socket.addEventListener(type, listener));
  }

  removeEventListener(type: string, listener: (event: SocketEvent) => void): void {
    owned(this.#socket.removeEventListener(type, listener));
  }
}

/** The connection inside a socket of `websocket`, whose fields are public. */
interface W3CConnection {
  readonly bufferList?: { readonly length: number };
  readonly socket?: Transport;
}

interface Transport {
  destroy?(): void;
}

function connectionOf(socket: Socket): W3CConnection | undefined {
  return (socket as { _connection?: W3CConnection })._connection;
}

function has(socket: Socket, method: keyof Socket): boolean {
  return readQuietly(() => typeof socket[method] === 'function') === true;
}

function owned(answer: unknown): void {
  ignoreRejection(answer);
}
