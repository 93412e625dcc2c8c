/** Every WebSocket class: what each is given, what each forgets to say, and that each is left in time. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket as Undici } from 'undici';
import { w3cwebsocket } from 'websocket';
import { WebSocket, WebSocketServer } from 'ws';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectError, ReconnectOptions } from '../../../src/index.js';
import { webSocket } from '../../../src/sources/index.js';
import type { WebSocketClass, WebSocketOptions } from '../../../src/sources/index.js';
import { onLoopback } from '../../../src/loopback/listen.js';
import { eventsOf, once, record } from '../../support/facts.js';
import { QUICK } from '../../support/read-all.js';
import { startSocketServer } from '../../support/web-socket-server.js';
import type { SocketServer } from '../../support/web-socket-server.js';

let server: SocketServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  vi.unstubAllGlobals();
});

/** No on(), no terminate(), and a third argument that has `headers` and nothing else: as in React Native. */
const strangers: string[] = [];
class ReactNative extends EventTarget {
  readonly #socket: WebSocket;
  binaryType = 'blob';
  constructor(
    url: string,
    protocols?: string[],
    { headers = {}, ...others }: { headers?: Record<string, string> } = {},
  ) {
    super();
    strangers.push(...Object.keys(others));
    this.#socket = new WebSocket(url, protocols ?? [], { headers });
    this.#socket.binaryType = 'arraybuffer';
    for (const type of ['open', 'message', 'close', 'error'] as const)
      this.#socket.addEventListener(type, (event: object) => {
        const { data, code, reason } = event as Record<string, unknown>;
        this.dispatchEvent(Object.assign(new Event(type), { data, code, reason }));
      });
  }
  get readyState(): number {
    return this.#socket.readyState;
  }
  send(data: string): void {
    this.#socket.send(data);
  }
  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }
}

/** Only the dictionary: as undici, Node, Deno and Bun take it. */
class WithDictionary {
  constructor(url: string, options: { protocols?: string[]; headers?: object } | string[] = []) {
    const given = Array.isArray(options) ? { protocols: options } : options;
    const socket: object = new WebSocket(url, given.protocols ?? [], {
      headers: { ...given.headers },
    });
    return socket;
  }
}

const CLASSES: readonly (readonly [string, unknown])[] = [
  ['ws', WebSocket],
  ['undici', Undici],
  ['websocket', w3cwebsocket],
  ['React Native', ReactNative],
  ['a dictionary', WithDictionary],
];

interface Reading {
  readonly items: unknown[];
  readonly error: ReconnectError | null;
}

async function read(
  source: WebSocketOptions<unknown>,
  options: ReconnectOptions = {},
): Promise<Reading> {
  const items: unknown[] = [];
  try {
    for await (const item of reconnectStream(webSocket<unknown>(source), { ...QUICK, ...options }))
      items.push(item);
    return { items, error: null };
  } catch (error) {
    return { items, error: error as ReconnectError };
  }
}

