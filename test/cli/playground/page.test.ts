/** The page of the playground in a real Chromium: every control, while an answer streams. */

import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';

import type { Playground as InPage } from '../../../docs/playground/playground.js';
import { startPlayground } from '../../../src/cli/playground/page-server.js';
import {
  answerTo,
  counter,
  endsWhole,
  hasRecords,
  hasWritten,
  inPlayground,
  isIn,
  litStates,
  PAGE_FOLDER,
  plainHasLost,
  press,
  recordCount,
  shown,
  wasIn,
  watchLit,
  wholeText,
} from '../../support/playground.js';

declare const playground: InPage;

/** A browser and two servers share a busy machine with other tests. */
vi.setConfig({ testTimeout: 60_000 });

/** A button is pressed here: far from both ends of the answer's 473 records. */
const EARLY = 8;

inPlayground('the playground', (here) => {
  it('streams an answer into both columns, and asks nobody outside', async () => {
    const { page, server, asked } = here;
    await page.reload();
    await answerTo(page, EARLY);
    await endsWhole(page);
    expect(await shown(page, 'plain')).toBe(wholeText());
    expect(await counter(page, 'plain-lost')).toBe(0);
    expect(await litStates(page)).toEqual(['connecting', 'connected', 'closed']);
    const own = (url: string): boolean =>
      url.startsWith(server.url) || url.startsWith(server.answerUrl) || url.startsWith('data:');
    expect(asked.filter((url) => !own(url))).toEqual([]);
    expect(here.errors).toEqual([]);
  });

  it('cut now: goes on, where plain fetch has lost the rest', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await press(page, 'Cut now');
    await wasIn(page, 'waiting');
    await endsWhole(page);
    await plainHasLost(page);
    expect(await litStates(page)).toEqual([
      'connecting',
      'connected',
      'waiting',
      'connecting',
      'connected',
      'closed',
    ]);
    expect([await counter(page, 'drops'), await counter(page, 'resumes')]).toEqual([1, 1]);
    expect(here.errors).toEqual([]);
  });

  it('cut inside the tool call: the call is whole in the end, and half a call elsewhere', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await press(page, 'Cut inside the tool call');
    await page.evaluate(() => playground.setPace(3));
    await wasIn(page, 'waiting');
    await endsWhole(page);
    await plainHasLost(page);
    expect(await page.locator('#chat-plain .tool').textContent()).toContain('must not run');
    expect(await page.locator('#chat-plain .tool.whole').count()).toBe(0);
    // It has gone by: the page says so.
    await press(page, 'Cut inside the tool call');
    await expectNotice(page, /already written/u);
  });

  it('stall: the watchdog finds it', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await press(page, 'Stall');
    await wasIn(page, 'waiting');
    await endsWhole(page);
    await plainStillWaits(page);
    expect(await logged(page)).toContain('stalled');
  });

  it('503 with Retry-After: waits as long as it was asked to', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await press(page, 'Answer 503');
    await wasIn(page, 'waiting');
    await endsWhole(page);
    await plainHasLost(page);
    const waits = await page.evaluate(() => playground.session?.waits.map((w) => w.delayMs));
    // The first wait is for the cut, the second has the server's two seconds as its floor.
    expect(waits?.[1]).toBeGreaterThanOrEqual(2000);
  });

  it('offline: bodies break, requests are refused, and online ends the wait', async () => {
    const { page } = here;
    await answerTo(page, EARLY, {
      settings: { initialBackoffMs: 60_000, maxBackoffMs: 60_000 },
    });
    await press(page, 'Go offline');
    await isIn(page, 'waiting');
    await isPressed(page, 'Go offline', true);
    await page.waitForFunction(() => playground.session?.snapshot.retryAt !== null);
    await press(page, 'Go offline');
    await endsWhole(page);
    await plainHasLost(page);
  });

  it('freeze: nothing is read meanwhile, and nothing is lost', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await press(page, 'Freeze');
    const before = await recordCount(page);
    await hasWritten(page, before + 20);
    expect((await recordCount(page)) - before).toBeLessThan(5);
    await press(page, 'Freeze');
    await endsWhole(page);
  });

  it('kill and restart: the port is closed, then open again', async () => {
    const { page, server } = here;
    await answerTo(page, EARLY);
    await press(page, 'Kill the server');
    await isIn(page, 'waiting');
    await expect(fetch(server.answerUrl)).rejects.toThrow('fetch failed');
    await press(page, 'Restart the server');
    await endsWhole(page);
    await plainHasLost(page);
  });

  it('gives up when the attempts are used up; retry now brings it back', async () => {
    const { page } = here;
    await answerTo(page, EARLY, { settings: { maxAttempts: 2 } });
    await press(page, 'Kill the server');
    await isIn(page, 'failed');
    await press(page, 'Restart the server');
    await page.getByRole('button', { name: 'Kill the server' }).waitFor();
    await press(page, 'Retry now');
    await endsWhole(page);
    expect(await litStates(page)).toContain('failed');
  });

  it('hide: the stream is kept, and a drop is mended in the background too', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await press(page, 'Hide the tab');
    const before = await recordCount(page);
    await hasRecords(page, before + 10);
    expect(await litStates(page)).toEqual(['connecting', 'connected']);
    await press(page, 'Cut now');
    await wasIn(page, 'waiting');
    await endsWhole(page);
    await press(page, 'Hide the tab');
    await isPressed(page, 'Hide the tab', false);
  });

  it('pause and resume: the server writes on, and all of it comes', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await press(page, 'Pause');
    await isIn(page, 'paused');
    const before = await recordCount(page);
    await hasWritten(page, before + 20);
    expect(await recordCount(page)).toBe(before);
    await press(page, 'Resume');
    await endsWhole(page);
  });

  it('cancel: the server stops writing, and what came stays', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await press(page, 'Cancel');
    await isIn(page, 'closed');
    await page.waitForFunction(() => playground.session?.status === 'cancelled');
    expect(wholeText().startsWith(await shown(page, 'kept'))).toBe(true);
    expect([await counter(page, 'lost'), await counter(page, 'doubled')]).toEqual([0, 0]);
    expect(await litStates(page)).toEqual(['connecting', 'connected', 'closed']);
    // What was pressed can do nothing more, and is still where the keyboard is.
    const button = page.getByRole('button', { name: 'Cancel', disabled: true });
    await button.waitFor();
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('counts down to the next attempt; retry now ends the wait', async () => {
    const { page } = here;
    await answerTo(page, EARLY, {
      settings: { initialBackoffMs: 60_000, maxBackoffMs: 60_000 },
    });
    await press(page, 'Cut now');
    await isIn(page, 'waiting');
    const times = await page.evaluate(async () => {
      const seen: number[] = [];
      const text = (): string | null | undefined =>
        document.querySelector('[data-testid="countdown"]')?.textContent;
      while (seen.length < 6) {
        const seconds = Number(/([\d.]+) s/u.exec(text() ?? '')?.[1] ?? Number.NaN);
        if (!Number.isNaN(seconds) && seen.at(-1) !== seconds) seen.push(seconds);
        await new Promise((done) => requestAnimationFrame(done));
      }
      return seen;
    });
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(times[0]).toBeLessThanOrEqual(60);
    expect(times[0]).toBeGreaterThan(50);
    expect(await page.getByTestId('attempt').textContent()).toBe('attempt 1 of 8');
    await press(page, 'Retry now');
    await endsWhole(page);
  });

  it('reload: the answer goes on from the checkpoint', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await page.getByLabel('Text').selectOption('hostile');
    await page.getByLabel('Pace').selectOption('fast');
    const before = await recordCount(page);
    await Promise.all([page.waitForEvent('load'), press(page, 'Reload the page')]);
    await page.waitForFunction(() => playground.session !== null);
    expect(await page.getByLabel('Text').inputValue()).toBe('hostile');
    expect(await page.getByLabel('Pace').inputValue()).toBe('12');
    await watchLit(page);
    const lines = await page.evaluate(() => playground.session?.lines.map((line) => line.detail));
    const [, count] = /after event (\d+)/u.exec(lines?.join('\n') ?? '') ?? [];
    expect(Number(count)).toBeGreaterThanOrEqual(before);
    await endsWhole(page);
    await plainHasLost(page);
    await litStates(page);
    expect(here.errors).toEqual([]);
  });

  it.each([
    ['its checkpoint', { checkpoint: { version: 99 } }],
    ['a record', { records: [{ id: '1', data: '{' }] }],
  ])('begins anew where what was saved is damaged: %s', async (_, damage) => {
    const { page } = here;
    await answerTo(page, EARLY);
    const run = await page.evaluate((damaged) => {
      playground.session?.close();
      const key = 'stream-reconnect-playground';
      const saved = JSON.parse(sessionStorage.getItem(key) ?? '') as object;
      sessionStorage.setItem(key, JSON.stringify({ ...saved, ...damaged }));
      return playground.session?.run;
    }, damage);
    await page.reload();
    await hasRecords(page, 3);
    expect(await page.evaluate(() => playground.session?.run)).not.toBe(run);
    await page.getByTestId('answer-kept').getByText('When').waitFor();
    expect(here.errors).toEqual([]);
  });

  it('new settings: the form changes the stream in its middle, and the plots', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await page.getByLabel('maxAttempts').fill('3');
    for (const name of ['initialBackoffMs', 'backoffMultiplier']) {
      const before = await page.getByLabel(name).inputValue();
      for (const value of ['-1e308', '1e308', '-5', before]) {
        await page.getByLabel(name).fill(value);
        const [plot] = await page.getByRole('img', { name: /^Delays before/u }).all();
        expect(await plot?.getAttribute('aria-label')).toMatch(/is from [\d.]+ to [\d.]+ ms$/u);
      }
    }
    await page.getByRole('combobox', { name: 'jitter' }).selectOption('equal');
    await page.getByRole('img', { name: /Delays before attempts 1 to 3/u }).waitFor();
    await press(page, 'Apply to the stream');
    await page.waitForFunction(() => playground.session?.snapshot.maxAttempts === 3);
    await watchLit(page);
    await press(page, 'Cut now');
    await wasIn(page, 'waiting');
    await endsWhole(page);
    await litStates(page);
    expect(await page.locator('.herd .chosen b').textContent()).toBe('equal');
    expect(await page.locator('.herd-plots canvas').count()).toBe(6);
  });

  it('shows why the library refuses a setting, and keeps the stream', async () => {
    const { page } = here;
    await answerTo(page, EARLY);
    await page.evaluate(() =>
      playground.applySettings({ ...playground.settings, backoffMultiplier: -1 }),
    );
    await expectNotice(page, /backoffMultiplier/u);
    await endsWhole(page);
  });

  it('shows hostile text as text', async () => {
    const { page } = here;
    await answerTo(page, 5, { sample: 'hostile' });
    await isIn(page, 'closed');
    for (const id of ['kept', 'plain'] as const) {
      const text = await shown(page, id);
      expect(text).toContain(`<img src=x onerror="globalThis.pwned='img'">`);
      expect(text).toContain('</script><svg onload=');
      expect(text).toContain('&lt;b&gt; &amp;amp;');
      expect(text).toContain('␛[2J␛[31mred␛[0m␇ and ⟨U+009B⟩1m');
      expect(text).toContain('⟨U+202E⟩esrever⟨U+202C⟩');
    }
    const inside = page.locator('.message.model');
    expect(await inside.locator('img, script, svg, a, iframe, b b').count()).toBe(0);
    expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
    expect(here.errors).toEqual([]);
  });

  it('says so when the playground itself is stopped', async () => {
    const { page, server } = here;
    await answerTo(page, EARLY);
    here.isSpent = true;
    await server.close();
    await expectNotice(page, /has been stopped/u);
    expect(await shown(page, 'kept')).not.toBe('');
  });

  it('says so when the playground was started again on its port', async () => {
    const { page, server } = here;
    await answerTo(page, EARLY);
    here.isSpent = true;
    await server.close();
    const again = await startPlayground({ folder: PAGE_FOLDER, port: Number(portOf(server.url)) });
    try {
      await expectNotice(page, /was started again: reload the page/u);
      await page.reload();
      await hasRecords(page, 3);
      await expectNotice(page, /^$/u);
    } finally {
      await again.close();
    }
  });

  it('says so when its answer made room for others', async () => {
    const { page, server } = here;
    await answerTo(page, EARLY);
    await page.evaluate(
      async ([url, token]) => {
        const headers = { 'content-type': 'application/json', 'x-playground-token': token };
        const body = JSON.stringify({ sample: 'prose', paceMs: 1000 });
        for (let n = 0; n < 16; n++)
          await fetch(`${url}api/start`, { method: 'POST', headers, body });
      },
      [server.url, server.token] as const,
    );
    await expectNotice(page, /this answer was dropped: press New answer/u);
    await press(page, 'New answer');
    await hasRecords(page, 3);
    await expectNotice(page, /^$/u);
  });

  it('can be used by keyboard alone', async () => {
    const { page } = here;
    // From the top: elsewhere the focus would go on from where it was last.
    await page.reload();
    await answerTo(page, EARLY);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() =>
      playground.session?.lines.some(({ kind, title }) => kind === 'server' && title === 'cut'),
    );
    await endsWhole(page);
  });

  it.each([
    [1280, 900],
    [640, 400],
    [390, 650],
    [320, 480],
  ])('covers no control that has the focus at %i x %i', async (width, height) => {
    const { page } = here;
    await page.setViewportSize({ width, height });
    await answerTo(page, 1);
    await isIn(page, 'connected');
    await page.getByLabel('server away').focus();
    const seen: string[] = [];
    const covered: string[] = [];
    for (;;) {
      const { name, isCovered } = await page.evaluate(focused);
      if (name === null) break;
      seen.push(name);
      if (isCovered) covered.push(name);
      await page.keyboard.press('Shift+Tab');
    }
    expect(seen).toContain('Cut now');
    expect(seen.length).toBeGreaterThan(20);
    expect(covered).toEqual([]);
  });

  it('has no serious problem of accessibility, wide or narrow, light or dark', async () => {
    const { page } = here;
    await answerTo(page, EARLY, {
      settings: { initialBackoffMs: 600_000, maxBackoffMs: 600_000 },
    });
    await press(page, 'Cut now');
    await isIn(page, 'waiting');
    await page.getByTestId('countdown').waitFor();
    await eachLook(page, async (look) => {
      // The scheme changes colours only.
      const rules = look.endsWith('light') ? undefined : COLOUR_RULES;
      expect(await seriousProblems(page, rules), look).toEqual([]);
      const room = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(room, look).toBeLessThanOrEqual(0);
    });
    await press(page, 'Cancel');
    await isIn(page, 'closed');
    await page.getByTestId('state').filter({ hasText: 'closed' }).waitFor();
    // All else is as it was: what changes with the state is its colour.
    await eachLook(page, async (look) =>
      expect(await seriousProblems(page, COLOUR_RULES), look).toEqual([]),
    );
  });
});

