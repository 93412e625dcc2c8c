/** Aligned columns for people: the first to the left, numbers to the right, a mark to the left again. */

import { availableParallelism, cpus } from 'node:os';

export function table(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells) =>
    cells
      .map((cell, column) =>
        column === 0 || column === cells.length - 1
          ? cell.padEnd(widths[column])
          : cell.padStart(widths[column]),
      )
      .join('   ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(line)]
    .map((text) => `  ${text}`)
    .join('\n');
}

/** The machine and the day: a number without them says nothing. */
export function conditions(extra = []) {
  const { version, arch, platform } = process;
  const [cpu] = cpus();
  return [
    `node ${version}`,
    `${platform} ${arch}`,
    `${cpu?.model.trim() ?? 'unknown CPU'} × ${availableParallelism()}`,
    new Date().toISOString().slice(0, 10),
    ...extra,
  ].join(' · ');
}
