/** The matrix as a picture: each cell has its word, and its colour; light or dark as the page is. */

import { nameOfRow } from './rows.mjs';

const LABEL = 450;
const CELL = { width: 84, height: 24, gap: 2 };
const HEAD = 92;
const GROUP = 26;
const MARGIN = 16;

export const SIGNS = { ok: '✓', reported: '!', failed: '✗', 'n/a': '–' };

export function chart({ columns, rows, matrix, date }) {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const width = LABEL + columns.length * CELL.width + 2 * MARGIN;
  let y = MARGIN + HEAD;
  const parts = [head(columns)];
  for (const group of groups) {
    parts.push(text(MARGIN, y + 17, group, 'group'));
    y += GROUP;
    for (const row of rows.filter((one) => one.group === group)) {
      parts.push(rowOf(row, matrix, y));
      y += CELL.height;
    }
  }
  const height = y + 44;
  parts.push(legend(y + 26, date));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">What clients of streams do when the line breaks</title>',
    `<desc id="desc">${escape(summary(rows, matrix))}</desc>`,
    STYLE,
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
}

function head(columns) {
  return columns
    .map(({ title }, n) => {
      const lines = wrap(title);
      const x = LABEL + MARGIN + (n + 0.5) * CELL.width;
      return lines
        .map((line, at) => text(x, MARGIN + HEAD - 12 - (lines.length - 1 - at) * 15, line, 'head'))
        .join('\n');
    })
    .join('\n');
}

function rowOf(row, matrix, y) {
  const cells = matrix.filter((cell) => cell.row.id === row.id);
  const baseline = y + 16;
  const option =
    row.title === '' ? '' : `<tspan class="option" dx="6">${escape(row.title)}</tspan>`;
  const label = `<text x="${MARGIN}" y="${baseline}" class="label">${escape(row.isOurs ? row.title : row.package)}${row.isOurs ? '' : option}</text>`;
  return [
    label,
    ...cells.map(({ column, verdict, short, detail }, n) => {
      const x = LABEL + MARGIN + n * CELL.width;
      const kind = verdict === 'n/a' ? 'na' : verdict;
      const said = verdict === 'n/a' ? short : `${SIGNS[verdict]} ${short}`;
      const box = `<rect x="${x + CELL.gap / 2}" y="${y + CELL.gap / 2}" width="${CELL.width - CELL.gap}" height="${CELL.height - CELL.gap}" rx="3" class="${kind}"/>`;
      const tip = `<title>${escape(`${nameOfRow(row)} · ${column.title}: ${detail}`)}</title>`;
      return `<g>${tip}${box}${text(x + CELL.width / 2, baseline, said, `cell ${kind}-text`)}</g>`;
    }),
  ].join('\n');
}

function legend(y, date) {
  const entries = [
    ['ok', 'ok, or an honest error where no more is possible'],
    ['reported', 'lost, and the client said so'],
    ['failed', 'lost or doubled in silence, hung, storm, POST again, crash'],
    ['na', 'does not apply'],
  ];
  let x = MARGIN;
  const parts = entries.map(([kind, label]) => {
    const sign = SIGNS[kind === 'na' ? 'n/a' : kind];
    const part = `<rect x="${x}" y="${y - 13}" width="22" height="18" rx="3" class="${kind}"/>${text(x + 11, y, sign, `cell ${kind}-text`)}${text(x + 30, y, label, 'option')}`;
    x += 52 + label.length * 6.4;
    return part;
  });
  return [...parts, text(x, y, date, 'option')].join('\n');
}

function summary(rows, matrix) {
  return rows
    .map((row) => {
      const count = (wanted) =>
        matrix.filter((cell) => cell.row.id === row.id && cell.verdict === wanted).length;
      return `${nameOfRow(row)}: ${count('ok')} ok, ${count('reported')} reported, ${count('failed')} failed.`;
    })
    .join(' ');
}

function wrap(title) {
  const lines = [];
  for (const word of title.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 12)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function text(x, y, content, kind) {
  return `<text x="${x}" y="${y}" class="${kind}">${escape(content)}</text>`;
}

function escape(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const STYLE = `<style>
text { font: 11.5px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.page { fill: #ffffff }
.group { font-weight: 700; font-size: 12.5px }
.head, .cell { text-anchor: middle }
.head { font-weight: 600 }
.cell { font-size: 11px }
.option { fill: #59636e; font-size: 10.5px }
.ok { fill: #d8f0dd } .ok-text { fill: #0f5323 }
.reported { fill: #fdf0c4 } .reported-text { fill: #6b4700 }
.failed { fill: #f9d3cf } .failed-text { fill: #8a1408; font-weight: 600 }
.na { fill: #f2f4f6 } .na-text { fill: #6e7781 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .page { fill: #0d1117 }
  .option { fill: #9198a1 }
  .ok { fill: #12371f } .ok-text { fill: #8fdba2 }
  .reported { fill: #423207 } .reported-text { fill: #f0d27a }
  .failed { fill: #561a15 } .failed-text { fill: #ffb3aa }
  .na { fill: #161b22 } .na-text { fill: #848d97 }
}
</style>`;
