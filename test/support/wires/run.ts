/** Reads one drawn answer on a virtual clock, as an application would, and notes all that came of it. */

import { reconnectStream } from '../../../src/index.js';
import type {
  ReconnectError,
  ReconnectEvent,
  ReconnectingStream,
  ReconnectOptions,
  StreamOutcome,
} from '../../../src/index.js';
import type { ModelPart } from '../../../src/tool-calls/index.js';
import { seededRandom, virtualClock } from '../../../src/testing/index.js';
import type { VirtualClock } from '../../../src/testing/index.js';
import type { Choices } from './choices.js';
import type { WireFormat } from './format.js';
import { drawPeer, drawReading } from './plan.js';
import type { ReadingPlan } from './plan.js';
import { startPeer } from './server.js';
import type { Exchange, PeerPlan } from './server.js';
import { drawTruth } from './truth.js';
import type { Truth } from './truth.js';

export interface Run {
  readonly truth: Truth;
  readonly peer: PeerPlan;
  readonly reading: ReadingPlan;
  readonly exchanges: readonly Exchange[];
  /** What the application has at the end: without what it had to forget. */
  readonly parts: readonly ModelPart[];
  /** Every call that it was given to run, in order. */
  readonly calls: readonly Call[];
  readonly events: readonly ReconnectEvent[];
  /** Null: it did not settle. */
  readonly outcome: StreamOutcome | null;
  readonly thrown: ReconnectError | null;
  /** The place was saved, and another stream went on from it: after so many requests; null: it was not. */
  readonly savedAt: number | null;
  readonly tookMs: number;
}

export type Call = Extract<ModelPart, { type: 'toolCall' }>;

/** A stream that has not ended by then never will: longer than all timeouts and waits together. */
const LIMIT_MS = 4 * 60 * 60 * 1000;
/** Nor will one that has asked so often. */
const LIMIT_REQUESTS = 60;

export function runWire(format: WireFormat, choices: Choices): Promise<Run> {
  const truth = drawTruth(choices);
  const reading = drawReading(format, choices);
  const plan = drawPeer(format, choices);
  return readWire(format, { truth, reading, plan }, choices);
}

export interface WireSetup {
  readonly truth: Truth;
  readonly reading: ReadingPlan;
  readonly plan: PeerPlan;
}

/** Reads one answer of which all but the wire is known. */
export async function readWire(
  format: WireFormat,
  { truth, reading, plan }: WireSetup,
  choices: Choices,
): Promise<Run> {
  const clock = virtualClock();
  const peer = startPeer(format, truth, plan, choices, () => clock.now());
  const create: Create = () => {
    const continueWith = ({ text }: { readonly text: string }): object => ({
      stream: true,
      continued: text,
    });
    return format.source({
      fetch: peer.fetch,
      ...(reading.continues ? { continueWith } : {}),
      ...(reading.idempotencyKey ? { idempotencyKey: true } : {}),
    });
  };
  const reader = new Reader(reading, clock, create, () => peer.exchanges.length);
  const isSettled = await settles(reader.read(), clock, () => peer.exchanges.length);
  return {
    truth,
    peer: plan,
    reading,
    exchanges: peer.exchanges,
    parts: reader.parts,
    calls: reader.calls,
    events: reader.events,
    outcome: isSettled ? reader.outcome : null,
    thrown: reader.thrown,
    savedAt: reader.savedAt,
    tookMs: clock.now(),
  };
}

/** Moves the clock on from timer to timer until the promise settles; false: it never does. */
async function settles(
  promise: Promise<void>,
  clock: VirtualClock,
  asked: () => number,
): Promise<boolean> {
  let isDone = false;
  promise.finally(() => (isDone = true)).catch(() => {});
  for (let idle = 0; !isDone && idle < 3;) {
    await clock.settle();
    if (isDone) break;
    const { nextAt } = clock;
    if (nextAt === null) idle++;
    else if (nextAt > LIMIT_MS || asked() > LIMIT_REQUESTS) return false;
    else await clock.advance(Math.max(0, nextAt - clock.now()));
  }
  if (isDone) await promise;
  return isDone;
}

type Create = () => Parameters<typeof reconnectStream<ModelPart>>[0];

class Reader {
  readonly parts: ModelPart[] = [];
  readonly calls: Call[] = [];
  readonly events: ReconnectEvent[] = [];
  outcome: StreamOutcome | null = null;
  thrown: ReconnectError | null = null;
  savedAt: number | null = null;
  readonly #plan: ReadingPlan;
  readonly #create: Create;
  readonly #options: ReconnectOptions;
  readonly #asked: () => number;

  constructor(plan: ReadingPlan, clock: VirtualClock, create: Create, asked: () => number) {
    this.#asked = asked;
    this.#plan = plan;
    this.#create = create;
    const { delivery, allowRestart } = plan;
    this.#options = {
      clock,
      random: seededRandom(1),
      jitter: 'none',
      allowRestart,
      ...(delivery === undefined ? {} : { delivery }),
    };
  }

  async read(): Promise<void> {
    const { saveAfter } = this.#plan;
    const first = this.#open();
    const saved = await this.#follow(first, saveAfter ?? Infinity);
    if (saved === null) return;
    this.savedAt = this.#asked();
    await this.#follow(this.#open(saved), Infinity);
  }

  #open(checkpoint?: string): ReconnectingStream<ModelPart> {
    const stream = reconnectStream(this.#create(), {
      ...this.#options,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    });
    stream.actor.on('*', (event) => void this.events.push(event));
    stream.on('restarted', () => void this.parts.splice(0));
    stream.on('reset', ({ scope }) => {
      if (scope === 'all') this.parts.splice(0);
      // What has a place of its own stays: as much as a checkpoint claims.
      else this.parts.splice(stream.checkpoint().streamState.chunksReceived);
    });
    return stream;
  }

  /** Reads to the end, or as far as the place is to be saved: then what was saved. */
  async #follow(stream: ReconnectingStream<ModelPart>, count: number): Promise<string | null> {
    let left = count;
    let saved: string | null = null;
    try {
      if (left > 0) {
        for await (const part of stream) {
          this.parts.push(part);
          if (part.type === 'toolCall') this.calls.push(part);
          if (--left > 0) continue;
          saved = JSON.stringify(stream.checkpoint());
          break;
        }
      } else saved = JSON.stringify(stream.checkpoint());
    } catch (error) {
      this.thrown = error as ReconnectError;
    }
    if (saved !== null) stream.close();
    this.outcome = await stream.done;
    return saved;
  }
}