describe.each(CLASSES)('with %s', (name, given) => {
  const Class = given as WebSocketClass;

  it('text and bytes go both ways, and nothing is said that nobody asked for', async () => {
    const on = (server = await startSocketServer(
      (socket) => {
        socket.send('text');
        socket.send(Buffer.from([1, 2, 3]));
      },
      (text, socket) => {
        if (text === 'last') socket.close(1000, 'bye');
      },
    ));
    const source = webSocket({ url: on.url, WebSocket: Class });
    for (const message of ['first', new TextEncoder().encode('bytes'), 'last'])
      source.send(message);
    const items: unknown[] = [];
    for await (const item of reconnectStream(source, QUICK)) items.push(item);
    expect(items).toEqual(['text', new Uint8Array([1, 2, 3])]);
    expect(on.received).toEqual([['first', 'bytes', 'last']]);
    const { headers } = on.handshakes[0] ?? {};
    expect([headers?.origin, headers?.['sec-websocket-protocol']]).toEqual([undefined, undefined]);
    expect(strangers).toEqual([]);
  });

  it('headers and sub-protocols arrive', async () => {
    const on = (server = await startSocketServer((socket) => socket.close(1000)));
    const { error } = await read({
      url: on.url,
      WebSocket: Class,
      headers: { authorization: 'Bearer x' },
      protocols: ['v1', 'v2'],
    });
    expect(error).toBe(null);
    const { headers } = on.handshakes[0] ?? {};
    expect([headers?.authorization, headers?.origin]).toEqual(['Bearer x', undefined]);
    expect(headers?.['sec-websocket-protocol']?.replaceAll(' ', '')).toBe('v1,v2');
    expect(on.handshakes).toHaveLength(1);
  });

  it('a code and its reason are reported', async () => {
    const on = (server = await startSocketServer((socket) => socket.close(4410, 'room 7')));
    const { error } = await read({ url: on.url, WebSocket: Class });
    expect(error?.message).toBe('The peer closed the connection with code 4410: room 7');
  });

  it('nobody who listens is a drop at once', async () => {
    const probe = createServer();
    const { url, close } = await onLoopback(probe);
    await close();
    const began = performance.now();
    const { error } = await read(
      { url: url.replace('http', 'ws'), WebSocket: Class },
      { maxAttempts: 2 },
    );
    expect(error?.kind).toBe('exhausted');
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('a peer that never answers a close is left in time, from either side', async () => {
    const tcps = createServer();
    const sockets = new WebSocketServer({ noServer: true });
    let connections = 0;
    tcps.on('upgrade', (request, tcp, head) => {
      sockets.handleUpgrade(request, tcp, head, (socket) => {
        connections += 1;
        socket.on('error', () => {});
        tcp.removeAllListeners('data').removeAllListeners('end').resume();
        tcp.on('end', () => void tcp.destroy());
        // 1001, and nothing after it.
        tcp.write(Buffer.from([0x88, 2, 0x03, 0xe9]));
      });
    });
    const { url, close } = await onLoopback(tcps);
    const began = performance.now();
    const { error } = await read(
      { url: url.replace('http', 'ws'), WebSocket: Class, closeTimeoutMs: 200 },
      { maxAttempts: 1 },
    );
    expect([error?.kind, connections]).toEqual(['exhausted', 2]);
    expect(performance.now() - began).toBeLessThan(2000);
    tcps.closeAllConnections();
    await close();
  });
  void name;
});

/** A class whose events the test sends. */
function silentClass(): {
  readonly Class: WebSocketClass;
  readonly made: FakeSocket[];
} {
  const made: FakeSocket[] = [];
  class Fake extends FakeSocket {
    constructor() {
      super();
      made.push(this);
    }
  }
  return { Class: Fake, made };
}

class FakeSocket extends EventTarget {
  readyState = 0;
  readonly codes: (number | undefined)[] = [];
  send(): void {}
  close(code?: number): void {
    this.codes.push(code);
  }
  says(type: string, more: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), more));
  }
}

