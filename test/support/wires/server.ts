/** A peer in memory: answers by a script, breaks on cue, and notes what was asked and how far each answer came. */

import type { Choices } from './choices.js';
import { drawFraming, encode } from './encode.js';
import type { Encoded } from './encode.js';
import type { WireFormat, WireRequest } from './format.js';
import { withNoise } from './noise.js';
import type { Script } from './script.js';
import type { Truth } from './truth.js';

/** How an answer ends. */
export type Finish = 'eof' | 'reset' | 'stall';

export interface Fate {
  /** From 0 to 10000: where the answer breaks; null: it comes whole, and then ends so. */
  readonly at: number | null;
  readonly finish: Finish;
}

/** What the peer does about a request to go on. */
export type Resumption =
  | 'after'
  | 'from start'
  | 'last few'
  | 'inclusive'
  | 'gone'
  | 'nothing'
  | 'busy'
  | 'broken';

export interface PeerPlan {
  /** Statuses before the first answer. */
  readonly refusals: readonly Refusal[];
  /** Per answer; after them all come whole. */
  readonly fates: readonly Fate[];
  readonly resumptions: readonly Resumption[];
  readonly contentType: string;
  /** Largest piece of a body that is sent at once, in bytes. */
  readonly pieceBytes: number;
  /** From 0 to 10000: where so many such pieces are sent one after the other; larger ones elsewhere. */
  readonly piecesAt: number;
}

export interface Refusal {
  readonly status: number | 'reset';
  readonly headers?: Readonly<Record<string, string>>;
  /** Refused before any work: the same request may come again. */
  readonly isClean: boolean;
}

/** One request, and what became of it. */
export interface Exchange {
  readonly request: WireRequest;
  readonly status: number | 'reset';
  readonly isClean: boolean;
  /** The answer; null: there was none. */
  readonly answer: Answer | null;
  readonly atMs: number;
}

export interface Answer {
  readonly script: Script;
  readonly truth: Truth;
  readonly encoded: Encoded;
  /** The first saying that was sent. */
  readonly from: number;
  /** A new answer, not one that goes on. */
  readonly isFresh: boolean;
  /** It goes on with the text of the one before. */
  readonly isContinued: boolean;
  readonly finish: Finish;
  /** Bytes that the reader took. */
  taken: number;
  /** The reader was given the end, or the break, of the body. */
  isOver: boolean;
}

type Sending = Pick<Answer, 'script' | 'truth' | 'from' | 'isFresh' | 'isContinued'>;

export interface Peer {
  readonly fetch: typeof globalThis.fetch;
  readonly exchanges: readonly Exchange[];
}

