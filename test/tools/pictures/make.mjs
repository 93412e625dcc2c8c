/**
 * Makes docs/pictures/ from the real thing: the built page in Chromium, with an answer whose line is cut, and a
 * recording of `npm start`.
 *
 * Run it by `npm run pictures`; with `-- --out folder` they go there. Nothing is drawn by hand: what is wrong in
 * a picture is wrong in the page.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

import { startPlayground } from '../../../dist/src/cli/playground/page-server.js';
import { recordStart } from './recording.mjs';
import { smallPng } from './small-png.mjs';

const folder = fileURLToPath(new URL('../../../dist/docs/playground', import.meta.url));
const { values } = parseArgs({
  options: {
    out: {
      type: 'string',
      default: fileURLToPath(new URL('../../../docs/pictures', import.meta.url)),
    },
  },
});
const pictures = resolve(values.out);

/** They are part of the repository: each clone pays for them. */
const MAX_BYTES = 250_000;

const SETTINGS = {
  maxAttempts: 6,
  initialBackoffMs: 1500,
  maxBackoffMs: 8000,
  backoffMultiplier: 2,
  jitter: 'equal',
  stallTimeoutMs: 1000,
};

/** Made small at the end: the server runs in this process, and must not stand still meanwhile. */
const taken = new Map();

const server = await startPlayground({ folder });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Text in three greys instead of three colours: half the bytes.
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-lcd-text'],
});
try {
  await wide('light');
  await wide('dark');
  await phone();
} finally {
  await browser.close();
  await server.close();
}
mkdirSync(pictures, { recursive: true });
for (const [name, screenshot] of taken) write(name, screenshot);
writeFileSync(join(pictures, 'start.svg'), await recordStart());

/** The page in the middle of an outage; in the light, its parts as well. */
async function wide(colorScheme) {
  const page = await open({ viewport: { width: 1280, height: 1390 }, colorScheme });
  await untilOutage(page);
  await keep(page, `playground-${colorScheme}.png`);
  if (colorScheme === 'dark') return;
  await keep(page.locator('.chart'), 'statechart.png');
  await press(page, 'Retry now');
  await manyFaults(page);
  await keep(page.locator('.timeline'), 'timeline.png');
}

async function phone() {
  const viewport = { width: 390, height: 1240 };
  const page = await open({ viewport, colorScheme: 'light', deviceScaleFactor: 1.5 });
  await untilOutage(page);
  await keep(page, 'playground-phone.png');
}

async function open(options) {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => globalThis.playground?.session != null);
  await page.evaluate(async (settings) => {
    const { playground } = globalThis;
    playground.applySettings(settings);
    await playground.setPace(12);
    await playground.newAnswer();
  }, SETTINGS);
  return page;
}

/** One drop that was mended, the tool call whole, and a second drop that is being waited for. */
async function untilOutage(page) {
  await has(page, 60);
  await press(page, 'Cut now');
  await isIn(page, 'waiting');
  await press(page, 'Retry now');
  await has(page, 215);
  await press(page, 'Cut now');
  await isIn(page, 'waiting');
  await page.getByTestId('countdown').waitFor();
}

/** A state of each kind. */
async function manyFaults(page) {
  await pace(page, 60);
  await isIn(page, 'connected');
  await press(page, 'Stall');
  await isIn(page, 'waiting');
  await isIn(page, 'connected');
  await press(page, 'Pause');
  await isIn(page, 'paused');
  const before = await page.evaluate(() => globalThis.playground.session.written.length);
  await written(page, before + 15);
  await press(page, 'Resume');
  await isIn(page, 'connected');
  await press(page, 'Answer 503');
  await isIn(page, 'waiting');
  await pace(page, 10);
  await isIn(page, 'closed');
  await page.getByTestId('state').filter({ hasText: 'closed' }).waitFor();
}

async function pace(page, ms) {
  await page.evaluate((each) => globalThis.playground.setPace(each), ms);
}

async function press(page, name) {
  await page.getByRole('button', { name, exact: true }).click();
}

async function has(page, count) {
  await page.waitForFunction((n) => globalThis.playground.session.records.length >= n, count);
}

async function written(page, count) {
  await page.waitForFunction((n) => globalThis.playground.session.written.length >= n, count);
}

async function isIn(page, state) {
  await page.waitForFunction((word) => globalThis.playground.session.stream.state === word, state, {
    polling: 5,
  });
}

async function keep(what, name) {
  taken.set(name, await what.screenshot({ animations: 'disabled' }));
}

function write(name, screenshot) {
  const png = smallPng(screenshot);
  if (png.length > MAX_BYTES)
    throw new Error(`${name} has ${png.length} bytes, more than ${MAX_BYTES}`);
  writeFileSync(join(pictures, name), png);
  console.log(`${name}: ${png.length} bytes`);
}
