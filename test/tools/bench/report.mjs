/** The numbers of one run as a table, and what we promise beside them. */

import { clients } from './clients.mjs';
import { ratios, summary } from './statistics.mjs';
import { table } from './table.mjs';

/** What our layer may cost: times a bare loop, and bytes a stream. */
const MAX_RATIO = { batches: 1.1, forAwait: 1.3 };
const MAX_LAYER_BYTES = 10_000;

export function targetsOf({ cpu, heap }) {
  return [
    ...cpu.filter(({ hasTarget }) => hasTarget).flatMap((cell) => cpuTargets(cell)),
    target('heap', 'stream', heap.layerBytes, MAX_LAYER_BYTES, `≤ ${kilobytes(MAX_LAYER_BYTES)}`),
  ];
}

export function asText(report) {
  const targets = targetsOf(report);
  const { conditions, cpu, heap } = report;
  return [
    'stream-reconnect · benchmarks',
    conditions,
    ...cpu.flatMap((cell) => cpuText(cell, targets)),
    ...heapText(heap, targets),
    '',
  ].join('\n');
}

function cpuTargets({ label, micros }) {
  const { bare, batches, forAwait, eventsourceClient } = micros;
  const toBare = (row, values) =>
    target(label, row, middle(values, bare), MAX_RATIO[row], `≤ ${MAX_RATIO[row].toFixed(2)}`);
  return [
    toBare('batches', batches),
    toBare('forAwait', forAwait),
    target(label, 'forAwait', middle(forAwait, eventsourceClient), 1, '≤ eventsource-client'),
  ];
}

function middle(values, bases) {
  return summary(ratios(values, bases)).median;
}

function target(cell, row, value, limit, promise) {
  return { cell, row, value, limit, promise, verdict: value <= limit ? 'ok' : 'over' };
}

function cpuText({ label, count, generations, rounds, micros }, targets) {
  const head = ['', 'µs/event', 'middle half', '× bare', 'middle half', 'target'];
  const rows = Object.entries(micros).map(([name, values]) => {
    const cost = summary(values);
    const ratio = summary(ratios(values, micros.bare));
    return [
      clients[name].title,
      cost.median.toFixed(3),
      range(cost, 3),
      ratio.median.toFixed(2),
      range(ratio, 2),
      verdicts(targets, label, name),
    ];
  });
  return [
    '',
    `CPU per event, ${label}: user + system of the client process, ${amount(count)} events a round,`,
    `medians of ${rounds} interleaved rounds in ${generations} sets of processes, ratios taken within a round`,
    table(head, rows),
  ];
}

function heapText({ connections, rounds, kinds, layerBytes, aboveSourceBytes }, targets) {
  const rows = Object.values(kinds).map(({ title, bytes }) => [
    title,
    kilobytes(bytes.median),
    range(scaled(bytes), 1),
    '',
  ]);
  rows.push(['our layer', kilobytes(layerBytes), '', verdicts(targets, 'heap', 'stream')]);
  rows.push(['of it above sse() alone', kilobytes(aboveSourceBytes), '', '']);
  return [
    '',
    `Heap per connected stream: ${amount(connections)} connections, idle after one event,`,
    `after garbage collection, medians of ${rounds} (our layer: stream − fetch + parser)`,
    table(['', 'a stream', 'middle half KB', 'target'], rows),
  ];
}

function verdicts(targets, cell, row) {
  return targets
    .filter((one) => one.cell === cell && one.row === row)
    .map(({ promise, verdict }) => `${promise} ${verdict}`)
    .join(', ');
}

function range({ low, high }, digits) {
  return `${low.toFixed(digits)}–${high.toFixed(digits)}`;
}

function scaled({ low, high }) {
  return { low: low / 1_000, high: high / 1_000 };
}

function kilobytes(bytes) {
  return `${(bytes / 1_000).toFixed(1)} KB`;
}

function amount(count) {
  return count.toLocaleString('en-US');
}
