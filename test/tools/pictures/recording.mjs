/**
 * Records `npm start` in a terminal and writes it as a picture that moves: an SVG, which package pages and GitHub show.
 *
 * Run it by `npm run pictures`. Every frame is what a terminal showed; a still frame is shown where motion is unwanted.
 */

import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

import xterm from '@xterm/headless';

const COLUMNS = 84;
const ROWS = 24;
/** Output within this time becomes one frame. */
const FRAME_MS = 150;
/** How long the last frame stays, in ms. */
const LAST_MS = 4000;
const CELL = { width: 8.4, height: 18 };

const start = fileURLToPath(new URL('../../../dist/src/cli/start.js', import.meta.url));

/** Runs the demonstration once and returns the recording as text of an SVG. */
export async function recordStart() {
  const frames = await takeFrames(await record());
  return draw(frames);
}

/** What the program wrote, with the time of each piece in ms. `script` gives it a terminal. */
async function record() {
  const command = `stty cols ${COLUMNS} rows ${ROWS}; exec ${process.execPath} ${start} --once`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: undefined },
  });
  const pieces = [];
  const from = performance.now();
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text) => {
    const at = performance.now() - from;
    const last = pieces.at(-1);
    if (last !== undefined && at - last.at < FRAME_MS) last.text += text;
    else pieces.push({ at, text });
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`npm start ended with code ${code}`);
  return pieces;
}

/** The screen after each piece: rows of runs of one style. */
async function takeFrames(pieces) {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const frames = [];
  for (const { at, text } of pieces) {
    await new Promise((resolve) => terminal.write(text, resolve));
    const rows = Array.from({ length: ROWS }, (_, row) => rowOf(terminal, row));
    const last = frames.at(-1);
    if (JSON.stringify(last?.rows) !== JSON.stringify(rows)) frames.push({ at, rows });
  }
  return frames;
}

function rowOf(terminal, row) {
  const buffer = terminal.buffer.active;
  const line = buffer.getLine(buffer.viewportY + row);
  const runs = [];
  for (let column = 0; line !== undefined && column < COLUMNS; column++) {
    const cell = line.getCell(column);
    const style = `${cell.isBold() ? 'b ' : ''}${cell.isDim() ? 'd ' : ''}${cell.isFgDefault() ? '' : `c${cell.getFgColor()}`}`;
    const text = cell.getChars() || ' ';
    const last = runs.at(-1);
    if (last?.style === style) last.text += text;
    else runs.push({ style, text, column });
  }
  return runs.filter(({ text }) => text.trim() !== '');
}

/** Each row is drawn once, and used by every frame that shows it. Frames stand side by side and step past a window. */
function draw(frames) {
  const width = Math.round(COLUMNS * CELL.width) + 32;
  const height = ROWS * CELL.height + 56;
  const symbols = new Map();
  const strips = frames.map(({ rows }, frame) => {
    const uses = rows.flatMap((runs, row) => {
      if (runs.length === 0) return [];
      const text = textOf(runs);
      if (!symbols.has(text)) symbols.set(text, `r${symbols.size}`);
      return [`<use href="#${symbols.get(text)}" y="${row * CELL.height}"/>`];
    });
    return `<g transform="translate(${frame * width})">${uses.join('')}</g>`;
  });
  const rows = [...symbols].map(([text, id]) => `<g id="${id}">${text}</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="npm start: one answer streams through five faults, and nothing of it is lost">
<style>${styleOf(frames, width)}</style>
<defs>${rows.join('\n')}</defs>
<rect width="100%" height="100%" rx="8" fill="#16181d"/>
<g fill="#4a4f5a"><circle cx="20" cy="18" r="5"/><circle cx="38" cy="18" r="5"/><circle cx="56" cy="18" r="5"/></g>
<svg x="16" y="40" width="${width - 32}" height="${height - 48}"><g class="film">${strips.join('\n')}</g></svg>
</svg>
`;
}

function textOf(runs) {
  const spans = runs.map(({ style, text, column }) => {
    const lead = text.length - text.trimStart().length;
    const x = ((column + lead) * CELL.width).toFixed(1);
    const look = style === '' ? '' : ` class="${style.trim()}"`;
    return `<tspan x="${x}"${look}>${escape(text.trim())}</tspan>`;
  });
  return `<text y="13">${spans.join('')}</text>`;
}

function styleOf(frames, width) {
  const from = frames[0]?.at ?? 0;
  const total = (frames.at(-1)?.at ?? 0) - from + LAST_MS;
  const steps = frames.map(
    ({ at }, n) =>
      `${(((at - from) / total) * 100).toFixed(2)}%{transform:translateX(${-n * width}px)}`,
  );
  const still = -(frames.length - 1) * width;
  return [
    'text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d7dae0;white-space:pre}',
    '.b{font-weight:700}.d{opacity:.6}',
    '.c1{fill:#ef6b73}.c2{fill:#7ec77b}.c3{fill:#e5c07b}.c4{fill:#6cb2f7}.c5{fill:#c58fe6}.c6{fill:#5fc4c9}.c8{fill:#8a919e}',
    `.film{animation:film ${(total / 1000).toFixed(1)}s steps(1,end) infinite}`,
    `@keyframes film{${steps.join('')}100%{transform:translateX(${still}px)}}`,
    `@media (prefers-reduced-motion:reduce){.film{animation:none;transform:translateX(${still}px)}}`,
  ].join('');
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
