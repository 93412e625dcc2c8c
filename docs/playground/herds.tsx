/** One small plot for each kind of jitter, all on one scale. */

import type { JitterKind, ReconnectConfig } from 'stream-reconnect';
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import uPlot from 'uplot';

import { simulateHerd, STEP_MS } from './herd.js';
import type { Herd } from './herd.js';
import { axisOf, Plot } from './plot.js';
import { JITTER_KINDS } from './settings.js';

const CLIENTS = [200, 1000, 5000] as const;
const OUTAGES_S = [0, 2, 5, 15] as const;

/** A part of uPlot's full build, which its types declare optional. */
const { stepped } = uPlot.paths;

/** The share of the clients that the server accepts in one step: all of them would take two seconds. */
const CAPACITY_SHARE = 0.05;

export function Herds({ config }: { config: ReconnectConfig }): JSX.Element {
  const [clients, setClients] = useState<number>(CLIENTS[1]);
  const [outageS, setOutageS] = useState<number>(OUTAGES_S[1]);
  const { maxAttempts, initialBackoffMs, maxBackoffMs, backoffMultiplier } = config;
  const capacity = clients * CAPACITY_SHARE;
  const herds = useMemo(
    () =>
      JITTER_KINDS.map((jitter) => {
        const options = { config, jitter, clients, outageMs: outageS * 1000, capacity };
        return { jitter, herd: simulateHerd(options) };
      }),
    [maxAttempts, initialBackoffMs, maxBackoffMs, backoffMultiplier, clients, outageS],
  );
  const peak = Math.max(...herds.map(({ herd }) => herd.peak));
  const steps = shownSteps(herds.map(({ herd }) => herd));
  return (
    <div class="herd">
      <h3>A herd of clients</h3>
      <div class="herd-form">
        <Choice name="clients" values={CLIENTS} value={clients} set={setClients} />
        <Choice name="server away, in s" values={OUTAGES_S} value={outageS} set={setOutageS} />
      </div>
      <p class="hint">
        Simulated with the library’s <code>backoffDelayMs</code>: all lose the server at 0 s; it
        then takes {capacity} connections per 100 ms and refuses the rest. Connections asked for per
        100 ms, by jitter; the height is the square root, so that small numbers can be seen.
      </p>
      <div class="herd-plots">
        {herds.map(({ jitter, herd }) => (
          <HerdPlot
            key={jitter}
            jitter={jitter}
            herd={herd}
            peak={peak}
            steps={steps}
            isChosen={jitter === config.jitter}
          />
        ))}
      </div>
    </div>
  );
}

interface HerdPlotProps {
  readonly jitter: JitterKind;
  readonly herd: Herd;
  readonly peak: number;
  readonly steps: number;
  readonly isChosen: boolean;
}

function HerdPlot({ jitter, herd, peak, steps, isChosen }: HerdPlotProps): JSX.Element {
  const times = Array.from({ length: steps }, (_, step) => (step * STEP_MS) / 1000);
  const heights = times.map((_, step) => Math.sqrt(herd.attempts[step] ?? 0));
  const back = herd.backMs === null ? 'not all back' : `99 % back in ${herd.backMs / 1000} s`;
  const facts = `peak ${herd.peak}, ${back}`;
  const lost = herd.gaveUp > 0 ? `, ${herd.gaveUp} gave up` : '';
  return (
    <figure class={isChosen ? 'chosen' : ''}>
      <figcaption>
        <b>{jitter}</b> {facts}
        {lost}
      </figcaption>
      <Plot
        height={110}
        data={[times, heights]}
        label={`Connections per 100 ms with jitter ${jitter}: ${facts}${lost}`}
        options={(colour) => ({
          legend: { show: false },
          cursor: { show: false },
          scales: {
            x: { time: false, range: [0, times.at(-1) ?? 1] },
            y: { range: [0, Math.sqrt(peak) * 1.05] },
          },
          axes: [
            axisOf(colour, { size: 24, values: (_, at) => at.map((s) => `${s}`) }),
            axisOf(colour, {
              size: 40,
              splits: [0, Math.sqrt(peak / 10), Math.sqrt(peak)],
              values: (_, at) => at.map((root) => `${Math.round(root ** 2)}`),
            }),
          ],
          series: [
            {},
            {
              stroke: colour(isChosen ? 'accent' : 'muted'),
              fill: colour(isChosen ? 'range' : 'line'),
              width: 1.5,
              points: { show: false },
              ...(stepped === undefined ? {} : { paths: stepped({ align: 1 }) }),
            },
          ],
        })}
      />
    </figure>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly values: readonly number[];
  readonly value: number;
  readonly set: (value: number) => void;
}

function Choice({ name, values, value, set }: ChoiceProps): JSX.Element {
  return (
    <label>
      <span>{name}</span>
      <select
        value={String(value)}
        onChange={({ currentTarget }) => set(Number(currentTarget.value))}
      >
        {values.map((each) => (
          <option key={each} value={String(each)}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Clients without jitter reconnect in spikes for a long time: most of the width is for the others. */
function shownSteps(herds: readonly Herd[]): number {
  const last = herds.map(({ attempts }) => attempts.findLastIndex((count) => count > 0));
  const middle = last.toSorted((a, b) => a - b)[Math.floor(last.length / 2)] ?? 0;
  return Math.max(Math.ceil((middle * 1.25) / 10) * 10, 20) + 1;
}
