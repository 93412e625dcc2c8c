/** The inspector's page in a real browser, as a person uses it. */

import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { createActor, createMachine } from 'xstate';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
// The built package: the page is a part of the build, and both halves have to be of one kind.
import { ReconnectError, reconnectStream } from 'stream-reconnect';
import type { ReconnectingStream, ReconnectOptions, StreamSource } from 'stream-reconnect';
import { inspectorServer } from 'stream-reconnect/inspect';
import type { InspectorServer } from 'stream-reconnect/inspect';
import { openClient } from '../support/inspect-client.js';
import { inBrowser } from '../support/browser.js';
import { callingSource, drain, named, piece, SECRET } from '../support/inspected.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedSource } from '../../src/testing/index.js';
import { END, item } from '../support/numbered-log.js';

// A page with a chart takes a second to load, and far more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let inspector: InspectorServer;
const streams: ReconnectingStream<number>[] = [];

beforeEach(async () => {
  inspector = await inspectorServer();
});

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  await inspector.close();
});

function run(
  source: StreamSource<number>,
  options: ReconnectOptions = {},
): ReconnectingStream<number> {
  const stream = reconnectStream(source, {
    jitter: 'none',
    ...options,
    inspect: inspector.inspect,
  });
  streams.push(stream);
  void drain(stream);
  return stream;
}

/** Opens the page, and waits until its chart is drawn. */
async function visit(page: Page): Promise<void> {
  await page.goto(inspector.url);
  await page.waitForSelector('.chart .state');
}

/** Resolves when the page says so, in words and in the chart. */
async function shows(page: Page, state: string): Promise<void> {
  await page.waitForSelector(`[data-state="${state}"]`);
  await page.waitForFunction((key) => {
    const lit = [...document.querySelectorAll('.chart .state.active')];
    return lit.length === 1 && lit[0]?.id === `state-reconnect.${key}`;
  }, state);
}

interface Problem {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function problemsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate<readonly Problem[]>(
    'axe.run().then(({ violations }) => violations)',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.textContent ?? null);
}

