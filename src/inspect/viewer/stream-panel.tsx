/** The figures of a stream: the running wait, what was received, and the tool calls. */

import type { JSX } from 'preact';
import { waitLeft } from './model/stream-facts.js';
import type { StreamFacts, ToolCallFacts } from './model/stream-facts.js';
import { bytes, seconds, visible, whole } from './model/text.js';

export interface StreamPanelProps {
  readonly facts: StreamFacts;
  readonly now: number;
}

export function StreamPanel({ facts, now }: StreamPanelProps): JSX.Element {
  const { attempt, maxAttempts, drops, chunks } = facts;
  return (
    <>
      {facts.state === 'waiting' && <Countdown facts={facts} now={now} />}
      {facts.error !== null && <p class="error">{visible(facts.error)}</p>}
      <dl class="figures">
        <Figure name="Chunks" value={whole(chunks)} />
        <Figure name="Received" value={bytes(facts.bytes)} />
        <Figure name="Drops" value={whole(drops)} />
        <Figure
          name="Attempt"
          value={
            maxAttempts === null ? whole(attempt) : `${whole(attempt)} of ${whole(maxAttempts)}`
          }
        />
      </dl>
      {facts.toolCalls.length > 0 && <ToolCalls calls={facts.toolCalls} />}
    </>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Countdown({ facts, now }: StreamPanelProps): JSX.Element {
  const { delayMs } = facts;
  const leftMs = waitLeft(facts, now);
  const shareLeft = delayMs === null || delayMs === 0 ? 0 : leftMs / delayMs;
  return (
    <div class="countdown">
      <p>
        Next attempt in <strong data-countdown={Math.round(leftMs)}>{seconds(leftMs)}</strong>
        {delayMs !== null && <span class="quiet"> of {seconds(delayMs)}</span>}
      </p>
      <svg aria-hidden="true" preserveAspectRatio="none">
        <rect class="countdown-all" width="100%" height="100%" />
        <rect class="countdown-left" width={`${(shareLeft * 100).toFixed(1)}%`} height="100%" />
      </svg>
    </div>
  );
}

const MAX_CALLS = 8;

/** Open calls first, then the last few finished ones. */
function newest(calls: readonly ToolCallFacts[]): ToolCallFacts[] {
  const open = calls.filter(({ status }) => status === 'streaming');
  const over = calls.filter(({ status }) => status !== 'streaming').toReversed();
  return [...open.toReversed(), ...over].slice(0, MAX_CALLS);
}

function ToolCalls({ calls }: { readonly calls: readonly ToolCallFacts[] }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Tool calls">
      <table>
        <thead>
          <tr>
            <th scope="col">Tool call</th>
            <th scope="col">Status</th>
            <th scope="col">Arguments</th>
          </tr>
        </thead>
        <tbody>
          {newest(calls).map(({ id, name, status, args }) => (
            <tr key={id}>
              <td>
                <bdi>{visible(name ?? 'unnamed')}</bdi> <span class="quiet">{visible(id)}</span>
              </td>
              <td>
                <span class={`call call-${status}`}>{visible(status)}</span>
              </td>
              <td class="args">{visible(args)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
