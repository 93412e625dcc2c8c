/** `webSocket()`: its callbacks, and a class of the caller's own with its methods and getters. */

import { webSocket } from '../../src/sources/index.js';
import type { WebSocketClass, WebSocketOptions } from '../../src/sources/index.js';
import { ignoreRejection } from '../../machines/thenable.js';
import type { Place, Subject } from './cell.js';
import type { Places } from './places.js';

export const socketSource: Subject = socketSubject('webSocket()', 'parse');
export const manyFromSocket: Subject = socketSubject('webSocket() with parseMany', 'parseMany');

type Shared = Places<WebSocketOptions<number>>;

function socketSubject(name: string, parser: 'parse' | 'parseMany'): Subject {
  return {
    name,
    create(place) {
      const { WebSocket, peer } = peerOf(place);
      const { parse, parseMany, ...own }: Shared = {
        url: place('url', () => 'ws://peer.test/stream'),
        protocols: place('protocols', () => undefined),
        headers: place('headers', () => undefined),
        parse: place('parse', Number),
        parseMany: place('parseMany', (message) => [Number(message)]),
        id: place('id', String),
        isEnd: place('isEnd', () => false),
        resumeMessage: place('resumeMessage', ({ cursor }) => `from ${cursor}`),
        ready: place('ready', () => undefined),
        closeCode: place('closeCode', () => undefined),
        ackId: place('ackId', () => undefined),
        isAck: place('isAck', () => undefined),
        contiguous: place('contiguous', () => 'next'),
        rotation: place('rotation', () => false),
      };
      const ping = { message: place('ping.message', () => 'ping'), everyMs: 10_000 };
      const reading = parser === 'parse' ? { parse } : { parseMany };
      return { source: webSocket<number>({ ...own, ...reading, WebSocket, ping }), peer };
    },
  };
}

type Listener = (event: object) => void;

function peerOf(place: Place): {
  WebSocket: WebSocketClass;
  peer: ReturnType<Subject['create']>['peer'];
} {
  const live = new Set<FakeSocket>();
  let last = 0;
  let newest: FakeSocket | null = null;
  const open = place('new WebSocket', () => {});
  const addEventListener = place(
    'addEventListener',
    (socket: FakeSocket, type: string, run: Listener) => socket.listen(type, run),
  );
  const send = place('send', () => {});
  const close = place('socket.close', () => {});
  const readyState = place('readyState', (socket: FakeSocket) => socket.state);
  const bufferedAmount = place('bufferedAmount', () => 0);

  const added = (socket: FakeSocket): void => {
    live.add(socket);
    newest = socket;
  };

  class FakeSocket {
    binaryType = 'blob';
    state = 0;
    readonly protocol = '';
    readonly #listeners = new Map<string, Set<Listener>>();

    constructor() {
      ignoreRejection(open());
      added(this);
    }

    get readyState(): number {
      return readyState(this);
    }

    get bufferedAmount(): number {
      return bufferedAmount();
    }

    addEventListener(type: string, run: Listener): void {
      return addEventListener(this, type, run);
    }

    removeEventListener(type: string, run: Listener): void {
      this.#listeners.get(type)?.delete(run);
    }

    send(): void {
      return send();
    }

    close(code = 1005): void {
      const isNews = live.delete(this);
      this.state = 3;
      if (isNews) queueMicrotask(() => this.emit('close', { code, reason: '' }));
      return close();
    }

    listen(type: string, run: Listener): void {
      const listeners = this.#listeners.get(type) ?? new Set();
      this.#listeners.set(type, listeners.add(run));
    }

    emit(type: string, event: object): void {
      for (const run of Array.from(this.#listeners.get(type) ?? [])) run({ type, ...event });
    }
  }

  return {
    WebSocket: FakeSocket,
    peer: {
      answer: () => {
        if (newest === null || newest.state !== 0) return;
        newest.state = 1;
        newest.emit('open', {});
      },
      send: () => newest?.state === 1 && newest.emit('message', { data: String((last += 1)) }),
      drop: () => {
        if (newest === null || newest.state === 3) return;
        newest.state = 3;
        live.delete(newest);
        newest.emit('close', { code: 1006, reason: '' });
      },
      get live() {
        return live.size;
      },
    },
  };
}
