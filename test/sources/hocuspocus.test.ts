/** Shared documents of Yjs over the server of Hocuspocus: binary both ways, a token first, and a cut in the middle. */

import { Hocuspocus } from '@hocuspocus/server';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { describe, expect, it, vi } from 'vitest';
import * as sync from 'y-protocols/sync';
import * as Y from 'yjs';
import type { WebSocket } from 'ws';
import type { WebSocketHandshake, WebSocketMessage } from '../../src/sources/index.js';
import { eventsOf, record } from '../support/facts.js';
import { runSocket } from '../support/socket-run.js';

const ROOM = 'room 7';
const SYNC = 0;
const AUTH = 2;
const TOKEN = 0;
const AUTHENTICATED = 2;

/** A message of the protocol: the document, what it is about, and that. */
function frame(type: number, write: (to: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((to) => {
    encoding.writeVarString(to, ROOM);
    encoding.writeVarUint(to, type);
    write(to);
  });
}

function open(message: WebSocketMessage): { type: number; from: decoding.Decoder } {
  const from = decoding.createDecoder(message as Uint8Array);
  expect(decoding.readVarString(from)).toBe(ROOM);
  return { type: decoding.readVarUint(from), from };
}

/** Says who we are, and then which changes we have: the server answers with the others. */
async function greet(doc: Y.Doc, { send, receive }: WebSocketHandshake): Promise<void> {
  send(
    frame(AUTH, (to) => {
      encoding.writeVarUint(to, TOKEN);
      encoding.writeVarString(to, 'secret');
    }),
  );
  const { type, from } = open(await receive());
  expect([type, decoding.readVarUint(from)]).toEqual([AUTH, AUTHENTICATED]);
  send(frame(SYNC, (to) => sync.writeSyncStep1(to, doc)));
}

describe('a shared document', () => {
  it('is the same on both sides after each cut, whoever wrote meanwhile', async () => {
    const hocuspocus = new Hocuspocus({ quiet: true });
    const sockets: WebSocket[] = [];
    const doc = new Y.Doc();
    const { source, stream, on } = await runSocket<Uint8Array>(
      (socket, _n, request) => {
        sockets.push(socket);
        hocuspocus.handleConnection(socket, request);
      },
      undefined,
      { resume: 'live', ready: (handshake) => greet(doc, handshake) },
    );
    const heard = record(stream);
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== stream) source.send(frame(SYNC, (to) => sync.writeUpdate(to, update)));
    });
    void (async () => {
      for await (const message of stream) {
        const { type, from } = open(message);
        if (type !== SYNC) continue;
        const reply = encoding.createEncoder();
        sync.readSyncMessage(from, reply, doc, stream);
        if (encoding.length(reply) > 0)
          source.send(
            frame(SYNC, (to) => encoding.writeUint8Array(to, encoding.toUint8Array(reply))),
          );
      }
    })();
    const server = await hocuspocus.openDirectConnection(ROOM);
    const lists = (): unknown[] => [
      doc.getArray('words').toArray(),
      server.document?.getArray('words').toArray(),
    ];
    const agreeOn = (count: number): Promise<unknown> =>
      vi.waitUntil(() => lists().every((list) => (list as unknown[]).length === count));
    const serverWrites = (...words: string[]): Promise<void> =>
      server.transact((shared) => shared.getArray('words').push(words));

    await serverWrites('a', 'é🌍');
    await agreeOn(2);
    doc.getArray('words').push(['b']);
    await agreeOn(3);
    for (const [n, socket] of [0, 1].entries()) {
      sockets[socket]?.terminate();
      // Both write while nothing is connected.
      doc.getArray('words').push([`ours ${n}`]);
      await serverWrites(`theirs ${n}`);
      await agreeOn(5 + 2 * n);
    }
    const [ours, theirs] = lists();
    expect(ours).toEqual(theirs);
    expect(on.handshakes).toHaveLength(3);
    expect(eventsOf(heard, 'gap')).toHaveLength(2);
    stream.close();
    await server.disconnect();
  });
});
