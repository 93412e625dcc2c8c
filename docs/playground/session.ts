/** One response in this page: the stream, the plain loop beside it, and what both have received so far. */

import { reconnectStream } from 'stream-reconnect';
import type {
  Checkpoint,
  ReconnectEvent,
  ReconnectingStream,
  ReconnectState,
  StreamSnapshot,
} from 'stream-reconnect';
import type { SseEvent } from 'stream-reconnect/sources';

import type { Host } from './host.js';
import { remember } from './memory.js';
import type { Memory } from './memory.js';
import { readPlainly } from './plain.js';
import type { PlainReader } from './plain.js';
import { readLog, RefusedError } from './server.js';
import type { AnswerRecord, ServerLog } from './server.js';
import type { Settings } from './settings.js';
import { answerSource } from './source.js';
import { detailOf, REPORTED_EVENTS } from './reported-events.js';

/** A stretch of time in one state, in ms since the session began. */
export interface Span {
  readonly state: ReconnectState;
  readonly from: number;
  readonly to: number | null;
}

export interface LogLine {
  readonly at: number;
  readonly kind: 'stream' | 'you' | 'server';
  readonly title: string;
  readonly detail: string;
}

/** The server does not answer, was restarted with another token, or has dropped the response for a newer one. */
export type Absence = 'stopped' | 'restarted' | 'dropped';

export interface Session {
  readonly run: string;
  readonly of: number;
  readonly stream: ReconnectingStream<SseEvent>;
  readonly snapshot: StreamSnapshot;
  readonly records: readonly AnswerRecord[];
  readonly written: readonly AnswerRecord[];
  readonly status: ServerLog['status'];
  readonly isServerUp: boolean;
  /** Why the server no longer reports this response; empty while it does. */
  readonly absence: Absence | '';
  readonly plain: PlainReader | null;
  readonly spans: readonly Span[];
  /** When the plain loop ended, on the same clock. */
  readonly plainEndedAt: number | null;
  readonly lines: readonly LogLine[];
  readonly resumes: number;
  /** The waits, by attempt. */
  readonly waits: readonly { readonly attempt: number; readonly delayMs: number }[];
  readonly startedAt: number;
  note(kind: LogLine['kind'], title: string, detail?: string): void;
  /** Changes the options: a new stream continues from the checkpoint of the old one. */
  applySettings(settings: Settings): void;
  /** Requests at once what the server has written. */
  refresh(): Promise<void>;
  close(): void;
}

export interface SessionOptions {
  readonly run: string;
  readonly of: number;
  readonly host: Host;
  readonly settings: Settings;
  readonly memory: Memory | null;
  /** Called after each visible change. */
  readonly changed: () => void;
  /** Called in the turn in which the stream's state changes. */
  readonly entered: (state: ReconnectState) => void;
}

/** Interval at which the page requests what the server has written, in ms; and the one after its end. */
const LOG_PERIOD_MS = 300;
const IDLE_PERIOD_MS = 2000;

const MAX_LINES = 300;

