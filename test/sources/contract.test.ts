/** What every source has to keep, over real sockets: one suite for all. */

import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream, ReconnectError, ReconnectOptions } from '../../src/index.js';
import { forgetItems } from '../support/forget-items.js';
import { startFaultServer } from '../support/fault-server.js';
import type { FlakyServer } from '../../src/testing/index.js';
import type { Fault, FaultKind } from '../support/fault-server.js';
import type { SourcePeer } from '../support/source-peer.js';
import { modelPeers } from './peers/model-answers.js';
import { plainPeers } from './peers/plain.js';

const peers = [
  ...plainPeers,
  ...(modelPeers as readonly unknown[] as readonly SourcePeer<never>[]),
];

/** Short waits: the suite runs in real time. */
const QUICK: ReconnectOptions = {
  initialBackoffMs: 1,
  jitter: 'none',
  backoffMultiplier: 1,
  stallTimeoutMs: 200,
  connectTimeoutMs: 200,
};

let server: FlakyServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Reading<T> {
  readonly stream: ReconnectingStream<T>;
  readonly items: T[];
  readonly ended: Promise<ReconnectError | null>;
}

async function start(
  peer: SourcePeer<never>,
  faults: readonly Fault[],
  options: ReconnectOptions = {},
): Promise<Reading<never> & { readonly server: FlakyServer }> {
  server = await startFaultServer(peer, faults);
  const stream = reconnectStream(peer.source(`${server.url}/answers`), { ...QUICK, ...options });
  const items: never[] = [];
  stream.on('restarted', () => forgetItems(items));
  stream.on('reset', ({ scope }) => void (scope === 'all' && forgetItems(items)));
  const run = async (): Promise<ReconnectError | null> => {
    try {
      for await (const item of stream) items.push(item);
      return null;
    } catch (error) {
      return error as ReconnectError;
    }
  };
  return { stream, items, ended: run(), server };
}

const KINDS: readonly FaultKind[] = [
  'fin',
  'rst',
  'clean eof',
  'close-delimited eof',
  'gzip cut short',
  'reset before the head',
  '503',
];

describe.each(peers.map((peer) => [peer.name, peer] as const))('%s', (_, peer) => {
  it('opens, gives all, and ends', async () => {
    const { stream, items, ended, server: on } = await start(peer, []);
    expect(await ended).toBe(null);
    expect(peer.join(items)).toEqual(peer.whole);
    expect((await stream.done).status).toBe('complete');
    await on.idle();
  });

  it.each(KINDS)('arrives whole after: %s', async (kind) => {
    for (const at of [0, 0.1, 0.37, 0.6, 0.83, 0.99]) {
      const { items, ended, server: on } = await start(peer, [{ kind, at }], peer.options);
      const label = `${kind} at ${at}`;
      expect([label, (await ended)?.message ?? null]).toEqual([label, null]);
      expect([label, peer.join(items)]).toEqual([label, peer.whole]);
      await on.idle();
      await on.close();
    }
  });

  it('arrives whole after a second fault, before anything new came', async () => {
    const faults: Fault[] = [
      { kind: 'rst', at: 0.5 },
      { kind: '503', at: 0 },
      { kind: 'fin', at: 0 },
      { kind: 'clean eof', at: 0.01 },
    ];
    const { items, ended } = await start(peer, faults, peer.options);
    expect((await ended)?.message ?? null).toBe(null);
    expect(peer.join(items)).toEqual(peer.whole);
  });

  it('arrives whole where a connection is left by plan', async () => {
    const options = { ...peer.options, stallTimeoutMs: null, rotateAfterMs: 250 };
    const { stream, items, ended } = await start(peer, [{ kind: 'stall', at: 0.6 }], options);
    const ways: string[] = [];
    for (const way of ['rotated', 'dropped'] as const) stream.on(way, () => void ways.push(way));
    expect((await ended)?.message ?? null).toBe(null);
    expect(peer.join(items)).toEqual(peer.whole);
    expect(ways[0]).toBe('rotated');
  });

  it.each<FaultKind>(['stall', 'no head'])('notices silence: %s', async (kind) => {
    const began = performance.now();
    const { items, ended, server: on } = await start(peer, [{ kind, at: 0.5 }], peer.options);
    expect((await ended)?.message ?? null).toBe(null);
    expect(peer.join(items)).toEqual(peer.whole);
    expect(performance.now() - began).toBeGreaterThan(150);
    await on.idle();
  });

  describe('closes everything when it is closed', () => {
    it.each<[string, readonly Fault[], number, ReconnectOptions]>([
      ['before the head', [{ kind: 'no head', at: 0 }], 1, {}],
      ['in the body', [{ kind: 'stall', at: 0.5 }], 1, { stallTimeoutMs: null }],
      [
        'while it waits',
        [{ kind: '503', at: 0 }],
        1,
        { initialBackoffMs: 60_000, allowRestart: true },
      ],
    ])('%s', async (place, faults, asked, options) => {
      const controller = new AbortController();
      const {
        stream,
        server: on,
        ended,
      } = await start(peer, faults, {
        connectTimeoutMs: 60_000,
        ...options,
        signal: controller.signal,
      });
      await on.requested(asked);
      if (place === 'in the body')
        await new Promise<void>((resolve) => stream.on('connected', () => resolve()));
      if (place === 'while it waits' && stream.state !== 'waiting')
        await new Promise<void>((resolve) => stream.on('waiting', () => resolve()));
      controller.abort();
      expect(await ended).toBe(null);
      expect(stream.state).toBe('closed');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      await on.idle();
      expect(on.requests).toHaveLength(asked);
    });

    it('before it began: no request', async () => {
      const { stream, server: on, ended } = await start(peer, [], { signal: AbortSignal.abort() });
      expect(await ended).toBe(null);
      expect([stream.state, on.requests.length]).toEqual(['closed', 0]);
    });
  });

  it('sends what runs, and is paid for, once where nobody allowed more', async () => {
    for (const kind of ['fin', 'clean eof', 'reset before the head'] as const) {
      const { ended, server: on, items } = await start(peer, [{ kind, at: 0.4 }]);
      const error = await ended;
      const begun = on.requests.filter(
        ({ method, headers }) => method === 'POST' && headers['last-event-id'] === undefined,
      );
      expect(begun.length).toBeLessThanOrEqual(1);
      if (error === null) expect(peer.join(items)).toEqual(peer.whole);
      else expect(error.kind).toBe('not-resumable');
      await on.close();
    }
  });
});
