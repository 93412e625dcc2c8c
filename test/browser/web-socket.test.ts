/** `webSocket()` over the browser's own class. */

import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
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
});