/** @throws ReconnectError where the settings, or the checkpoint, cannot work */
export function createSession(options: SessionOptions): Session {
  const { run, of, host, memory, changed, entered } = options;
  const startedAt = performance.now();
  const records: AnswerRecord[] = [...(memory?.records ?? [])];
  const written: AnswerRecord[] = [];
  const spans: { state: ReconnectState; from: number; to: number | null }[] = [];
  let lines: readonly LogLine[] = [];
  let waits: Session['waits'] = [];
  let settings = options.settings;
  let status: ServerLog['status'] = 'writing';
  let isServerUp = true;
  let absence: Session['absence'] = '';
  let resumes = memory?.resumes ?? 0;
  let plainEndedAt: number | null = null;
  let isClosed = false;
  let timer = 0;
  let stream = open(memory?.checkpoint);
  const plain = memory === null ? readPlainly(run, host.network, plainChanged) : null;
  if (memory !== null) note('you', 'reloaded', `goes on after event ${records.length}`);
  begin();
  void poll();

  return {
    run,
    of,
    records,
    written,
    plain,
    spans,
    startedAt,
    note,
    applySettings,
    refresh,
    close,
    get lines() {
      return lines;
    },
    get waits() {
      return waits;
    },
    get stream() {
      return stream;
    },
    get snapshot() {
      return stream.snapshot;
    },
    get status() {
      return status;
    },
    get isServerUp() {
      return isServerUp;
    },
    get absence() {
      return absence;
    },
    get plainEndedAt() {
      return plainEndedAt;
    },
    get resumes() {
      return resumes;
    },
  };

  function now(): number {
    return performance.now() - startedAt;
  }

  function note(kind: LogLine['kind'], title: string, detail = ''): void {
    // New arrays, so that components see by identity whether they have to render.
    lines = [...lines.slice(1 - MAX_LINES), { at: now(), kind, title, detail }];
    changed();
  }

  function open(checkpoint: unknown): ReconnectingStream<SseEvent> {
    return reconnectStream(answerSource(run, host.network), {
      ...settings,
      environment: host.environment,
      clock: host.clock,
      connectTimeoutMs: 5000,
      ...(checkpoint === undefined ? {} : { checkpoint: checkpoint as Checkpoint }),
    });
  }

  /** Adds the listeners before anything can happen, then reads. */
  function begin(): void {
    const current = stream;
    for (const type of REPORTED_EVENTS) current.on(type, (event) => record(current, event));
    current.subscribe(() => {
      if (current !== stream) return;
      enter(current.state);
      changed();
    });
    enter(current.state);
    void read(current);
  }

  async function read(current: ReconnectingStream<SseEvent>): Promise<void> {
    try {
      for await (const batch of current.batches()) {
        for (const { type, id, data } of batch) if (type !== 'done') records.push({ id, data });
        save();
        changed();
      }
    } catch {
      // The error of a failed stream was reported by its `failed` event.
    }
    save();
    changed();
    // A failed stream can be restarted by hand, and is then read again.
    const stop = current.subscribe(({ state }) => {
      if (state === 'failed') return;
      stop();
      if (state !== 'closed' && current === stream) void read(current);
    });
  }

  function save(): void {
    if (isClosed) return;
    const checkpoint = stream.checkpoint();
    remember({ run, of, checkpoint, records, settings, resumes });
  }

  function enter(state: ReconnectState): void {
    entered(state);
    const last = spans.at(-1);
    if (last?.state === state) return;
    const at = now();
    if (last !== undefined) last.to = at;
    spans.push({ state, from: at, to: state === 'closed' ? at : null });
  }

  function record(current: ReconnectingStream<SseEvent>, event: ReconnectEvent): void {
    if (current !== stream) return;
    if (event.type === 'connected' && event.resumed) resumes += 1;
    if (event.type === 'waiting')
      waits = [...waits, { attempt: event.attempt, delayMs: event.delayMs }];
    note('stream', event.type, detailOf(event));
  }

  function applySettings(next: Settings): void {
    const old = stream;
    const before = settings;
    settings = next;
    try {
      stream = open(old.checkpoint());
    } catch (error) {
      settings = before;
      throw error;
    }
    old.close();
    note('you', 'new settings', 'a new stream goes on from the checkpoint of the old one');
    begin();
  }

  function plainChanged(): void {
    if (plain !== null && plain.status !== 'reading' && plainEndedAt === null) plainEndedAt = now();
    changed();
  }

  async function poll(): Promise<void> {
    await refresh();
    const period = status === 'writing' && absence === '' ? LOG_PERIOD_MS : IDLE_PERIOD_MS;
    if (!isClosed) timer = window.setTimeout(() => void poll(), period);
  }

  async function refresh(): Promise<void> {
    try {
      const log = await readLog(run, written.length);
      if (isClosed) return;
      // Two requests may have run at once: known records are left out.
      for (const record of log.records)
        if (Number(record.id) === written.length + 1) written.push(record);
      status = log.status;
      isServerUp = log.up;
      absence = '';
    } catch (error) {
      // The page keeps what it shows.
      absence = absenceOf(error);
    }
    changed();
  }

  function close(): void {
    isClosed = true;
    window.clearTimeout(timer);
    stream.close();
    plain?.stop();
  }
}

/** Any other refusal concerns one request only, and the next may succeed. */
function absenceOf(error: unknown): Session['absence'] {
  if (!(error instanceof RefusedError)) return 'stopped';
  if (error.status === 403) return 'restarted';
  return error.status === 404 ? 'dropped' : '';
}
