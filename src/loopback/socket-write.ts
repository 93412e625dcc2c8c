/** Writing to and breaking a socket that may be gone: it never throws, and never waits for what is gone. */

import type { Socket } from 'node:net';

/** Resolves when more may be written, or all of it was handed to the system, or the client is gone. */
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

/** By RST. A socket that has begun to end cannot be reset any more, and would never close (Node 20). */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
