/** One response that is being written: a growing log, its followers, and the faults that happen to them. */

import type { ServerResponse } from 'node:http';

import { encodeEvent } from '../../loopback/encode-event.js';
import type { Answer, AnswerRecord } from './answer.js';

/** Time between half an event and the reset, in ms: a reset overtakes queued data. */
const HALF_MS = 25;

/** The `Retry-After` of a busy server, in seconds. */
const RETRY_AFTER_S = 2;

export type RunStatus = 'writing' | 'complete' | 'cancelled';

/** What a person can do to a stream on its server. */
export const FAULTS = ['cut', 'cut-in-tool', 'stall', 'busy'] as const;
export type Fault = (typeof FAULTS)[number];

/** The result: a text, and whether the fault could be injected. */
export interface FaultReport {
  readonly done: boolean;
  readonly what: string;
}

export interface Run {
  readonly status: RunStatus;
  /** Number of records that the model has written so far. */
  readonly written: number;
  readonly of: number;
  /** Returns the records after this number. */
  recordsAfter(count: number): readonly AnswerRecord[];
  /** Responds to one request: sends the records after `cursor`, and further ones as they are written. */
  follow(response: ServerResponse, cursor: number, headers: Record<string, string>): void;
  /** Applies from the next record on. */
  setPace(paceMs: number): void;
  injectFault(fault: Fault): FaultReport;
  /** Stops the model. */
  cancel(): void;
  /** Stops writing and closes all connections. */
  close(): void;
}

/** @param paceMs time between two records, in ms */
export function startRun(answer: Answer, paceMs: number): Run {
  let pace = paceMs;
  const { records, middleOfCall } = answer;
  const followers = new Set<ServerResponse>();
  let status: RunStatus = 'writing';
  let written = 0;
  let isCutArmed = false;
  let busy = 0;
  let timer: NodeJS.Timeout | undefined = setTimeout(write, pace);
  const pendingResets = new Set<NodeJS.Timeout>();

  return {
    get status() {
      return status;
    },
    get written() {
      return written;
    },
    of: records.length,
    recordsAfter: (count) => records.slice(count, written),
    follow,
    injectFault,
    setPace: (next) => void (pace = next),
    cancel() {
      if (status === 'writing') finish('cancelled');
    },
    close,
  };

  function write(): void {
    const record = records[written];
    if (record === undefined) return finish('complete');
    written += 1;
    if (isCutArmed && written === middleOfCall) {
      isCutArmed = false;
      cutInside(record);
    } else {
      for (const response of followers) response.write(encodeEvent(record));
    }
    timer = setTimeout(write, pace);
  }

  function finish(how: 'complete' | 'cancelled'): void {
    status = how;
    clearTimeout(timer);
    for (const response of followers) response.end(lastEvent());
  }

  function lastEvent(): string {
    return encodeEvent({ event: 'done', data: JSON.stringify({ finish: status }) });
  }

  function follow(response: ServerResponse, cursor: number, headers: Record<string, string>): void {
    if (busy > 0) {
      busy -= 1;
      response.writeHead(503, { ...headers, 'Retry-After': String(RETRY_AFTER_S) });
      return void response.end('busy\n');
    }
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' });
    response.write(`: hello\n\n${records.slice(cursor, written).map(encodeEvent).join('')}`);
    if (status !== 'writing') return void response.end(lastEvent());
    followers.add(response);
    response.once('close', () => followers.delete(response));
  }

  function injectFault(fault: Fault): FaultReport {
    if (status !== 'writing') return refused('the answer is already written to its end');
    if (fault === 'cut-in-tool') return armCut();
    const count = followers.size;
    if (count === 0) return refused('nobody is connected');
    const whom = count === 1 ? '1 connection' : `${count} connections`;
    switch (fault) {
      case 'cut':
        cutInside(records[written] ?? { id: '', data: '' });
        return { done: true, what: `${whom} reset in the middle of event ${written + 1}` };
      case 'stall':
        // The connections stay open, and nothing more is sent.
        followers.clear();
        return { done: true, what: `${whom} left open, nothing is sent over them any more` };
      case 'busy':
        busy = 1;
        cutInside(records[written] ?? { id: '', data: '' });
        return {
          done: true,
          what: `${whom} reset; the next request gets 503, Retry-After: ${RETRY_AFTER_S}`,
        };
    }
  }

  function armCut(): FaultReport {
    if (written >= middleOfCall) return refused('the tool call has gone by: start a new answer');
    isCutArmed = true;
    return { done: true, what: `armed: the cut comes inside event ${middleOfCall}` };
  }

  /** Sends every follower half a record, and then resets the connection. */
  function cutInside(record: AnswerRecord): void {
    const bytes = encodeEvent(record);
    for (const response of followers) {
      response.write(bytes.slice(0, bytes.length / 2));
      const pendingReset = setTimeout(() => {
        pendingResets.delete(pendingReset);
        response.socket?.resetAndDestroy();
      }, HALF_MS);
      pendingResets.add(pendingReset);
    }
    followers.clear();
  }

  function close(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const pendingReset of pendingResets) clearTimeout(pendingReset);
    for (const response of followers) response.destroy();
    followers.clear();
    if (status === 'writing') status = 'cancelled';
  }
}

function refused(what: string): FaultReport {
  return { done: false, what };
}
