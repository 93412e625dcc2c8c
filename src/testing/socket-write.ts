/** Writing to and breaking a socket that may be gone: it never throws, and never waits for what is gone. */

import type { Socket } from 'node:net';

/** Resolves when more may be written, or all of it was handed to the system, or the client is gone. */
export function write(socket: Socket, bytes: string | Buffer, until?: 'flushed'): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('close', done);
    const isRoomLeft = socket.write(bytes, until === 'flushed' ? done : undefined);
    if (until === 'flushed') return;
    if (isRoomLeft) done();
    else socket.once('drain', done);
  });
}

/** By RST. A socket that has begun to end cannot be reset any more, and would never close (Node 20). */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