/** In each size and scheme of one page; the one it ends with is the one it began with. */
async function eachLook(page: Page, check: (look: string) => Promise<void>): Promise<void> {
  for (const width of [390, 1280])
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.setViewportSize({ width, height: 850 });
      await page.emulateMedia({ colorScheme });
      await check(`${width} px, ${colorScheme}`);
    }
}

interface Problem {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

async function seriousProblems(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  // Through the debugger: the policy of the page lets no script in.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (options) =>
      (
        globalThis as unknown as {
          axe: { run(options: object): Promise<{ violations: Problem[] }> };
        }
      ).axe.run(options),
    { resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) },
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
}

async function expectNotice(page: Page, pattern: RegExp): Promise<void> {
  const notice = page.getByRole('alert');
  // Attached: without a word in it, there is nothing to be seen.
  await notice.filter({ hasText: pattern }).waitFor({ state: 'attached' });
}

/** In the page: the control that has the focus, and whether something lies over a corner of it. */
function focused(): { name: string | null; isCovered: boolean } {
  const element = document.activeElement;
  if (element === null || element === document.body) return { name: null, isCovered: false };
  const { left, right, top, bottom, height } = element.getBoundingClientRect();
  // What is higher than the screen cannot be seen whole.
  const low = Math.min(bottom, innerHeight) - 3;
  const ends = height < innerHeight / 2 ? [top + 3, bottom - 3] : [low];
  const isCovered = ends.some((y) => {
    const found = document.elementFromPoint((left + right) / 2, y);
    return found === null || !element.contains(found);
  });
  const name = element.getAttribute('name') ?? element.ariaLabel ?? element.textContent;
  return { name, isCovered };
}

function portOf(url: string): string {
  return new URL(url).port;
}

function isPressed(page: Page, name: string, pressed: boolean): Promise<void> {
  return page.getByRole('button', { name, exact: true, pressed }).waitFor();
}

function logged(page: Page): Promise<string[]> {
  return page.evaluate(() => playground.session?.lines.map(({ title }) => title) ?? []);
}

/** It has no watchdog: its last word is that it is reading. */
async function plainStillWaits(page: Page): Promise<void> {
  expect(wholeText()).not.toBe(await shown(page, 'plain'));
  expect(await page.evaluate(() => playground.session?.plain?.status)).toBe('reading');
}
