/** The one line that says what the stream is doing right now. */

import type { Paint, Style } from './paint.js';
import { seconds, size } from './view.js';
import type { Progress, ViewEvent } from './view.js';

export interface StatusLine {
  follow(event: ViewEvent): void;
  /** The line as of now, painted, at most `width` columns wide. */
  render(width: number): string;
}

type Span = readonly [Style, string];

const BAR_WIDTH = 20;
// Below this a pause between two tokens is nothing to speak of.
const QUIET_MS = 400;

export function createStatusLine(now: () => number, paint: Paint): StatusLine {
  let state = 'idle';
  let progress: Omit<Progress, 'type'> = { chunks: 0, of: 0, bytes: 0 };
  let wait = { until: 0, lastsMs: 0, text: '' };
  let lastChunkAt = now();
  return { follow, render };

  function follow(event: ViewEvent): void {
    if (event.type === 'state') {
      state = event.state;
      lastChunkAt = now();
    } else if (event.type === 'note' && event.lastsMs !== undefined) {
      wait = { until: now() + event.lastsMs, lastsMs: event.lastsMs, text: event.text };
    } else if (event.type === 'progress') {
      progress = event;
      lastChunkAt = now();
    }
  }

  function render(width: number): string {
    const spans: Span[] = state === 'waiting' ? waitingSpans() : flowingSpans();
    return fit(spans, width)
      .map(([style, text]) => paint(style, text))
      .join('');
  }

  function waitingSpans(): Span[] {
    const left = Math.max(0, wait.until - now());
    const share = wait.lastsMs > 0 ? left / wait.lastsMs : 0;
    return [
      ['yellow', `${'◌ waiting'.padEnd(13)}`],
      ...bar(share, 'yellow'),
      ['plain', `  ${seconds(left)}`],
      ['dim', `  of ${wait.text}`],
    ];
  }

  function flowingSpans(): Span[] {
    const { chunks, of, bytes } = progress;
    const quietMs = now() - lastChunkAt;
    const quiet = state === 'connected' && quietMs >= QUIET_MS;
    return [
      [styleOf(state, quiet), `${quiet ? '◍' : '●'} ${state}`.padEnd(13)],
      ...bar(of > 0 ? chunks / of : 0, 'green'),
      ['plain', `  ${chunks} of ${of} chunks`],
      ['dim', `  ${size(bytes)}`],
      quiet ? ['yellow', `  silent for ${seconds(quietMs)}`] : ['dim', ''],
    ];
  }
}

function styleOf(state: string, quiet: boolean): Style {
  if (quiet || state === 'connecting') return 'yellow';
  return state === 'failed' ? 'red' : 'green';
}

function bar(share: number, style: Style): Span[] {
  const full = Math.round(Math.min(1, share) * BAR_WIDTH);
  return [
    [style, '━'.repeat(full)],
    ['dim', '─'.repeat(BAR_WIDTH - full)],
  ];
}

/** Cuts at the width before any colour is added: an escape sequence has no width. */
function fit(spans: readonly Span[], width: number): Span[] {
  let room = width;
  return spans.map(([style, text]) => {
    const part = text.slice(0, Math.max(0, room));
    room -= part.length;
    return [style, part];
  });
}
