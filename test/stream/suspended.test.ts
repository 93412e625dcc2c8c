/** A process that was stopped for a while, as by a laptop's lid or a debugger, and continued. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { range } from '../support/numbered-log.js';
import { createWaiter } from '../../src/testing/wait-until.js';
import { startPageServer } from '../support/page-server.js';

const CLIENT = fileURLToPath(new URL('../support/follow.mjs', import.meta.url));

/** The server's signs of life are 200 ms apart: ten of them are two seconds. */
const BEATS = 10;

it('takes no silence of its own for one of the peer', async () => {
  const server = await startPageServer();
  const client = spawn(process.execPath, [CLIENT, `${server.url}/events`, '1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(client, 'exit');
  const said: Record<string, unknown>[] = [];
  const { until, changed } = createWaiter();
  createInterface({ input: client.stdout }).on('line', (line) => {
    said.push(JSON.parse(line) as Record<string, unknown>);
    changed();
  });
  const items = (): unknown[] => said.flatMap(({ item }) => item ?? []);
  try {
    for (let round = 1; round <= 3; round++) {
      server.append(5);
      await until(() => items().length === round * 10 - 5);
      client.kill('SIGSTOP');
      server.append(5);
      await server.beats(BEATS);
      client.kill('SIGCONT');
      await until(() => items().length === round * 10);
    }
    server.end();
    await exited;
    expect(items()).toEqual(range(1, 30));
    expect(said.flatMap(({ event }) => event ?? [])).toEqual(['connected']);
    expect(said.at(-1)).toEqual({ status: 'complete' });
    expect(server.asked).toHaveLength(1);
  } finally {
    client.kill('SIGKILL');
    await server.close();
  }
}, 300_000);

it('still notices that the peer is silent', async () => {
  const server = await startPageServer();
  const client = spawn(process.execPath, [CLIENT, `${server.url}/events`, '500'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await server.requested(1);
    server.append(5);
    server.strand();
    await server.requested(2);
    expect(server.asked).toEqual(['', '5']);
  } finally {
    client.kill('SIGKILL');
    await once(client, 'exit');
    await server.close();
  }
}, 300_000);
