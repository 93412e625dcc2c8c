/**
 * `npm run fuzz`: answers of models as other people's servers send them, odd, cut and resumed, and what an oracle that
 * shares no code with the readers says of what came out.
 *
 *   --format <name>   only this one
 *   --count <n>       answers per format                                        (200000)
 *   --seed <n>        the seed of the first                                     (1)
 *   --kinds           goes on after a fault, and shows one small case of each kind
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
    kinds: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
});

const { wireFormats } = await import('../../dist/test/support/wires/formats.js');
const { fuzzFormat, replayCase } = await import('../../dist/test/support/wires/report.js');

const chosen = wireFormats.filter(
  ({ name }) => values.format === undefined || name === values.format,
);
if (chosen.length === 0) throw new Error(`there is no format ${values.format}`);

let isBad = false;
for (const format of chosen) {
  const { replay } = values;
  const report =
    replay === undefined
      ? await fuzzFormat(format, {
          seed: Number(values.seed),
          count: Number(values.count),
          allKinds: values.kinds,
        })
      : await replayCase(format, replay.split(',').map(Number));
  console.log(report.text);
  isBad ||= report.faults > 0;
}
process.exitCode = isBad ? 1 : 0;
