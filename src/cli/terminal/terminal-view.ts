/** The view for a terminal: the answer as it grows, and a live status line below it. */

import { clean, cleanLine } from './clean.js';
import { createPaint } from './paint.js';
import type { Style } from './paint.js';
import { createStatusLine } from './status-line.js';
import type { Label, Note, ViewEvent, View } from './view.js';

export interface TerminalViewOptions {
  readonly write: (text: string) => void;
  /** Width in columns, asked again at each line; 0 or undefined where unknown. */
  readonly columns: () => number | undefined;
  readonly colours: boolean;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

const MARGIN = '  ';
const WIDEST = 88;
const REDRAW_MS = 100;
const LABEL_WIDTH = 10;
// Margin, rule and label, with a space after each of the last two.
const NOTE_INDENT = MARGIN.length + 2 + LABEL_WIDTH + 1;
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
const CLEAR_RIGHT = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';
// From the status line back to the start of the text line, which stands two rows above.
const BACK_TO_TEXT = '\u001B[2A\r';

const NOTE_STYLES: Readonly<Record<Label, Style>> = {
  fault: 'red',
  dropped: 'yellow',
  refused: 'yellow',
  waiting: 'yellow',
  connected: 'dim',
  resumed: 'green',
  tool: 'cyan',
  notice: 'yellow',
};

/**
 * Three rows are redrawn in place: the line being written, an empty one, the status.
 * Whatever is finished scrolls up above them and is never touched again.
 */
export function createTerminalView(options: TerminalViewOptions): View {
  const { write, columns, colours, now } = options;
  const paint = createPaint(colours);
  const status = createStatusLine(now, paint);
  const current: { text: string; style: Style } = { text: '', style: 'plain' };
  let inOutage = false;
  let closed = false;
  const timer = setInterval(draw, REDRAW_MS);
  write(HIDE_CURSOR);

  return { show, close };

  function show(event: ViewEvent): void {
    if (closed) return;
    status.follow(event);
    switch (event.type) {
      case 'opening':
        finish('');
        finish(`${MARGIN}${paint('bold', 'stream-reconnect')}`);
        finish(
          `${MARGIN}${paint('dim', `one answer, ${event.events} events, ${event.faults} faults on the way`)}`,
        );
        finish('');
        break;
      case 'text':
      case 'tool':
        append(clean(event.text), event.type === 'tool' ? 'cyan' : 'plain');
        break;
      case 'note':
        note(event);
        break;
      case 'summary':
        summary(event.good, event.line);
        break;
      case 'state':
      case 'progress':
        break;
    }
    draw();
  }

  function append(text: string, style: Style): void {
    if (style !== current.style && current.text !== '') breakLine();
    current.style = style;
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) breakLine();
      current.text += current.text === '' ? part.trimStart() : part;
      wrap();
    }
  }

  /** Breaks at the last space that fits; a word longer than the line is cut. */
  function wrap(): void {
    const room = width() - MARGIN.length;
    while (current.text.length > room) {
      const space = current.text.lastIndexOf(' ', room);
      const end = space > 0 ? space : room;
      const rest = current.text.slice(end).trimStart();
      current.text = current.text.slice(0, end);
      breakLine();
      current.text = rest;
    }
  }

  function breakLine(): void {
    finish(MARGIN + paint(current.style, current.text));
    current.text = '';
  }

  /** Notes of one outage stand together, between a rule that opens and one that closes. */
  function note({ label, text }: Note): void {
    const style = NOTE_STYLES[label];
    const words = shorten(cleanLine(text), width() - NOTE_INDENT);
    const line = `${paint(style, label.padEnd(LABEL_WIDTH))} ${paint('dim', words)}`;
    if (current.text !== '') breakLine();
    if (label === 'tool' || (label === 'connected' && !inOutage)) {
      finish(`${MARGIN}${paint(style, label === 'tool' ? '◆' : '●')} ${line}`);
      if (label === 'connected') finish('');
      return;
    }
    if (!inOutage) finish('');
    const ends = label === 'resumed';
    finish(`${MARGIN}${paint('dim', ends ? '╰' : inOutage ? '│' : '╭')} ${line}`);
    if (ends) finish('');
    inOutage = !ends;
  }

  function summary(good: boolean, line: string): void {
    if (current.text !== '') breakLine();
    close();
    const mark = good ? paint('green', '✓') : paint('red', '✗');
    write(`\n${MARGIN}${mark} ${paint('bold', cleanLine(line))}\n\n`);
  }

  function finish(line: string): void {
    write(`\r${line}${CLEAR_RIGHT}\n`);
  }

  function draw(): void {
    if (closed) return;
    const text = MARGIN + paint(current.style, current.text);
    const below = MARGIN + status.render(width() - MARGIN.length);
    write(`\r${text}${CLEAR_RIGHT}\n${CLEAR_RIGHT}\n${below}${CLEAR_RIGHT}${BACK_TO_TEXT}`);
  }

  function width(): number {
    // One column stays free: a terminal wraps, or not, when the last one is filled.
    return Math.max(24, Math.min((columns() || 80) - 1, WIDEST));
  }

  function close(): void {
    if (closed) return;
    closed = true;
    clearInterval(timer);
    if (current.text !== '') breakLine();
    write(`\r${CLEAR_BELOW}${SHOW_CURSOR}`);
  }
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
