/** Runs the client inside workerd: bundled into a worker, which reads the server when it is requested. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';

const WORKER = `import { readAll } from './client.mjs';
export default {
  fetch: async (request) =>
    Response.json(await readAll(new URL(request.url).searchParams.get('base'))),
};
`;

/** @returns what the client printed elsewhere: its results as JSON */
export async function runInWorkerd(folder, base, signal) {
  writeFileSync(join(folder, 'worker.mjs'), WORKER);
  await build({
    entryPoints: [join(folder, 'worker.mjs')],
    outfile: join(folder, 'bundle.mjs'),
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  });
  const port = await freePort();
  writeFileSync(join(folder, 'config.capnp'), configOf(port));
  const program = join(folder, 'node_modules/.bin/workerd');
  const child = spawn(program, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  try {
    // It says so there when it listens.
    await once(child.stdio[3], 'data', { signal });
    const url = `http://127.0.0.1:${port}/?base=${encodeURIComponent(base)}`;
    return await (await fetch(url, { signal })).text();
  } finally {
    child.kill();
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function configOf(port) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "bundle.mjs")],
  compatibilityDate = "2026-01-01",
);
`;
}
