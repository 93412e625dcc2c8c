/**
 * `npm run fuzz`: answers of models as other people's servers send them, odd, cut and resumed, and what an oracle that
 * shares no code with the readers says of what came out.
 *
 *   --format <names>  only these, separated by commas
 *   --count <n>       answers per format                                        (200000)
 *   --seed <n>        the seed of the first                                     (1)
 *   --cases <n>       so many faults of each kind are made small and shown      (1)
 *   --replay <list>   one case by its draws, as a fault prints them
 *
 * Exit code 1 where a fault was found.
 */

import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    format: { type: 'string' },
    count: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '1' },
    replay: { type: 'string' },
  },
});

const { wireFormats } = await import('../../dist/test/support/wires/formats.js');
const { fuzzFormat, replayCase } = await import('../../dist/test/support/wires/report.js');

const names = values.format?.split(',') ?? wireFormats.map(({ name }) => name);
const chosen = names.map((name) => {
  const format = wireFormats.find((one) => one.name === name);
  if (format === undefined) throw new Error(`there is no format ${name}`);
  return format;
});

const rows = [];
for (const format of chosen) {
  if (values.replay !== undefined) await replay(format, values.replay.split(',').map(Number));
  else rows.push(await fuzz(format));
}
if (rows.length > 0) console.table(rows);

async function replay(format, drawn) {
  const { text, isRight } = await replayCase(format, drawn);
  console.log(text);
  if (!isRight) process.exitCode = 1;
}

async function fuzz(format) {
  const { trials, requests, seconds, faults, cases } = await fuzzFormat(format, {
    seed: Number(values.seed),
    count: Number(values.count),
    casesPerKind: Number(values.cases),
  });
  for (const one of cases) console.log(`${format.name} ${one}`);
  for (const [kind, { times, seeds }] of faults)
    console.log(`${format.name}: ${times} times ${kind}; seeds ${seeds.join(', ')}`);
  if (faults.size > 0) process.exitCode = 1;
  const wrong = [...faults.values()].reduce((sum, { times }) => sum + times, 0);
  return {
    format: format.name,
    trials,
    requests,
    faults: wrong,
    kinds: faults.size,
    s: Number(seconds.toFixed(1)),
    'ms a trial': Number(((seconds * 1000) / trials).toFixed(2)),
  };
}
