/** The browser entry of `@xstate/inspect` 0.8, with a page of ours as its viewer: both directions. */

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ReconnectingStream } from '../../src/index.js';
import { inBrowser } from '../support/browser.js';
import { onLoopback } from '../../src/loopback/listen.js';
import type { Loopback } from '../../src/loopback/listen.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** In the page, and in the frame. */
declare const stream: ReconnectingStream<number>;
declare const tell: (service: string, type: string) => void;
declare const seen: Seen;

interface Seen {
  readonly registered: readonly {
    readonly sessionId: string;
    readonly id: string;
    readonly states: readonly string[];
    readonly value: string;
    readonly next: string;
  }[];
  readonly events: readonly string[];
  readonly states: readonly string[];
  readonly stopped: readonly string[];
}

let pages: Loopback;

beforeAll(async () => {
  const scripts = new Map([
    ['/app.js', await bundle('app')],
    ['/viewer.js', await bundle('viewer')],
  ]);
  const html = (name: string, body: string): string =>
    `<!doctype html><link rel="icon" href="data:,">${body}<script type="module" src="/${name}.js"></script>`;
  pages = await onLoopback(
    createServer(({ url = '/' }, response) => {
      const script = scripts.get(url);
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
      if (script !== undefined) response.end(script);
      else if (url === '/') response.end(html('app', '<iframe></iframe>'));
      else response.end(html('viewer', ''));
    }),
  );
});

afterAll(async () => pages?.close());

/** The page with all that it imports: XState 5 for the stream, XState 4 for its inspector. */
async function bundle(name: string): Promise<string> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const built = await build({
    configFile: false,
    root,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: `${root}test/inspect/pages/${name}.mjs` },
    },
  });
  if (Array.isArray(built) || !('output' in built)) throw new Error('more than one bundle');
  return built.output[0].code;
}

inBrowser('@xstate/inspect 0.8 in a page', (here) => {
  it('gets the machine, the events and the states of a stream, and can pause it', async () => {
    const { page } = here;
    await page.goto(pages.url);
    const viewer = await viewerOf(page);
    await page.evaluate(() => stream.start());
    await viewer.waitForFunction(
      () => seen.states.filter((one) => one === 'connected').length >= 2,
    );
    const sessionId = await page.evaluate(() => stream.actor.sessionId);
    const first = await viewer.evaluate(() => seen);
    expect(first.registered[0]).toEqual({
      sessionId,
      id: 'reconnect',
      states: ['closed', 'connected', 'connecting', 'failed', 'idle', 'paused', 'waiting'],
      value: 'idle',
      next: 'connected',
    });
    // The viewer may be there before the first state is sent, or after it.
    const states = changes(first.states).filter((state) => state !== 'idle');
    expect(states.slice(0, 5)).toEqual([
      'connecting',
      'connected',
      'waiting',
      'connecting',
      'connected',
    ]);
    expect(first.events).toEqual(expect.arrayContaining(['connect', 'stream.dropped']));

    await viewer.evaluate((service) => tell(service, 'pause'), sessionId);
    await viewer.waitForFunction(() => seen.states.at(-1) === 'paused');
    expect(await page.evaluate(() => stream.state)).toBe('paused');
    expect((await viewer.evaluate(() => seen)).events.filter((one) => one === 'pause')).toEqual([
      'pause',
    ]);

    await page.evaluate(() => stream.close());
    await viewer.waitForFunction(() => seen.stopped.length > 0);
    expect((await viewer.evaluate(() => seen)).states.at(-1)).toBe('closed');
    expect(here.errors).toEqual([]);
  });
});

/** The frame, once its receiver listens. */
async function viewerOf(page: Page): Promise<ReturnType<Page['frames']>[number]> {
  await page.waitForFunction(() => {
    const frame = document.querySelector('iframe')?.contentWindow;
    return frame !== null && frame !== undefined && 'seen' in frame && 'stream' in globalThis;
  });
  return page.frames().find((frame) => frame.url().endsWith('/viewer'))!;
}

function changes(states: readonly string[]): string[] {
  return states.filter((state, n) => state !== states[n - 1]);
}