describe('an event that never comes', () => {
  it('close after error: a drop all the same, at once', async () => {
    const { Class, made } = silentClass();
    const source = webSocket({ url: 'ws://127.0.0.1/', WebSocket: Class });
    const stream = reconnectStream(source, { ...QUICK, maxAttempts: 1 });
    stream.start();
    await vi.waitUntil(() => made.length === 1);
    const began = performance.now();
    made[0]?.says('error');
    await vi.waitUntil(() => made.length === 2);
    // Later, with the connection open.
    Object.assign(made[1] as FakeSocket, { readyState: 1 }).says('open');
    await once(stream, 'connected').catch(() => {});
    made[1]?.says('error', { error: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
    const { error } = await stream.done;
    expect(error?.message).toContain('ECONNRESET');
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('close, where the state says that it is closed', async () => {
    const { Class, made } = silentClass();
    const source = webSocket({ url: 'ws://127.0.0.1/', WebSocket: Class, closeTimeoutMs: 100 });
    const stream = reconnectStream(source, { ...QUICK, maxAttempts: 0 });
    stream.start();
    await vi.waitUntil(() => made.length === 1);
    Object.assign(made[0] as FakeSocket, { readyState: 1 }).says('open');
    await once(stream, 'connected');
    Object.assign(made[0] as FakeSocket, { readyState: 3 });
    expect((await stream.done).status).toBe('failed');
  });

  it('open, where the state says that it is open', async () => {
    const { Class, made } = silentClass();
    const source = webSocket({ url: 'ws://127.0.0.1/', WebSocket: Class, closeTimeoutMs: 100 });
    const stream = reconnectStream(source, QUICK);
    const connected = once(stream, 'connected');
    stream.start();
    await vi.waitUntil(() => made.length === 1);
    Object.assign(made[0] as FakeSocket, { readyState: 1 });
    await connected;
    stream.close();
    expect(made[0]?.codes).toEqual([1000]);
  });
});

describe('headers', () => {
  class Deaf {
    constructor(url: string, protocols?: string[]) {
      void protocols;
      return new WebSocket(url);
    }
  }
  class Strict extends FakeSocket {
    constructor(_url: string, ...rest: unknown[]) {
      super();
      if (rest.length > 0 && !Array.isArray(rest[0])) throw new SyntaxError('no such protocol');
    }
  }

  it.each([
    ['never looks at them', Deaf],
    ['takes them for a sub-protocol, as a browser does', Strict],
  ])('of a class that %s are an error: it would connect without', async (_, Class) => {
    const on = (server = await startSocketServer(() => {}));
    const headers = { authorization: 'Bearer x' };
    const { error } = await read({ url: on.url, WebSocket: Class, headers });
    expect(error).toMatchObject({ kind: 'config' });
    expect(error?.message).toContain('headers');
  });
});

describe('the address', () => {
  it('may be a socket of this machine, with ws', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'socket-'));
    const path = join(dir, 'peer');
    const http = createServer();
    const sockets = new WebSocketServer({ server: http });
    const paths: unknown[] = [];
    sockets.on('connection', (socket, request) => {
      paths.push(request.url);
      socket.send('hello');
      socket.close(1000);
    });
    await new Promise<void>((resolve) => http.listen(path, resolve));
    try {
      const { items, error } = await read({ url: `ws+unix://${path}:/feed?x=1`, WebSocket });
      expect([error, items, paths]).toEqual([null, ['hello'], ['/feed?x=1']]);
      const other = await read({ url: `ws+unix://${path}:/feed`, WebSocket: Undici });
      expect(other.error).toMatchObject({ kind: 'config' });
    } finally {
      sockets.close();
      http.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('needs no URL that has setters: React Native has a few only', async () => {
    const Native = URL;
    class Getters {
      readonly #url: URL;
      constructor(text: string) {
        this.#url = new Native(text);
      }
      get href(): string {
        return `${this.#url.href}/`;
      }
      get protocol(): string {
        return this.#url.protocol;
      }
      get username(): string {
        return this.#url.username;
      }
      get password(): string {
        return this.#url.password;
      }
      get port(): string {
        return this.#url.port;
      }
    }
    const on = (server = await startSocketServer((socket) => socket.close(1000)));
    vi.stubGlobal('URL', Getters);
    const source = webSocket({
      url: () => `${on.url}/feed?token=1#here`,
      WebSocket: ReactNative,
    });
    const stream = reconnectStream(source, QUICK);
    const heard = record(stream);
    for await (const _ of stream);
    expect(eventsOf(heard, 'dropped')).toEqual([]);
    expect(on.handshakes.map(({ url }) => url)).toEqual(['/feed?token=1']);
  });
});
