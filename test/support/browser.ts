/** Tests in a real Chromium. Where there is none they are skipped and say so, but never on CI. */

import { existsSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import type * as core from '../../src/index.js';
import type { ReconnectEvent, ReconnectOptions } from '../../src/index.js';
import type * as sources from '../../src/sources/index.js';
import { startPageServer } from './page-server.js';
import type { PageServer } from './page-server.js';

/** What a test in the browser has: a server of its own, and a page of it in a context of its own. */
export interface InBrowser {
  readonly server: PageServer;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors on the console and in scripts, but for what the browser says of a request that failed. */
  readonly errors: readonly string[];
}

/** Registers tests that get a fresh page each. */
export function inBrowser(name: string, tests: (here: InBrowser) => void): void {
  describe(name, () => {
    const here: { -readonly [K in keyof InBrowser]?: InBrowser[K] } & { errors: string[] } = {
      errors: [],
    };
    let browser: Browser | null = null;

    beforeAll(async () => {
      if (existsSync(CHROMIUM)) browser = await launch();
      else if (process.env['CI'] !== undefined) throw new Error(MISSING);
      else process.stderr.write(`${MISSING}\n`);
    }, PATIENCE_MS);

    beforeEach(async (context) => {
      if (browser === null) return context.skip(MISSING);
      here.errors = [];
      here.server = await startPageServer();
      here.context = await browser.newContext();
      here.page = await here.context.newPage();
      listen(here.page, here.errors);
      await visit(here.page, here.server);
    }, PATIENCE_MS);

    afterEach(async () => {
      await here.context?.close();
      await here.server?.close();
    });

    afterAll(async () => browser?.close());

    tests(here as InBrowser);
  });
}

/** Loads the page and waits until its modules have run. */
async function visit(page: Page, { url }: PageServer): Promise<void> {
  await page.goto(url);
  await page.waitForFunction(() => 'streamReconnect' in globalThis);
}

/** The package, for functions that run in the page. */
declare const streamReconnect: typeof core & typeof sources;

/** What the page saw of its stream. */
export interface Seen {
  readonly numbers: number[];
  readonly events: ReconnectEvent['type'][];
  status: string;
}

declare const seen: Seen;

type Plain = Pick<ReconnectOptions, 'stallTimeoutMs' | 'maxAttempts' | 'initialBackoffMs'>;

/** Starts a stream of the server's log in the page. */
export function follow(page: Page, options: Plain = {}): Promise<void> {
  return page.evaluate((given) => {
    const { reconnectStream, sse } = streamReconnect;
    const source = sse({ url: '/events', isEnd: ({ type }) => type === 'end' });
    const stream = reconnectStream(source, given);
    const all: Seen = { numbers: [], events: [], status: '' };
    Object.assign(globalThis, { seen: all, stream });
    for (const type of ['connected', 'dropped', 'waiting', 'stalled', 'paused', 'failed'] as const)
      stream.on(type, () => all.events.push(type));
    const run = async (): Promise<void> => {
      for await (const { type, data } of stream) if (type !== 'end') all.numbers.push(Number(data));
    };
    void run()
      .then(() => stream.done)
      .then(({ status }) => (all.status = status));
  }, options);
}

function look(page: Page): Promise<Seen> {
  return page.evaluate(() => seen);
}

/** Freezes the page as a browser does with one in the background, and wakes it. */
export async function freeze(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  return async () => {
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await session.detach();
  };
}

/** Resolves when the page has so many items. */
export async function hasItems(page: Page, count: number): Promise<void> {
  await page.waitForFunction((n) => seen.numbers.length >= n, count, { polling: 20 });
}

/** Resolves when the page's stream has emitted it. */
export async function hasEvent(page: Page, event: ReconnectEvent['type']): Promise<void> {
  await page.waitForFunction((type) => seen.events.includes(type), event, { polling: 20 });
}

/** Resolves when the page's stream is over. */
export async function isOver(page: Page): Promise<Seen> {
  await page.waitForFunction(() => seen.status !== '', undefined, { polling: 20 });
  return look(page);
}

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const MISSING = `browser tests need Chromium at ${CHROMIUM}: install it, or set CHROMIUM to its path`;

/** A browser starts in about a second, on a busy machine in many. */
export const PATIENCE_MS = 30_000;

export function launch(): Promise<Browser> {
  // Its profile is a fresh folder, which is removed when it is closed.
  return chromium.launch({
    executablePath: CHROMIUM,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export function listen(page: Page, errors: string[]): void {
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !text.startsWith('Failed to load resource'))
      errors.push(text);
  });
}
