/** The one rule by which a cell is judged, from counts alone. */

import { MAX_REQUESTS, PATIENCE_MS } from './columns.mjs';
import { CALL, compare } from './words.mjs';

const secondsOf = ({ patienceMs = PATIENCE_MS }) => `${patienceMs / 1_000} s`;

/** For the document, in the order in which it is applied. */
export const RULE = [
  `**failed**: the process would have died (uncaught exception or unhandled rejection); or words were lost or doubled, or the stream was called complete before its end, and the client said nothing; or nothing ended within ${secondsOf({})} (a hang); or more than 20 requests went out within 3 s (a storm); or a POST that starts work went out twice; or a tool call was given to run with other arguments than were sent, or twice; or a stopped client asked again, or its promise never settled.`,
  '**reported**: not all came, but the client said so by an error or an event, where the protocol would have let it go on.',
  '**ok**: every word once and in order; or, where the protocol has nothing to go on with, an honest error and nothing doubled. In the column of a finish word of a failure: the reader learns that the answer is not whole. In the columns about delays: no more requests than 20 in 3 s. In the column about abort: no request after it.',
  '**n/a**: the fault cannot befall this client, or is not measured in this row; the reason is in the details.',
];

/** @returns `{ verdict, short, detail }` */
export function judge(row, column, seen) {
  if (seen.crash !== undefined) return failed('crash', seen.crash);
  if (seen.works > 1)
    return failed(`POST ×${seen.works}`, `the POST that starts work was sent ${seen.works} times`);
  if (column.kind === 'abort') return judgeStop(seen);
  if (seen.requestsInTime > MAX_REQUESTS)
    return failed(`storm ${seen.requestsInTime}`, `${seen.requestsInTime} requests in 3 s`);
  if (column.kind === 'rate') return judgeRate(seen);
  return judgeDelivery(row, column, seen);
}

function judgeStop({ stopped, ending, numbers }) {
  if (stopped.wasOver) {
    const noWait = (detail) => ({ verdict: 'n/a', short: 'no wait', detail });
    if (ending.how === 'error') return noWait(`had given up before: ${ending.error}`);
    if (compare(numbers).lost > 0) return failed('cut = end', 'called the cut stream complete');
    return noWait('had reconnected and read all within 350 ms');
  }
  if (stopped.after > 0)
    return failed(`+${stopped.after} req.`, `${stopped.after} requests after it was stopped`);
  if (!stopped.settled) return failed('hung', 'stopped, but its promise did not settle in 2.5 s');
  return ok('ok', `no request after it was stopped; ${stopped.before} before`);
}

function judgeRate({ requestsInTime, ending, reported }) {
  const short = `${requestsInTime} req.`;
  const detail = `${requestsInTime} request${requestsInTime === 1 ? '' : 's'} in 3 s`;
  if (ending?.how === 'complete') return failed('cut = end', `${detail}; called it complete`);
  if (ending !== null) return ok(short, `${detail}; gave up: ${ending.error}`);
  return ok(
    short,
    `${detail}; ${reported.length === 0 ? 'still trying or waiting' : `said ${reported.join(', ')}`}`,
  );
}

function judgeDelivery(row, column, seen) {
  const isTool = column.kind === 'tool';
  const { lost, doubled, isOrdered } = compare(seen.numbers, isTool ? 3 : undefined);
  const counts = [
    ...(lost > 0 ? [`lost ${lost}`] : []),
    ...(doubled > 0 ? [`doubled ${doubled}`] : []),
    ...(isOrdered ? [] : ['out of order']),
  ];
  const requests = `${seen.requests} request${seen.requests === 1 ? '' : 's'}`;
  const detail = [...counts, requests, ...seen.reported].join(', ');
  const half = seen.calls.find((args) => !isWholeCall(args));
  if (half !== undefined) return failed('half call', `was given ${half} to run; ${detail}`);
  if (seen.calls.length > 1) return failed(`call ×${seen.calls.length}`, `one call given twice`);
  if (seen.ending === null) return failed('hung', `no end in ${secondsOf(column)}; ${detail}`);
  const isMissingCall = isTool && seen.calls.length === 0;
  const isWhole = counts.length === 0 && !isMissingCall;
  if (column.kind === 'unfinished' && seen.ending.how === 'complete' && seen.reported.length === 0)
    return failed('cut = end', `called complete; ${detail}`);
  if (seen.ending.how === 'complete') {
    if (isWhole) return ok('ok', `all, once, in order; ${requests}`);
    const silent = seen.reported.length === 0;
    if (silent) return failed(counts[0] ?? 'cut = end', `called complete; ${detail}`);
    return { verdict: 'reported', short: 'reported', detail };
  }
  const text = `${seen.ending.error}; ${detail}`;
  if (column.kind === 'over') return { verdict: 'reported', short: 'error', detail: text };
  if (doubled > 0 || !isOrdered) return failed(counts.at(-1), text);
  if (!canResume(row, column)) return ok('error', `an honest error: ${text}`);
  return { verdict: 'reported', short: lost > 0 ? `lost ${lost}` : 'error', detail: text };
}

/** Whether the protocol has something to go on with after this fault. */
function canResume(row, column) {
  return row.canResume && column.kind !== 'post' && column.kind !== 'unfinished';
}

function isWholeCall(args) {
  try {
    return JSON.stringify(JSON.parse(args)) === CALL.args;
  } catch {
    return false;
  }
}

function failed(short, detail) {
  return { verdict: 'failed', short, detail };
}

function ok(short, detail) {
  return { verdict: 'ok', short, detail };
}
