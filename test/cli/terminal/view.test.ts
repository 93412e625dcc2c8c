import { describe, expect, it } from 'vitest';
import { clean } from '../../../src/cli/terminal/clean.js';
import { createLogView } from '../../../src/cli/terminal/log-view.js';
import { createTerminalView } from '../../../src/cli/terminal/terminal-view.js';
import type { View } from '../../../src/cli/terminal/view.js';

const HOSTILE =
  'a\u001B[2J\u001B]0;title\u0007b\u0007\u0008\u007F\u009B31m\u202Ec\u2066\u200F\rd\uD800e';

describe('clean', () => {
  it('leaves nothing that moves, colours, rings or turns a line around', () => {
    expect(clean(HOSTILE)).toBe('abcde');
    expect(clean('one\ntwo, três, 四 🚂')).toBe('one\ntwo, três, 四 🚂');
  });
});

describe('the log view', () => {
  it('shows text by the sentence, and cuts it where something happens', () => {
    expect(
      log((view) => {
        for (const text of ['One', ' two. Thr', 'ee']) view.show({ type: 'text', text });
        view.show({ type: 'note', label: 'dropped', text: 'eof: no end marker' });
        view.show({ type: 'text', text: ' four.\n' });
        view.show({ type: 'summary', good: true, line: 'done' });
      }),
    ).toEqual([
      '  0.0 s  text       One two.',
      '  0.0 s  text       Three',
      '  0.0 s  dropped    eof: no end marker',
      '  0.0 s  text       four.',
      'done',
    ]);
  });

  it('shows hostile text as text', () => {
    expect(log((view) => view.show({ type: 'text', text: HOSTILE }))).toEqual([
      '  0.0 s  text       abcde',
    ]);
  });
});

describe('the terminal view', () => {
  it('counts down to the next attempt', () => {
    let time = 0;
    const screen = terminal({ now: () => time });
    screen.view.show({ type: 'note', label: 'waiting', text: '2.0 s, then …', lastsMs: 2000 });
    screen.view.show({ type: 'state', state: 'waiting' });
    expect(screen.lastLine()).toContain('━━━━━━━━━━━━━━━━━━━━  2.0 s');
    time = 1500;
    screen.view.show({ type: 'state', state: 'waiting' });
    expect(screen.lastLine()).toContain('━━━━━───────────────  0.5 s');
    screen.view.close();
  });

  it('says for how long an open connection has been silent', () => {
    let time = 0;
    const screen = terminal({ now: () => time });
    screen.view.show({ type: 'state', state: 'connected' });
    time = 900;
    screen.view.show({ type: 'text', text: '' });
    expect(screen.lastLine()).toContain('silent for 0.9 s');
    screen.view.close();
  });

  it('never writes a line that is wider than the terminal', () => {
    const screen = terminal({ columns: 40 });
    screen.view.show({ type: 'text', text: `${'word '.repeat(30)}${'x'.repeat(100)}` });
    screen.view.show({ type: 'note', label: 'fault', text: 'y'.repeat(100) });
    screen.view.show({ type: 'progress', chunks: 1_000_000, of: 2_000_000, bytes: 1 });
    screen.view.close();
    for (const line of screen.lines()) expect(line.length).toBeLessThan(40);
  });

  it('hides the cursor, and gives it back once, whoever closes it', () => {
    const screen = terminal({});
    screen.view.show({ type: 'summary', good: true, line: 'done' });
    screen.view.close();
    expect(screen.raw().startsWith('\u001B[?25l')).toBe(true);
    expect(screen.raw().split('\u001B[?25h')).toHaveLength(2);
  });

  it('uses colours only if it may, and hostile text never gets its own', () => {
    for (const colours of [true, false]) {
      const screen = terminal({ colours });
      screen.view.show({ type: 'text', text: HOSTILE });
      screen.view.show({ type: 'note', label: 'dropped', text: HOSTILE });
      screen.view.close();
      expect(screen.raw().includes('\u001B[33m')).toBe(colours);
      // oxlint-disable-next-line no-control-regex -- the codes of the view itself are fine
      const rest = screen.raw().replace(/\u001B\[(?:\?25[hl]|\d?[AJKm]|3\dm)/gu, '');
      // oxlint-disable-next-line no-control-regex -- control characters must not be there
      expect(rest).not.toMatch(/[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u202E]/u);
    }
  });
});

function log(tell: (view: View) => void): string[] {
  let out = '';
  const view = createLogView({ write: (text) => void (out += text), now: () => 0 });
  tell(view);
  view.close();
  return out.trimEnd().split('\n');
}

function terminal(options: { now?: () => number; columns?: number; colours?: boolean }): {
  view: View;
  raw(): string;
  lines(): string[];
  lastLine(): string;
} {
  const { now = () => 0, columns = 80, colours = false } = options;
  let out = '';
  const view = createTerminalView({
    write: (text) => void (out += text),
    columns: () => columns,
    colours,
    now,
  });
  const lines = (): string[] => out.split(/[\r\n]/u).map(clean);
  return {
    view,
    raw: () => out,
    lines,
    lastLine: () => lines().findLast((line) => line.trim() !== '') ?? '',
  };
}
