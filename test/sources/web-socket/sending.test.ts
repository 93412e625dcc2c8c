/** What `webSocket()` sends: in order, bounded, as it was at the call, and never lost without a word. */

import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { reconnectStream } from '../../../src/index.js';
import { webSocket } from '../../../src/sources/index.js';
import type { WebSocketData, WebSocketOptions } from '../../../src/sources/index.js';
import { once } from '../../support/facts.js';
import { QUICK } from '../../support/read-all.js';
import { closed, runSocket } from '../../support/socket-run.js';
import type { SocketRun } from '../../support/socket-run.js';
import type { OnConnection } from '../../support/web-socket-server.js';

const idle: OnConnection = () => {};

describe('what waits for a connection', () => {
  it('leaves in order, whatever its number', async () => {
    const { source, stream, on } = await runSocket(idle);
    const texts = Array.from({ length: 2000 }, (_, n) => `${n}`);
    for (const text of texts) expect(source.send(text)).toBe('queued');
    expect(source.bufferedAmount).toBeGreaterThan(2000);
    stream.start();
    await on.until(() => on.received[0]?.length === texts.length);
    expect(on.received[0]).toEqual(texts);
    expect([source.unsent, source.bufferedAmount]).toEqual([[], 0]);
  }, 300_000);

  it('costs little per message, however many wait: 200,000 leave at once', async () => {
    let sent = 0;
    class Fast extends EventTarget {
      readonly readyState = 1;
      constructor() {
        super();
        queueMicrotask(() => this.dispatchEvent(new Event('open')));
      }
      send(): void {
        sent += 1;
      }
      close(): void {}
    }
    const costs: number[] = [];
    for (let round = 1; round <= 4; round++) {
      const source = webSocket({
        url: 'ws://127.0.0.1/',
        WebSocket: Fast,
        maxQueuedBytes: 64 * 1024 * 1024,
      });
      // Time of the processor: others run as well.
      const began = process.cpuUsage();
      for (let n = 0; n < 200_000; n++) source.send('0123456789');
      const stream = reconnectStream(source);
      stream.start();
      await once(stream, 'connected');
      costs.push(process.cpuUsage(began).user / 1000);
      expect(sent).toBe(round * 200_000);
      stream.close();
    }
    expect(Math.min(...costs)).toBeLessThan(200);
  }, 300_000);

  it('is what it was at the call: bytes that change later do not', async () => {
    const { source, stream, on } = await runSocket(idle);
    const scratch = new Uint8Array(2);
    for (const n of [1, 2]) source.send(scratch.fill(48 + n));
    stream.start();
    await once(stream, 'connected');
    source.send(scratch.fill(51));
    scratch.fill(52);
    await on.until(() => on.received[0]?.length === 3);
    expect(on.received[0]).toEqual(['11', '22', '33']);
  });

  it('is bounded in bytes, and an empty message counts', async () => {
    const { source } = await runSocket(idle, undefined, { maxQueuedBytes: 80 });
    for (let n = 0; n < 10; n++) source.send('');
    expect(() => source.send('')).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(source.clearUnsent()).toHaveLength(10);
    expect([source.unsent, source.bufferedAmount]).toEqual([[], 0]);
    expect(source.send('x')).toBe('queued');
  });
});

describe('what can be sent', () => {
  const bytes = new TextEncoder().encode('abc');
  const foreign = (): unknown => {
    // What another realm's view looks like from here.
    const view = new Uint8Array(bytes);
    const prototype = Object.getPrototypeOf(Uint8Array.prototype) as object;
    return Object.setPrototypeOf(view, Object.create(prototype) as object) as unknown;
  };
  const kinds: readonly (readonly [string, unknown])[] = [
    ['text', 'abc'],
    ['a Uint8Array', bytes],
    ['a Buffer', Buffer.from('abc')],
    ['an ArrayBuffer', bytes.slice().buffer],
    ['a DataView', new DataView(Buffer.from('_abc_').buffer.slice(0), 0, 0)],
    ['a view of a part', new Uint8Array(new TextEncoder().encode('_abc_').buffer, 1, 3)],
    ['an Int16Array', new Int16Array(new TextEncoder().encode('abcd').buffer)],
    ['a Blob', new Blob(['abc'])],
    ['bytes of another realm', foreign()],
  ];

  it.each(kinds)('%s', async (name, data) => {
    const { source, stream, on } = await runSocket(idle);
    expect(source.send(data as WebSocketData)).toBe('queued');
    stream.start();
    await once(stream, 'connected');
    expect(source.send(data as WebSocketData)).toBe('sent');
    await on.until(() => on.received[0]?.length === 2);
    const expected = name === 'an Int16Array' ? 'abcd' : name === 'a DataView' ? '' : 'abc';
    expect(on.received[0]).toEqual([expected, expected]);
  });

  it.each([7, null, undefined, {}, [], Symbol('x'), () => {}, Promise.resolve('x')])(
    'not %s',
    async (data) => {
      const { source } = await runSocket(idle);
      expect(() => source.send(data as never)).toThrow(expect.objectContaining({ kind: 'usage' }));
    },
  );
});

