/** Serves the playground until somebody ends it. */

import { fileURLToPath } from 'node:url';

import { startPlayground } from './page-server.js';

export interface ServeOptions {
  /** 0: the system chooses. */
  readonly port: number;
  readonly write: (text: string) => void;
}

/** The folder of the built page, relative to the built module. */
const FOLDER = fileURLToPath(new URL('../../../docs/playground', import.meta.url));

/**
 * Prints the address of the page, and settles after SIGINT or SIGTERM, when the ports are free.
 *
 * @throws Error if the page was not built, or the port is in use
 */
export async function servePlayground({ port, write }: ServeOptions): Promise<void> {
  const playground = await startPlayground({ folder: FOLDER, port });
  write(`\nplayground: ${playground.url}   (Ctrl-C ends it)\n`);
  await new Promise<void>((resolve) => {
    // Only once: a second signal ends the process at once.
    const end = (): void => {
      process.off('SIGINT', end).off('SIGTERM', end);
      resolve();
    };
    process.on('SIGINT', end).on('SIGTERM', end);
  });
  await playground.close();
}
