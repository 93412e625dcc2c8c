/** The playground in a real Chromium: a page of it, and what a test can see and do there. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';

import type { Playground as InPage } from '../../docs/playground/playground.js';
import type { Settings } from '../../docs/playground/settings.js';
import { answerOf } from '../../src/cli/playground/answer.js';
import type { Sample } from '../../src/cli/playground/answer.js';
import { startPlayground } from '../../src/cli/playground/page-server.js';
import type { Playground } from '../../src/cli/playground/page-server.js';
import { CHROMIUM, launch, listen, MISSING, PATIENCE_MS } from './browser.js';
import { ensureBuilt } from './built.js';

const VIEWPORT = { width: 1280, height: 900 };

/** Where the build puts the page. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../dist/docs/playground', import.meta.url));

/** What the page puts into the console, for functions that run in the page. */
declare const playground: InPage;

/** Where something else was lit than the state that the actor had just entered. */
declare const lit: string[];

export interface InPlayground {
  readonly server: Playground;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors on the console and in scripts, but for what the browser says of a request that failed. */
  readonly errors: readonly string[];
  /** Every address that was asked for. */
  readonly asked: readonly string[];
  /** Set by a test that leaves nothing behind that the next one could use. */
  isSpent: boolean;
}

/**
 * Registers tests that get a page of a playground where nothing is switched on. A page costs seconds on
 * a busy machine, so the next test goes on in it, with an answer of its own, unless this one failed.
 */
export function inPlayground(name: string, tests: (here: InPlayground) => void): void {
  describe(name, () => {
    const here: { -readonly [K in keyof InPlayground]?: InPlayground[K] } & {
      errors: string[];
      asked: string[];
      isSpent: boolean;
    } = { errors: [], asked: [], isSpent: true };
    let browser: Browser | null = null;
    const close = async (): Promise<void> => {
      await here.context?.close();
      await here.server?.close();
    };

    beforeAll(async () => {
      ensureBuilt();
      if (existsSync(CHROMIUM)) browser = await launch();
      else if (process.env['CI'] !== undefined) throw new Error(MISSING);
      else process.stderr.write(`${MISSING}\n`);
    }, 120_000);

    beforeEach(async (context) => {
      if (browser === null) return context.skip(MISSING);
      here.errors.length = 0;
      here.asked.length = 0;
      if (!here.isSpent) return switchAllOff(here as InPlayground);
      here.isSpent = false;
      here.server = await startPlayground({ folder: PAGE_FOLDER });
      here.context = await browser.newContext({ viewport: VIEWPORT, reducedMotion: 'reduce' });
      here.page = await newPage(here as InPlayground);
    }, PATIENCE_MS);

    afterEach(async ({ task }) => {
      here.isSpent ||= task.result?.state !== 'pass';
      if (here.isSpent) await close();
    });

    afterAll(async () => {
      await close();
      await browser?.close();
    });

    tests(here as InPlayground);
  });
}

async function newPage({ context, server, errors, asked }: InPlayground): Promise<Page> {
  const page = await context.newPage();
  listen(page, errors as string[]);
  page.on('request', (request) => (asked as string[]).push(request.url()));
  await page.goto(server.url);
  await page.waitForFunction(() => playground.session !== null);
  return page;
}

async function switchAllOff({ page }: InPlayground): Promise<void> {
  await page.setViewportSize(VIEWPORT);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.evaluate(() => {
    playground.setOnline(true);
    playground.setFrozen(false);
    playground.setHidden(false);
  });
}

/** Waits are short, so that a test is; what is measured is not. */
const QUICK: Settings = {
  maxAttempts: 8,
  initialBackoffMs: 60,
  maxBackoffMs: 240,
  backoffMultiplier: 2,
  jitter: 'none',
  stallTimeoutMs: 500,
};

/** Between two records: time enough to press a button in the middle of the answer, on a busy machine too. */
const PACE_MS = 30;

/** When all that is wanted of an answer is its end. */
const LAST_PACE_MS = 1;

interface AnswerWish {
  /** What differs from the quick settings. */
  readonly settings?: Partial<Settings>;
  readonly sample?: Sample;
  readonly paceMs?: number;
}

/** Starts an answer, and resolves when so many records are there. */
export async function answerTo(
  page: Page,
  records: number,
  { settings = {}, sample = 'prose', paceMs = PACE_MS }: AnswerWish = {},
): Promise<void> {
  await page.evaluate(
    async (given) => {
      playground.applySettings(given.settings);
      playground.setSample(given.sample);
      await playground.setPace(given.paceMs);
      await playground.newAnswer();
    },
    { settings: { ...QUICK, ...settings }, sample, paceMs },
  );
  await watchLit(page);
  await hasRecords(page, records);
}

