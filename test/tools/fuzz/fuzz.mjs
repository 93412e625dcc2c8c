/**
 * `npm run fuzz`: answers of models as other people's servers send them, odd, cut and resumed, and what an oracle that
 * shares no code with the readers says of what came out.
 *
 *   --format <names>  only these, separated by commas
 *   --count <n>       answers per format                                        (200000)
 *   --seed <n>        the seed of the first                                     (1)
 *   --cases <n>       so many faults of each kind are made small and shown      (1)
 *   --sdk             whole answers only, read by the vendor's client as well: differences by their names
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
    sdk: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
});

const { wireFormats } = await import('../../../dist/test/support/wires/formats.js');
const { fuzzFormat, replayCase } = await import('../../../dist/test/support/wires/report.js');

const names = values.format?.split(',') ?? wireFormats.map(({ name }) => name);
const chosen = names.map((name) => {
  const format = wireFormats.find((one) => one.name === name);
  if (format === undefined) throw new Error(`there is no format ${name}`);
  return format;
});

const rows = [];
for (const format of chosen) {
  if (values.sdk) await compare(format);
  else if (values.replay !== undefined) await replay(format, values.replay.split(',').map(Number));
  else rows.push(await fuzz(format));
}
if (rows.length > 0) console.table(rows);

async function replay(format, drawn) {
  const { text, isRight } = await replayCase(format, drawn);
  console.log(text);
  if (!isRight) process.exitCode = 1;
}

async function compare(format) {
  const { compareSeed } = await import('../../../dist/test/support/wires/sdk.js');
  const { sdkReaders } = await import('../../../dist/test/support/wires/sdk-readers.js');
  const reader = sdkReaders[format.name];
  if (reader === undefined) return;
  const times = new Map();
  const first = Number(values.seed);
  for (let seed = first; seed < first + Number(values.count); seed++) {
    const { name } = await compareSeed(format, reader, seed);
    const row = name === null ? 'the same' : (name ?? 'a difference without a name');
    times.set(row, (times.get(row) ?? 0) + 1);
    if (name !== undefined) continue;
    console.log(`${format.name}: seed ${seed} has a difference without a name`);
    process.exitCode = 1;
  }
  console.log(format.name);
  console.table([...times].map(([difference, answers]) => ({ difference, answers })));
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
