/** What befalls an answer, and how it is read: drawn before the stream begins. */

import type { ReconnectOptions } from '../../../src/index.js';
import type { Choices } from './choices.js';
import type { WireFormat } from './format.js';
import type { Fate, Finish, PeerPlan, Refusal, Resumption } from './server.js';

export interface ReadingPlan {
  readonly delivery: ReconnectOptions['delivery'];
  readonly allowRestart: boolean;
  readonly continues: boolean;
  readonly idempotencyKey: boolean;
  /** After how many items the reader saves its place and goes on in a new stream; null: never. */
  readonly saveAfter: number | null;
}

export function drawReading(format: WireFormat, choices: Choices): ReadingPlan {
  return {
    delivery: choices.pick([undefined, undefined, 'commit', 'eager'] as const),
    allowRestart: choices.chance(10),
    continues: format.resume === 'none' && choices.chance(35),
    idempotencyKey: choices.chance(5),
    saveAfter: choices.chance(15) ? choices.below(8) : null,
  };
}

export function drawPeer(format: WireFormat, choices: Choices): PeerPlan {
  return {
    refusals: choices.chance(8) ? list(choices, 1 + choices.below(2), drawRefusal) : [],
    fates: choices.chance(60)
      ? list(choices, 1 + choices.below(3), drawFate)
      : [{ at: null, finish: choices.odd(FINISHES) }],
    resumptions: list(choices, 4, (one) => one.odd(RESUMPTIONS)),
    contentType: choices.odd(format.contentTypes),
    pieceBytes: choices.pick([1 << 20, 1 << 20, 500, 200, 200, 60, 60, 13, 1]),
    piecesAt: choices.below(10_001),
  };
}

const FINISHES: readonly Finish[] = ['eof', 'reset', 'stall'];

const RESUMPTIONS: readonly Resumption[] = [
  'after',
  'from start',
  'last few',
  'inclusive',
  'gone',
  'nothing',
  'busy',
  'broken',
];

const REFUSALS: readonly Refusal[] = [
  { status: 429, isClean: true },
  { status: 429, headers: { 'retry-after': '2' }, isClean: true },
  { status: 503, isClean: true },
  { status: 529, isClean: true },
  { status: 425, isClean: true },
  { status: 500, headers: { 'x-should-retry': 'true' }, isClean: true },
  { status: 429, headers: { 'x-should-retry': 'false' }, isClean: false },
  { status: 500, isClean: false },
  { status: 502, isClean: false },
  { status: 504, isClean: false },
  { status: 408, isClean: false },
  { status: 'reset', isClean: false },
  { status: 400, isClean: false },
];

function drawRefusal(choices: Choices): Refusal {
  return choices.pick(REFUSALS);
}

function drawFate(choices: Choices): Fate {
  const isWhole = choices.chance(25);
  return { at: isWhole ? null : choices.below(10_001), finish: choices.pick(FINISHES) };
}

function list<T>(choices: Choices, count: number, draw: (choices: Choices) => T): T[] {
  return Array.from({ length: count }, () => draw(choices));
}
