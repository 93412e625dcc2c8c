/** Child processes by their own handles: asked one thing at a time, and gone when we are done. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const running = new Set();

export function startChild(file) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: ['--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Its next message. A child that dies instead is an error, not a wait without end. */
export async function messageOf(child) {
  const left = new AbortController();
  const { signal } = left;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message),
      once(child, 'exit', { signal }).then(([code, reason]) => {
        throw new Error(`a child process of the benchmark ended: ${code ?? reason}`);
      }),
    ]);
  } finally {
    left.abort();
  }
}

export async function ask(child, task) {
  child.send(task);
  const { result, error } = await messageOf(child);
  if (error !== undefined) throw new Error(error);
  return result;
}

export async function stopChild(child) {
  if (!running.has(child)) return;
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}

export async function stopChildren() {
  await Promise.all([...running].map(stopChild));
}
