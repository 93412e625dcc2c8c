/** `sse()` against the server of better-sse, which keeps a log and starts after `Last-Event-ID`. */

import { createServer } from 'node:http';
import { createSession } from 'better-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sse } from '../../src/sources/index.js';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import type { CuttingProxy } from '../support/cutting-proxy.js';
import { onLoopback } from '../../src/loopback/listen.js';
import type { Loopback } from '../../src/loopback/listen.js';
import { readAll } from '../support/read-all.js';
import type { ReadAll } from '../support/read-all.js';
import { places } from '../support/effort.js';

const WORDS = ['one', 'zwei ü', 'three 🌍', 'a "b" \\ c', 'five\nsix', ''];

let server: Loopback;
let proxy: CuttingProxy;
/** What the server does after the answer; by default it ends it. */
let isMute = false;

beforeAll(async () => {
  server = await onLoopback(
    createServer((req, res) => {
      void createSession(req, res, { retry: 1, keepAlive: null }).then((session) => {
        for (let n = Number(session.lastId || 0); n < WORDS.length; n++)
          session.push(WORDS[n], 'message', String(n + 1));
        if (isMute) isMute = false;
        else {
          session.push('', 'end');
          res.end();
        }
      });
    }),
  );
  proxy = await startCuttingProxy(server.url);
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

async function read(
  cuts: Parameters<CuttingProxy['reset']>[0],
  delivery: 'commit' | 'eager',
): Promise<ReadAll<unknown>> {
  proxy.reset(cuts);
  const source = sse({ url: `${proxy.url}/log`, isEnd: ({ type }) => type === 'end' });
  const { items, ...rest } = await readAll(source, { delivery, stallTimeoutMs: 300 });
  const words = items
    .filter(({ type }) => type === 'message')
    .map(({ data }) => JSON.parse(data) as unknown);
  return { items: words, ...rest };
}

describe.each(['commit', 'eager'] as const)('a log of better-sse, delivery %s', (delivery) => {
  it('arrives whole whatever byte it is cut at', { timeout: 300_000 }, async () => {
    await read([], delivery);
    const size = proxy.passed;
    expect(size).toBeGreaterThan(200);
    for (const kind of ['rst', 'eof'] as const) {
      for (const at of places(size, 17)) {
        const { items, error, status } = await read([{ at, kind }], delivery);
        const label = `${kind} at ${at} of ${size}`;
        expect([label, error, items, status]).toEqual([label, null, WORDS, 'complete']);
      }
    }
  });

  it('survives a second cut before anything new, and a server that answers 503', async () => {
    const cuts = [
      { at: 120, kind: 'rst' },
      { at: 0, kind: 'rst' },
      503,
      { at: 30, kind: 'eof' },
    ] as const;
    expect(await read(cuts, delivery)).toMatchObject({ items: WORDS, error: null });
  });

  it('survives a server that goes mute behind what it sent', async () => {
    isMute = true;
    const { items, heard } = await read([], delivery);
    expect(items).toEqual(WORDS);
    expect(heard.map(({ type }) => type)).toContain('stalled');
  });
});
