/** `webSocket()` over the browser's own class. */

import type { Socket } from 'node:net';
import { build } from 'esbuild';
import { afterEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { inBrowser } from '../support/browser.js';
import type * as sources from '../../src/sources/index.js';
import type * as core from '../../src/index.js';
import { startSocketPeer, WORDS } from '../support/socket-peer.js';
import type { SocketFault, SocketPeer } from '../support/socket-peer.js';

declare const streamReconnect: typeof core & typeof sources;

let peer: SocketPeer | undefined;
afterEach(async () => peer?.close());

type Fate = NonNullable<SocketFault['does']>;

const FATES: readonly (readonly [string, Fate])[] = [
  ['FIN', (_socket, tcp) => void tcp.end()],
  ['RST', (_socket, tcp) => void tcp.resetAndDestroy()],
  ['an unknown opcode', (_socket, tcp) => void tcp.write(Buffer.from([0x83, 0]))],
  ['broken UTF-8', (_socket, tcp) => void tcp.write(Buffer.from([0x81, 1, 0xff]))],
  ['close 1012', (socket: WebSocket) => socket.close(1012)],
  ['a close frame on a connection that stays open', stayOpen],
  ['silence', () => {}],
];

function stayOpen(_socket: WebSocket, tcp: Socket): void {
  tcp.removeAllListeners('data').removeAllListeners('end').resume();
  tcp.on('end', () => void tcp.destroy());
  tcp.write(Buffer.from([0x88, 2, 0x03, 0xe9]));
}

inBrowser('webSocket() in a page', (here) => {
  it.each(FATES)('goes on after: %s', async (_name, does) => {
    const on = (peer = await startSocketPeer([
      { after: 3, does },
      { after: 4, does },
    ]));
    const got = await here.page.evaluate(async (url) => {
      const { reconnectStream, webSocket } = streamReconnect;
      const source = webSocket({
        url,
        parse: (message) => JSON.parse(String(message)) as { seq: string; word: string },
        id: ({ seq }) => seq,
        resumeMessage: ({ cursor = '0' }) => JSON.stringify({ after: Number(cursor) }),
        closeTimeoutMs: 400,
      });
      const stream = reconnectStream(source, { initialBackoffMs: 5, stallTimeoutMs: 1_000 });
      const words: string[] = [];
      for await (const { word } of stream) words.push(word);
      return { words, status: (await stream.done).status };
    }, on.url);
    expect(got).toEqual({ words: WORDS, status: 'complete' });
    expect(on.handshakes).toHaveLength(3);
    await on.idle();
  });

  it('ends a handshake that nobody answers in the time given', async () => {
    const on = (peer = await startSocketPeer([{ handshake: 'no answer' }]));
    const tookMs = await here.page.evaluate(async (url) => {
      const { reconnectStream, webSocket } = streamReconnect;
      const options = { connectTimeoutMs: 400, maxAttempts: 0 };
      const began = performance.now();
      const stream = reconnectStream(webSocket({ url }), options);
      stream.start();
      await stream.done;
      return performance.now() - began;
    }, on.url);
    expect(Math.abs(tookMs - 400)).toBeLessThan(250);
  });

  it('fails at once where the policy of the page forbids it: no close event comes', async () => {
    const { tookMs, message } = await here.page.evaluate(async (url) => {
      const { reconnectStream, webSocket } = streamReconnect;
      const policy = document.createElement('meta');
      policy.httpEquiv = 'Content-Security-Policy';
      policy.content = "connect-src 'none'";
      document.head.append(policy);
      const began = performance.now();
      const stream = reconnectStream(webSocket({ url }), { maxAttempts: 1, initialBackoffMs: 5 });
      stream.start();
      const { error } = await stream.done;
      return { tookMs: performance.now() - began, message: error?.message };
    }, 'ws://127.0.0.1:9/feed');
    expect(message).toContain('all 1 attempts are used up');
    expect(tookMs).toBeLessThan(2000);
  });

  it('keeps a feed that is silent: the pings that the browser answers do not show', async () => {
    let pongs = 0;
    const does = (socket: WebSocket): void => {
      const timer = setInterval(() => socket.ping(), 20);
      socket.on('pong', () => (pongs += 1));
      socket.on('close', () => clearInterval(timer));
    };
    const on = (peer = await startSocketPeer([{ after: 0, does }]));
    const state = await here.page.evaluate(async (url) => {
      const { reconnectStream, webSocket } = streamReconnect;
      const source = webSocket({ url, resumeMessage: () => '{"after":0}' });
      const stream = reconnectStream(source, { stallTimeoutMs: 200, maxAttempts: 1 });
      stream.start();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const seen = stream.state;
      stream.close();
      return seen;
    }, on.url);
    expect([state, on.handshakes.length]).toEqual(['connected', 1]);
    expect(pongs).toBeGreaterThan(10);
  });

  it('in a worker, too, being offline costs no attempt', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { reconnectStream } from 'stream-reconnect';
          import { webSocket } from 'stream-reconnect/sources';
          onmessage = ({ data: url }) => {
            const stream = reconnectStream(webSocket({ url }), { initialBackoffMs: 10, maxBackoffMs: 10 });
            let losses = 0;
            const report = (state) => postMessage({ state, losses, isOnline: navigator.onLine });
            stream.on('failed', () => report('failed'));
            stream.on('waiting', () => { if (++losses > 10) report('goes on'); });
            stream.start();
          };`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      format: 'iife',
      write: false,
    });
    await here.context.route('**/worker.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: outputFiles[0]?.text ?? '' }),
    );
    await here.page.evaluate(() => {
      Object.assign(globalThis, { worker: new Worker('/worker.js') });
    });
    await vi.waitUntil(() => here.page.workers().length === 1);
    await here.context.setOffline(true);
    const report = await here.page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const { worker } = globalThis as unknown as { worker: Worker };
          worker.addEventListener('message', ({ data }) => resolve(data));
          worker.postMessage(url);
        }),
      'ws://127.0.0.1:9/feed',
    );
    expect(report).toMatchObject({ state: 'goes on', isOnline: false });
  });
});
