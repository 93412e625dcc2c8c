/** Writes to and breaks a socket that may be gone. Never throws, and never waits for a socket that is gone. */

import type { Socket } from 'node:net';

/** Resolves when more may be written, when everything was passed to the system, or when the client is gone. */
export async function write(
  socket: Socket,
  bytes: string | Buffer,
  until?: 'flushed',
): Promise<void> {
  if (socket.destroyed) return;
  if (until === undefined && socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('close', done);
    if (until === undefined) socket.once('drain', done);
    else socket.write(bytes, done);
  });
}

/** Breaks the socket by RST. A socket that has begun to end cannot be reset any more, and would never close (Node 20). */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