describe('an open connection', () => {
  it('that is idle takes a message larger than what may wait', async () => {
    const { source, stream, on } = await runSocket(idle, undefined, { maxQueuedBytes: 100 });
    expect(() => source.send('x'.repeat(101))).toThrow(expect.objectContaining({ kind: 'limit' }));
    stream.start();
    await once(stream, 'connected');
    expect(source.send('x'.repeat(10_000))).toBe('sent');
    await on.until(() => on.received[0]?.length === 1);
  });

  it('says what it has not passed on, and when it has', async () => {
    let waiting = 0;
    class Slow extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        Object.defineProperty(this, 'bufferedAmount', { get: () => waiting });
      }
    }
    const { source, stream } = await runSocket(idle, undefined, {
      WebSocket: Slow,
      maxQueuedBytes: 100,
    });
    let drained = 0;
    const stop = source.onDrain(() => (drained += 1));
    stream.start();
    await once(stream, 'connected');
    expect(drained).toBe(0);
    source.send('a');
    waiting = 90;
    expect(source.bufferedAmount).toBe(90);
    expect(() => source.send('12345678901')).toThrow(expect.objectContaining({ kind: 'limit' }));
    const drains = new Promise<void>((resolve) => source.onDrain(resolve));
    waiting = 0;
    await drains;
    expect(drained).toBe(1);
    stop();
    source.send('b');
    await new Promise<void>((resolve) => source.onDrain(resolve));
    expect(drained).toBe(1);
  });
});

describe('the end', () => {
  it.each<[string, OnConnection, (run: SocketRun<unknown>) => void]>([
    ['the peer closes with 1000', (socket) => socket.close(1000), () => {}],
    ['the stream is closed', idle, ({ stream }) => stream.close()],
  ])('after %s nothing is queued for nobody', async (_, onConnection, end) => {
    const run = await runSocket(onConnection);
    run.stream.start();
    await once(run.stream, 'connected');
    end(run);
    await run.stream.done;
    expect(() => run.source.send('order 7')).toThrow(expect.objectContaining({ kind: 'usage' }));
    expect(run.source.unsent).toEqual([]);
  });

  it('what waits then is unsent, and a new stream sends it', async () => {
    const { source, stream, on } = await runSocket(idle);
    source.send('a');
    stream.close();
    expect(source.unsent).toEqual(['a']);
    const again = closed(reconnectStream(source, QUICK));
    again.start();
    await on.until(() => on.received[0]?.length === 1);
    expect(source.send('b')).toBe('sent');
  });

  it('a peer that refuses the connection has taken nothing of what waited: it is unsent, and stays so', async () => {
    const { source, stream, on } = await runSocket((socket) => {
      socket.send('{"type":"auth_required"}');
      socket.on('message', () => socket.close(1008, 'auth first'));
    });
    source.send('one');
    source.send('two');
    stream.start();
    const { error } = await stream.done;
    expect(error?.message).toBe('The peer closed the connection with code 1008: auth first');
    expect(source.unsent).toEqual(['one', 'two']);
    stream.retryNow();
    await on.until(() => on.handshakes.length === 2);
    await once(stream, 'connected');
    expect(source.clearUnsent()).toEqual(['one', 'two']);
    expect(on.received[1]).toEqual([]);
  });
});

describe('messages that are acknowledged', () => {
  interface Order {
    readonly id?: string;
    readonly ack?: string;
  }
  const withAcks: Partial<WebSocketOptions<unknown>> = {
    parse: (message) => JSON.parse(String(message)) as Order,
    ackId: (message) => (JSON.parse(message as string) as Order).id,
    isAck: (item) => (item as Order).ack,
  };
  const order = (id: string): string => JSON.stringify({ id });

  it('are sent again, in order, until the peer has them; the others never', async () => {
    const { source, stream, on } = await runSocket(
      idle,
      (text, socket, n) => {
        const { id } = JSON.parse(text) as Order;
        // The first connection acknowledges one and breaks behind the third.
        if (n > 0 || id === 'a') socket.send(JSON.stringify({ ack: id }));
        if (n === 0 && id === 'c') socket.terminate();
      },
      withAcks,
    );
    const items: unknown[] = [];
    const reading = (async () => {
      for await (const item of stream) items.push(item);
    })();
    await once(stream, 'connected');
    source.send(order('a'));
    source.send(order('b'));
    source.send('{}');
    source.send(order('c'));
    await once(stream, 'dropped');
    source.send(order('d'));
    await vi.waitUntil(() => source.unsent.length === 0);
    expect(on.received).toEqual([
      [order('a'), order('b'), '{}', order('c')],
      [order('b'), order('c'), order('d')],
    ]);
    stream.close();
    await reading;
    // An acknowledgement is no item.
    expect(items).toEqual([]);
  });

  it('are bounded as a whole, and saved as what is unsent', async () => {
    const { source, stream, on } = await runSocket(idle, undefined, {
      ...withAcks,
      maxQueuedBytes: 60,
    });
    stream.start();
    await once(stream, 'connected');
    for (const id of ['1', '2', '3', '4', '5', '6']) source.send(order(id));
    expect(() => source.send(order('7'))).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(source.unsent).toEqual(['1', '2', '3', '4', '5', '6'].map(order));
    expect(() => source.send(order('1'))).toThrow(expect.objectContaining({ kind: 'usage' }));
    const saved = source.clearUnsent();
    stream.close();
    const next = webSocket<unknown>({ url: on.url, WebSocket, ...withAcks });
    for (const message of saved) next.send(message);
    const again = closed(reconnectStream(next, QUICK));
    again.start();
    await on.until(() => on.received[1]?.length === 6);
  });

  it('several may be acknowledged at once', async () => {
    const { source, stream } = await runSocket(
      idle,
      (text, socket) => {
        if ((JSON.parse(text) as Order).id === 'c') socket.send(JSON.stringify({ ack: 'a,b,c' }));
      },
      { ...withAcks, isAck: (item) => (item as Order).ack?.split(',') },
    );
    stream.start();
    await once(stream, 'connected');
    for (const id of ['a', 'b', 'c']) source.send(order(id));
    await vi.waitUntil(() => source.unsent.length === 0);
  });
});