/** Compares from now on what is lit with what the actor says, each time that it says something. */
export async function watchLit(page: Page): Promise<void> {
  await page.evaluate(() => {
    const wrong: string[] = [];
    Object.assign(globalThis, { lit: wrong });
    const look = (): void => {
      const state = playground.session?.stream.actor.getSnapshot().value ?? '';
      const shown = Array.from(document.querySelectorAll('.drawing .is-active'), ({ id }) => id);
      if (shown.join() !== `state-reconnect.${state}`) wrong.push(`${state}: ${shown.join()}`);
    };
    playground.session?.stream.actor.subscribe(look);
    look();
  });
}

/** The states since the answer began, after a check that each was lit while it lasted. */
export async function litStates(page: Page): Promise<string[]> {
  expect(await page.evaluate(() => lit)).toEqual([]);
  const states = await page.evaluate(() => playground.session?.spans.map(({ state }) => state));
  // In which every stream begins.
  return (states ?? []).filter((state) => state !== 'idle');
}

export async function hasRecords(page: Page, count: number): Promise<void> {
  await page.waitForFunction((n) => (playground.session?.records.length ?? 0) >= n, count, {
    polling: 10,
  });
}

/** Resolves when the server has written so many records, whether the page has them or not. */
export async function hasWritten(page: Page, count: number): Promise<void> {
  await page.waitForFunction((n) => (playground.session?.written.length ?? 0) >= n, count, {
    polling: 20,
  });
}

/** Resolves when the stream is in a state: one that lasts. */
export async function isIn(page: Page, state: string): Promise<void> {
  await page.waitForFunction((word) => playground.session?.stream.state === word, state, {
    polling: 10,
  });
}

/** Resolves when the stream has been in a state since the answer began: some do not last. */
export async function wasIn(page: Page, state: string): Promise<void> {
  await page.waitForFunction(
    (word) => playground.session?.spans.some((span) => span.state === word),
    state,
    { polling: 10 },
  );
}

export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

/** Resolves when the page has drawn what it knows now. */
async function isDrawn(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector('main')?.dataset['revision'] === String(playground.revision),
    undefined,
    { polling: 10 },
  );
}

export function recordCount(page: Page): Promise<number> {
  return page.evaluate(() => playground.session?.records.length ?? 0);
}

/** What a column shows once all that came is drawn: its prose, and the arguments of its tool call. */
export async function shown(page: Page, id: 'kept' | 'plain'): Promise<string> {
  await isDrawn(page);
  const parts = page.getByTestId(`answer-${id}`).locator('.text, code');
  return (await parts.allTextContents()).join('');
}

/** What the server's log holds, in the same form. */
export function wholeText(sample: Sample = 'prose'): string {
  return answerOf(sample)
    .records.map(({ data }) => {
      const { delta, tool } = JSON.parse(data) as { delta?: string; tool?: { args?: string } };
      return delta ?? tool?.args ?? '';
    })
    .join('');
}

export async function counter(page: Page, name: string): Promise<number> {
  await isDrawn(page);
  return page
    .getByTestId(name)
    .textContent()
    .then((text) => Number.parseInt(text ?? '', 10));
}

/** Waits until the answer is over, and holds it against the server's. */
export async function endsWhole(page: Page): Promise<void> {
  await page.evaluate((ms) => playground.setPace(ms), LAST_PACE_MS);
  await isIn(page, 'closed');
  await page.evaluate(() => playground.session?.refresh());
  await page.waitForFunction(() => {
    const { session } = playground;
    return session?.status === 'complete' && session.written.length === session.of;
  });
  expect(await shown(page, 'kept')).toBe(wholeText());
  expect(await page.locator('#chat-kept .tool.whole').count()).toBe(1);
  expect([await counter(page, 'lost'), await counter(page, 'doubled')]).toEqual([0, 0]);
  expect(await counter(page, 'chunks')).toBe(answerOf('prose').records.length);
}

/** The plain loop has not got everything, and the page says how much. */
export async function plainHasLost(page: Page): Promise<void> {
  expect(wholeText().startsWith(await shown(page, 'plain'))).toBe(true);
  expect(await counter(page, 'plain-lost')).toBeGreaterThan(10);
  expect(await page.getByTestId('verdict-plain').textContent()).toMatch(/\d+ lost|words lost/u);
}