export function startPeer(
  format: WireFormat,
  truth: Truth,
  plan: PeerPlan,
  choices: Choices,
  nowMs: () => number,
): Peer {
  const exchanges: Exchange[] = [];
  const framing = drawFraming(choices, format.kind);
  const written = writeScript(truth);
  let [refused, answered, resumed] = [0, 0, 0];
  return { fetch: answerTo as typeof globalThis.fetch, exchanges };

  function writeScript(what: Truth): Script {
    const script = format.write(what, choices);
    return { ...script, sayings: withNoise(script.sayings, format.kind, choices) };
  }

  async function answerTo(url: string, init: RequestInit = {}): Promise<Response> {
    const request: WireRequest = {
      method: init.method ?? 'GET',
      url: new URL(url),
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : '',
    };
    if (request.url.pathname.endsWith('/cancel')) return note(request, 200, new Response('{}'));
    const cursor = format.cursorOf(request);
    const isGoingOn =
      cursor !== undefined || (format.resume === 'replay' && request.method === 'GET');
    if (isGoingOn) return goOn(request, cursor, init.signal);
    const refusal = plan.refusals[refused++];
    if (refusal !== undefined) return refuse(request, refusal);
    return send(request, { ...continued(request), from: 0, isFresh: true }, init.signal);
  }

  /** The request may hold the text so far: then the answer is the rest. */
  function continued({ body }: WireRequest): Pick<Sending, 'script' | 'truth' | 'isContinued'> {
    const { continued: before } = (body === '' ? {} : JSON.parse(body)) as { continued?: string };
    if (before === undefined) return { script: written, truth, isContinued: false };
    const all = truth.text.join('');
    const rest = all.startsWith(before) ? all.slice(before.length) : all;
    const what = { ...truth, text: rest === '' ? [] : [rest] };
    return { script: writeScript(what), truth: what, isContinued: true };
  }

  async function goOn(
    request: WireRequest,
    cursor: string | undefined,
    signal: AbortSignal | null | undefined,
  ): Promise<Response> {
    const how = plan.resumptions[resumed++] ?? 'after';
    if (how === 'gone') return note(request, 404, errorBody(404));
    if (how === 'nothing') return note(request, 204, new Response(null, { status: 204 }));
    if (how === 'busy') return note(request, 429, errorBody(429, { 'retry-after': '1' }));
    if (how === 'broken') return note(request, 500, errorBody(500));
    const { sayings } = written;
    const named = sayings.flatMap((one, n) =>
      cursor !== undefined && one.cursor === cursor ? [n] : [],
    );
    // An id of several events says nothing: such a server begins again.
    const at = named.length === 1 ? (named[0] ?? -1) : -1;
    const back = { 'last few': 3, inclusive: 1 }[how as string] ?? 0;
    const isAll = format.resume === 'replay' || how === 'from start' || at < 0;
    const from = isAll ? 0 : Math.max(0, at + 1 - back);
    return send(
      request,
      { script: written, truth, from, isFresh: false, isContinued: false },
      signal,
    );
  }

  function refuse(
    request: WireRequest,
    { status, headers = {}, isClean }: Refusal,
  ): Promise<Response> {
    if (status === 'reset') {
      exchanges.push({ request, status, isClean, answer: null, atMs: nowMs() });
      return Promise.reject(brokenSocket('fetch failed'));
    }
    return note(request, status, errorBody(status, headers), isClean);
  }

  function note(
    request: WireRequest,
    status: number,
    response: Response,
    isClean = false,
    answer: Answer | null = null,
  ): Promise<Response> {
    exchanges.push({ request, status, isClean, answer, atMs: nowMs() });
    return Promise.resolve(response);
  }

  function send(
    request: WireRequest,
    sending: Sending,
    signal: AbortSignal | null | undefined,
  ): Promise<Response> {
    const fate = plan.fates[answered++] ?? { at: null, finish: 'eof' };
    const encoded = encode(sending.script.sayings, framing, sending.from);
    const answer: Answer = { ...sending, encoded, finish: fate.finish, taken: 0, isOver: false };
    const { bytes } = encoded;
    const end = fate.at === null ? bytes.length : Math.floor((bytes.length * fate.at) / 10_000);
    const body = bodyOf(answer, bytes.subarray(0, end), plan, signal);
    const response = new Response(body, { headers: { 'content-type': plan.contentType } });
    return note(request, 200, response, false, answer);
  }
}

/** So many small pieces are sent of one answer: they cost more than all the rest of it. */
const PIECES = 40;

/** The bytes in pieces, and then the end that was planned. Nothing is sent before the reader asks for it. */
function bodyOf(
  answer: Answer,
  bytes: Uint8Array,
  { pieceBytes, piecesAt }: PeerPlan,
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  const small = Math.floor((bytes.length * piecesAt) / 10_000);
  const large = small + PIECES * pieceBytes;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal?.addEventListener('abort', () => controller.error(signal.reason), { once: true });
      },
      pull(controller) {
        if (answer.taken < bytes.length) {
          const { taken } = answer;
          const end = taken < small ? small : taken < large ? taken + pieceBytes : bytes.length;
          const piece = bytes.slice(taken, end);
          answer.taken += piece.length;
          controller.enqueue(piece);
          return undefined;
        }
        answer.isOver = true;
        if (answer.finish === 'eof') controller.close();
        else if (answer.finish === 'reset') controller.error(brokenSocket('terminated'));
        else return new Promise<void>(() => {});
        return undefined;
      },
    },
    { highWaterMark: 0 },
  );
}

/** As Node's fetch reports it. */
function brokenSocket(message: string): TypeError {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  return new TypeError(message, { cause });
}

function errorBody(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  const text = JSON.stringify({ error: { message: `refused-${status}` } });
  return new Response(text, {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}