inBrowser('the inspector', (here) => {
  it('lights the state that the stream is in, through a whole life', async () => {
    const source = scriptedSource({ script: [[[item(1)]], 'no answer'] });
    const stream = run(source, { initialBackoffMs: 30_000 });
    await visit(here.page);
    await shows(here.page, 'connected');
    source.push('drop');
    await shows(here.page, 'waiting');
    await here.page.waitForSelector('#edge-reconnect\\.connected--reconnect\\.waiting.taken');
    stream.retryNow();
    await shows(here.page, 'connecting');
    stream.pause();
    await shows(here.page, 'paused');
    await here.page.waitForSelector('#edge-reconnect--reconnect\\.paused.taken');
    stream.close();
    await shows(here.page, 'closed');
    const log = await here.page.locator('.entries').innerText();
    for (const name of ['connect', 'open done', 'stream.dropped', 'retryNow', 'pause', 'close'])
      expect(log).toContain(name);
    expect(here.errors).toEqual([]);
  });

  it('counts down to the next attempt', async () => {
    const stream = run(scriptedSource({ script: [[[item(1)], 'drop']] }), {
      initialBackoffMs: 30_000,
    });
    await visit(here.page);
    await shows(here.page, 'waiting');
    const left = async (): Promise<number> =>
      Number(await here.page.getAttribute('[data-countdown]', 'data-countdown'));
    const first = await left();
    expect(Math.abs(first - (stream.snapshot.retryAt! - Date.now()))).toBeLessThan(2_000);
    await here.page.waitForFunction(
      (before) =>
        Number(document.querySelector('[data-countdown]')?.getAttribute('data-countdown')) <
        before - 500,
      first,
    );
    expect(await here.page.locator('.countdown').innerText()).toMatch(
      /^Next attempt in \d\d s of 30 s/u,
    );
  });

  it('sends the stream the commands of its buttons, by mouse and by keyboard', async () => {
    const { page } = here;
    const stream = reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect });
    streams.push(stream);
    stream.start();
    await visit(page);
    await shows(page, 'connected');
    await page.getByRole('button', { name: 'Pause' }).click();
    await shows(page, 'paused');
    expect(stream.state).toBe('paused');
    await page.getByRole('button', { name: 'Resume' }).focus();
    await page.keyboard.press('Enter');
    await shows(page, 'connected');
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByText('The reader gets this stream from its start again.').waitFor();
    expect(await focused(page)).toBe('Leave it');
    await page.keyboard.press('Enter');
    expect([await focused(page), stream.state]).toEqual(['Reset', 'connected']);
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByRole('button', { name: 'Start over' }).click();
    await shows(page, 'idle');
    await page.getByRole('button', { name: 'Connect', exact: true }).press('Space');
    await shows(page, 'connected');
    await page.getByRole('button', { name: 'Retry now' }).click();
    await shows(page, 'connected');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await shows(page, 'closed');
    expect((await stream.done).status).toBe('cancelled');
    // Who works by keyboard is where they were.
    expect(await focused(page)).toBe('Cancel');
    for (const button of await page.locator('[data-command]').all())
      expect(await button.isDisabled()).toBe(true);
  });

  it('shows open tool calls, their arguments by length only', async () => {
    run(callingSource(), { initialBackoffMs: 30_000 });
    await visit(here.page);
    await shows(here.page, 'waiting');
    const row = here.page.locator('tr', { hasText: 'call-1' });
    expect(await row.innerText()).toMatch(/look call-1\s+streaming\s+\(\d+ characters\)/u);
    expect(await here.page.content()).not.toContain(SECRET);
  });

  it('shows many streams in lanes, and the chosen one below', async () => {
    const { page } = here;
    const sources: ScriptedSource<number>[] = [];
    for (let n = 0; n < 40; n++) {
      sources.push(scriptedSource({ script: [[[item(1)]]] }));
      run(named(sources[n]!, `stream ${n}`), { initialBackoffMs: 30_000 });
    }
    await visit(page);
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('.lane .pill')].filter(
          (one) => one.textContent === 'connected',
        ).length === 40,
    );
    const lane = page.getByRole('button', { name: 'stream 33' });
    await lane.click();
    expect(await lane.getAttribute('aria-pressed')).toBe('true');
    expect(await page.locator('#chosen').innerText()).toContain('stream 33');
    streams[33]!.pause();
    await shows(page, 'paused');
    expect(await lane.locator('rect').count()).toBeGreaterThanOrEqual(2);
  });

  it('shows any other actor, and sends it events', async () => {
    const { page } = here;
    const machine = createMachine({
      id: 'player',
      initial: 'off',
      states: {
        off: { on: { power: 'on' } },
        on: { initial: 'quiet', states: { quiet: { on: { louder: 'loud' } }, loud: {} } },
      },
    });
    const player = createActor(machine, { inspect: inspector.inspect }).start();
    await visit(page);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForSelector('[data-state="on.quiet"]');
    await page.getByRole('combobox').selectOption('louder');
    await page.getByLabel('Payload').fill('{"by":');
    await page.getByRole('button', { name: 'Send' }).click();
    expect(await page.getByRole('alert').innerText()).toBe('The payload has to be a JSON object.');
    await page.getByLabel('Payload').fill('{"by":3}');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#state-player\\.on\\.loud.active');
    expect(await page.locator('.chart .state.active').count()).toBe(2);
    expect(player.getSnapshot().value).toEqual({ on: 'loud' });
    player.stop();
  });

  it('shows hostile text as text', async () => {
    const { page } = here;
    const img = '<img src=x onerror="globalThis.pwned=1">';
    const script = '</script><script>globalThis.pwned=2</script>';
    const ansi = '\u001B[31mred\u001B]0;title\u0007 \u202Egpj.exe\u200B';
    const call = piece(1, { id: script, name: img, args: img });
    const throws = new ReconnectError('network', `${img}${script}${ansi}`);
    const source = named(scriptedSource({ script: [[[call], { throws }]] }), `${img}${ansi}`);
    const stream = run(source, { initialBackoffMs: 30_000 });
    await visit(page);
    await shows(page, 'waiting');
    stream.pause(`${script}${ansi}`);
    await shows(page, 'paused');
    for (const entry of await page.locator('.entries summary').all()) await entry.click();
    const text = await page.locator('body').innerText();
    expect(text).toContain(img);
    expect(text).toContain(script);
    expect(text).toContain('\\u202e');
    expect(text).not.toMatch(/[^\P{C}\n\t]/u);
    expect(await page.locator('img, body script').count()).toBe(0);
    expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
    expect(here.errors).toEqual([]);
  });

  it('asks nobody but the inspector, and runs no script of a page', async () => {
    const { page } = here;
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    run(scriptedSource({ script: [[[item(1)]]] }));
    await visit(page);
    await shows(page, 'connected');
    expect([...asked].filter((origin) => origin !== 'null')).toEqual([
      new URL(inspector.url).origin,
    ]);
    expect(page.url()).not.toContain('token');
    const isBlocked = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.inlineRan = true';
      document.body.append(script);
      return !('inlineRan' in globalThis);
    });
    expect(isBlocked).toBe(true);
  });

  it('is there again after a reload, says what is missing without a key, and when it is over', async () => {
    const { page } = here;
    run(scriptedSource({ script: [[[item(1)]]] }));
    await visit(page);
    await page.reload();
    await shows(page, 'connected');
    await inspector.close();
    await page.getByText('Ended', { exact: true }).waitFor();
    inspector = await inspectorServer();
    await page.goto(new URL(inspector.url).origin);
    await page.getByText('This page has no key').waitFor();
    await page.goto(`${new URL(inspector.url).origin}/#token=wrong`);
    await page.getByText('Not connected', { exact: true }).waitFor();
  });

  it('takes the address of a new start into the page that is open', async () => {
    const { page } = here;
    run(scriptedSource({ script: [[[item(1)]]] }));
    await page.goto(`${new URL(inspector.url).origin}/#token=of-an-earlier-start`);
    await page.getByText('Not connected', { exact: true }).waitFor();
    await page.evaluate((url) => location.assign(url), inspector.url);
    await shows(page, 'connected');
    expect(page.url()).not.toContain('token');
  });

  it('says why it has to wait where enough pages look on', async () => {
    const { page } = here;
    await using full = await inspectorServer({ maxViewers: 1 });
    const first = await openClient(full.url);
    await page.goto(full.url);
    await page.getByText('Connecting: 1 viewers look on already').waitFor();
    first.close();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('cannot be read by a page of another origin', async () => {
    const { page } = here;
    run(scriptedSource<number>());
    const token = new URL(inspector.url).hash.replace('#token=', '');
    const got = await page.evaluate(
      async ([origin, key]) => {
        const tries = [
          () => fetch(`${origin}/`, { mode: 'cors' }),
          () => fetch(`${origin}/events`, { headers: { authorization: `Bearer ${key}` } }),
          () =>
            fetch(`${origin}/command`, {
              method: 'POST',
              headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
              body: '{}',
            }),
        ];
        const outcomes: string[] = [];
        for (const attempt of tries)
          outcomes.push(
            await attempt().then(
              ({ type }) => type,
              () => 'refused',
            ),
          );
        return outcomes;
      },
      [new URL(inspector.url).origin, token] as const,
    );
    expect(got).toEqual(['refused', 'refused', 'refused']);
  });

  it.each([
    ['light', 1280, 900],
    ['dark', 1280, 900],
    ['light', 390, 844],
    ['dark', 390, 844],
  ] as const)(
    'has no serious problem of access: %s, %i wide',
    async (colorScheme, width, height) => {
      const { page } = here;
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      run(named(callingSource(), 'answer'), { initialBackoffMs: 30_000 });
      run(named(scriptedSource({ script: [[[item(1)]]] }), 'prices'));
      run(named(scriptedSource({ script: [[[END]]] }), 'done'));
      run(named(scriptedSource({ script: [{ refuses: new Error('no') }] }), 'failing'), {
        maxAttempts: 0,
      });
      await visit(page);
      await shows(page, 'waiting');
      await page.waitForFunction(() => document.querySelectorAll('.lane').length === 4);
      await page.locator('.entries summary').first().click();
      expect(await problemsOf(page)).toEqual([]);
      // Nothing is wider than the window.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
        width,
      );
      const folder = process.env['SCREENSHOTS'];
      if (folder !== undefined)
        await page.screenshot({
          path: `${folder}/inspector-${width}-${colorScheme}.png`,
          fullPage: true,
        });
    },
  );
});
