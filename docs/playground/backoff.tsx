/** The backoff settings, the resulting delays, and their effect on a server with many clients. */

import type { ReconnectConfig } from 'stream-reconnect';
import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { useLayoutEffect, useState } from 'preact/hooks';
import type uPlot from 'uplot';

import { delayRanges } from './herd.js';
import { Herds } from './herds.js';
import { axisOf, Plot } from './plot.js';
import type { Session } from './session.js';
import { JITTER_KINDS } from './settings.js';
import type { Settings } from './settings.js';

interface BackoffProps {
  readonly settings: Settings;
  readonly waits: Session['waits'];
  readonly apply: (settings: Settings) => void;
}

export const Backoff = memo(function Backoff({
  settings,
  waits,
  apply,
}: BackoffProps): JSX.Element {
  const [draft, setDraft] = useState(settings);
  // Before anyone can type, so that typed text is not overwritten.
  useLayoutEffect(() => setDraft(settings), [settings]);
  const plotted = withinLimits(draft);
  return (
    <section class="panel backoff" aria-labelledby="title-backoff">
      <h2 id="title-backoff">Backoff</h2>
      <div class="columns">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            apply(draft);
          }}
        >
          {FIELDS.map(({ name, label, step, min, max }) => (
            <label key={name}>
              <span>{label}</span>
              <input
                type="number"
                name={name}
                value={draft[name]}
                min={min}
                max={max}
                step={step}
                required
                onInput={({ currentTarget: { valueAsNumber: value } }) => {
                  if (!Number.isNaN(value)) setDraft((before) => ({ ...before, [name]: value }));
                }}
              />
            </label>
          ))}
          <label>
            <span>jitter</span>
            <select
              name="jitter"
              value={draft.jitter}
              onChange={({ currentTarget: { value } }) =>
                setDraft((before) => ({ ...before, jitter: value as Settings['jitter'] }))
              }
            >
              {JITTER_KINDS.map((kind) => (
                <option key={kind}>{kind}</option>
              ))}
            </select>
          </label>
          <button type="submit" class="primary">
            Apply to the stream
          </button>
          <p class="hint">
            A new stream with these options goes on from the checkpoint of the old one. The plots
            follow the form at once.
          </p>
        </form>
        <Delays config={plotted} waits={waits} />
      </div>
      <Herds config={plotted} />
    </section>
  );
});

type NumberName = Exclude<keyof Settings, 'jitter'>;

interface Field {
  readonly name: NumberName;
  readonly label: string;
  readonly step: number | 'any';
  readonly min: number;
  readonly max: number;
}

const FIELDS: readonly Field[] = [
  { name: 'initialBackoffMs', label: 'initialBackoffMs', step: 1, min: 0, max: 60_000 },
  { name: 'maxBackoffMs', label: 'maxBackoffMs', step: 1, min: 0, max: 300_000 },
  { name: 'backoffMultiplier', label: 'backoffMultiplier', step: 'any', min: 1, max: 10 },
  { name: 'maxAttempts', label: 'maxAttempts', step: 1, min: 0, max: 50 },
  { name: 'stallTimeoutMs', label: 'stallTimeoutMs', step: 1, min: 200, max: 600_000 },
];

/** Unfinished input may be invalid: the plots show the nearest valid settings. */
function withinLimits(draft: Settings): Settings {
  const numbers = FIELDS.map(({ name, min, max }) => [
    name,
    Math.min(Math.max(draft[name], min), max),
  ]);
  return { ...draft, ...(Object.fromEntries(numbers) as Pick<Settings, NumberName>) };
}

function Delays({
  config,
  waits,
}: {
  config: ReconnectConfig;
  waits: Session['waits'];
}): JSX.Element {
  const ranges = delayRanges(config);
  const attempts = ranges.map(({ attempt }) => attempt);
  const armed = attempts.map(
    (attempt) => waits.findLast((wait) => wait.attempt === attempt)?.delayMs ?? null,
  );
  const seconds = (values: readonly (number | null)[]): (number | null)[] =>
    values.map((ms) => (ms === null ? null : ms / 1000));
  const data: uPlot.AlignedData = [
    attempts,
    seconds(ranges.map(({ most }) => most)),
    seconds(ranges.map(({ least }) => least)),
    seconds(ranges.map(({ middle }) => middle)),
    seconds(armed),
  ];
  const last = ranges.at(-1);
  return (
    <figure>
      <figcaption>
        Delay before each attempt, in s: <span class="key range">range</span>{' '}
        <span class="key middle">middle</span> <span class="key armed">armed on this page</span>
      </figcaption>
      <Plot
        height={230}
        data={data}
        label={`Delays before attempts 1 to ${attempts.length}; the last is from ${last?.least ?? 0} to ${last?.most ?? 0} ms`}
        options={(colour) => ({
          legend: { show: false },
          cursor: { show: false },
          scales: {
            x: { time: false, range: [0.6, attempts.length + 0.4] },
            y: { range: (_, __, max) => [0, Math.max(max * 1.1, 0.1)] },
          },
          axes: [
            axisOf(colour, { splits: attempts, values: (_, at) => at.map((n) => `${n}`) }),
            axisOf(colour, { size: 44 }),
          ],
          bands: [{ series: [1, 2], fill: colour('range') }],
          series: [
            {},
            { stroke: colour('accent'), width: 1, points: { show: false } },
            { stroke: colour('accent'), width: 1, points: { show: false } },
            { stroke: colour('accent'), width: 2, points: { show: true, size: 5 } },
            {
              width: 0,
              stroke: colour('waiting'),
              paths: () => null,
              points: { show: true, size: 11, fill: colour('waiting') },
            },
          ],
        })}
      />
    </figure>
  );
}
