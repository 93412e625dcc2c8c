/** Requests: nothing is paid twice by surprise, and nothing is asked once the end was read. */

import type { Evidence, Fault } from './oracle.js';
import { joined } from './received.js';

export function judgeRequests(evidence: Evidence): Fault[] {
  return [...judgeRepeats(evidence), ...judgeAfterTheEnd(evidence), ...judgeGoingOn(evidence)];
}

/** Requests that run the model. */
function judgeRepeats({ run, format }: Evidence): Fault[] {
  const { allowRestart, continues, idempotencyKey } = run.reading;
  if (allowRestart || continues || idempotencyKey) return [];
  const work = run.exchanges.filter(
    ({ request }) => request.method === 'POST' && format.cursorOf(request) === undefined,
  );
  const clean = work.filter(({ isClean }) => isClean).length;
  if (work.length <= clean + 1) return [];
  const statuses = work.map(({ status }) => status).join(', ');
  return [{ kind: 'the work is asked for again', detail: `answers: ${statuses}` }];
}

/** Longest silence after the end that a reader waits through for what may follow, in ms. */
const GRACE_MS = 60_000;

function judgeAfterTheEnd({ run, over, overAt }: Evidence): Fault[] {
  if (over === null || overAt === Infinity) return [];
  const after = run.exchanges.slice(overAt + 1);
  if (after.length > 0)
    return [
      {
        kind: 'a request after the end',
        detail: after.map(({ request }) => request.method).join(', '),
      },
    ];
  const began = run.exchanges[overAt]?.atMs ?? 0;
  if (run.tookMs - began > GRACE_MS)
    return [{ kind: 'the end is waited for', detail: `${run.tookMs - began} ms` }];
  return [];
}

/** A new request that goes on with the text: what it says of the text is what was sent. */
function judgeGoingOn({ run, received }: Evidence): Fault[] {
  if (!run.reading.continues || run.savedAt !== null) return [];
  const faults: Fault[] = [];
  let before = '';
  for (const { exchange, facts } of received) {
    const { body } = run.exchanges[exchange]?.request ?? { body: '' };
    const { continued } = (body === '' ? {} : JSON.parse(body)) as { continued?: string };
    if (continued !== undefined && continued !== before && !run.reading.allowRestart)
      faults.push({
        kind: 'another text is continued',
        detail: `${JSON.stringify(continued)} of ${JSON.stringify(before)}`,
      });
    before += joined(facts, 'text');
  }
  const begun = received.findIndex(({ facts }) => facts.some(({ type }) => type === 'begun'));
  const isEnded = received[begun]?.facts.some(({ type }) => type === 'over');
  if (begun >= 0 && !isEnded && begun < received.length - 1 && !run.reading.allowRestart)
    faults.push({ kind: 'a cut call is continued', detail: '' });
  return faults;
}
