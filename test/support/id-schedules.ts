/** Peers in memory whose ids mean what a policy says, spoken in the wire format of each source that has ids. */

import {
  agUi,
  durableStream,
  geminiInteractions,
  ndjson,
  openaiResponses,
  sse,
  webSocket,
} from '../../src/sources/index.js';
import type { StreamSource } from '../../src/index.js';

/** One message. `text` is what the reader gets; a filler has the same text each time. */
export interface Message {
  readonly text: string;
  readonly id: string | null;
  readonly isFiller: boolean;
}

/** What one connection brings, and whether the stream ends behind it; otherwise it breaks, as the peer says. */
export interface Turn {
  readonly chunks: readonly (readonly Message[])[];
  readonly fate: 'end' | 'eof' | 'error' | 'silence';
}

/** Asked once per connection. @param cursor where the client wants to go on */
export type Peer = (cursor: string | undefined) => Turn;

export interface Format {
  /** Ids have to be whole numbers. */
  readonly isNumeric: boolean;
  /** Messages without an id exist. */
  readonly hasIdless: boolean;
  /** The place behind a message has to move with each, and the peer goes on exactly there. */
  readonly isOffset: boolean;
  /** A request that is cut before an id came is not sent again. */
  readonly runsWork: boolean;
  source(peer: Peer): StreamSource<unknown>;
  /** The texts in what was delivered. */
  textsOf(item: unknown): readonly string[];
}

export const FORMATS: Readonly<Record<string, Format>> = {
  sse: {
    ...named(),
    source: (peer) =>
      sse({
        url: 'http://test.invalid/',
        isEnd: ({ type }) => type === 'end',
        fetch: fetchOf(peer, lastEventId, {
          write: ({ text, id }) => `${id === null ? '' : `id: ${id}\n`}data: ${text}\n\n`,
          end: 'event: end\ndata: end\n\n',
        }),
      }),
    textsOf: (item) => {
      const { type, data } = item as { type: string; data: string };
      return type === 'end' ? [] : [data];
    },
  },
  ndjson: {
    ...named(),
    source: (peer) =>
      ndjson<Line>({
        url: 'http://test.invalid/',
        resume: 'cursor',
        cursorParam: 'after',
        id: ({ id }) => id ?? undefined,
        isEnd: ({ text }) => text === 'end',
        fetch: fetchOf(peer, query('after'), {
          write: ({ text, id }) => `${JSON.stringify({ id, text })}\n`,
          end: `${JSON.stringify({ id: null, text: 'end' })}\n`,
          contentType: 'application/x-ndjson',
        }),
      }),
    textsOf: (item) => {
      const { text } = item as Line;
      return text === 'end' ? [] : [text];
    },
  },
  agUi: {
    ...named(),
    runsWork: true,
    source: (peer) =>
      agUi({
        url: 'http://test.invalid/',
        body: {},
        fetch: fetchOf(peer, lastEventId, {
          begin: `data: ${JSON.stringify({ type: 'RUN_STARTED', threadId: 't', runId: 'r' })}\n\n`,
          write: ({ text, id }) =>
            `${id === null ? '' : `id: ${id}\n`}data: ${JSON.stringify({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: `${text} ` })}\n\n`,
          end: `id: the-end\ndata: ${JSON.stringify({ type: 'RUN_FINISHED', threadId: 't', runId: 'r' })}\n\n`,
        }),
      }),
    textsOf: wordsOf,
  },
  geminiInteractions: {
    ...named(),
    runsWork: true,
    source: (peer) =>
      geminiInteractions({
        url: 'http://test.invalid/v1/interactions',
        body: { stream: true },
        fetch: fetchOf(peer, query('last_event_id'), {
          begin: `data: ${JSON.stringify({ event_type: 'interaction.created', interaction: { id: 'run-1', status: 'in_progress' } })}\n\n`,
          write: ({ text, id }) =>
            `data: ${JSON.stringify({ event_type: 'step.delta', index: 0, delta: { type: 'text', text: `${text} ` }, ...(id === null ? {} : { event_id: id }) })}\n\n`,
          end: `data: ${JSON.stringify({ event_type: 'interaction.completed', event_id: 'the-end', interaction: { id: 'run-1', status: 'completed' } })}\n\ndata: [DONE]\n\n`,
        }),
      }),
    textsOf: wordsOf,
  },
  openaiResponses: {
    ...named(),
    runsWork: true,
    isNumeric: true,
    source: (peer) =>
      openaiResponses({
        url: 'http://test.invalid/v1/responses',
        body: { stream: true, background: true },
        fetch: fetchOf(peer, query('starting_after'), {
          begin: `data: ${JSON.stringify({ type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } })}\n\n`,
          write: ({ text, id }) =>
            `data: ${JSON.stringify({ type: 'response.output_text.delta', item_id: 'i', output_index: 0, content_index: 0, delta: `${text} `, ...(id === null ? {} : { sequence_number: Number(id) }) })}\n\n`,
          end: `data: ${JSON.stringify({ type: 'response.completed', response: { id: 'resp_1', status: 'completed' } })}\n\n`,
        }),
      }),
    textsOf: wordsOf,
  },
  webSocket: {
    ...named(),
    source: (peer) =>
      webSocket<Line>({
        url: 'ws://test.invalid/',
        WebSocket: socketClass(peer) as never,
        parse: (message) => JSON.parse(String(message)) as Line,
        id: ({ id }) => id ?? undefined,
        resumeMessage: ({ cursor }) => cursor ?? '',
        isEnd: ({ text }) => text === 'end',
      }),
    textsOf: (item) => {
      const { text } = item as Line;
      return text === 'end' ? [] : [text];
    },
  },
  durableStream: {
    ...named(),
    hasIdless: false,
    isOffset: true,
    source: (peer) =>
      durableStream<string>({
        url: 'http://test.invalid/log',
        fetch: fetchOf(peer, (request) => offsetOf(query('offset')(request)), {
          write: ({ text, id }) =>
            `event: data\ndata: ${JSON.stringify([text])}\n\nevent: control\ndata: ${JSON.stringify({ streamNextOffset: id })}\n\n`,
          end: `event: control\ndata: ${JSON.stringify({ streamNextOffset: 'the-end', streamClosed: true })}\n\n`,
        }),
      }),
    textsOf: (item) => [item as string],
  },
};

interface Line {
  readonly id: string | null;
  readonly text: string;
}

function named(): Pick<Format, 'isNumeric' | 'hasIdless' | 'isOffset' | 'runsWork'> {
  return { isNumeric: false, hasIdless: true, isOffset: false, runsWork: false };
}

function wordsOf(part: unknown): readonly string[] {
  const { type, text } = part as { type: string; text?: string };
  return type === 'text' ? (text ?? '').trim().split(' ') : [];
}

function lastEventId({ headers }: Asked): string | undefined {
  return headers.get('last-event-id') ?? undefined;
}

function query(name: string): (asked: Asked) => string | undefined {
  return ({ url }) => url.searchParams.get(name) ?? undefined;
}

function offsetOf(offset: string | undefined): string | undefined {
  return offset === '-1' ? undefined : offset;
}

interface Asked {
  readonly url: URL;
  readonly headers: Headers;
}

interface Wire {
  /** What a first connection begins with. */
  readonly begin?: string;
  readonly write: (message: Message) => string;
  readonly end: string;
  readonly contentType?: string;
}

function fetchOf(
  peer: Peer,
  cursorOf: (asked: Asked) => string | undefined,
  { begin = '', write, end, contentType = 'text/event-stream' }: Wire,
): typeof fetch {
  return (address, init) => {
    const cursor = cursorOf({
      url: new URL(address as string),
      headers: new Headers(init?.headers),
    });
    const { chunks, fate } = peer(cursor);
    const texts = chunks.map((messages) => messages.map(write).join(''));
    if (fate === 'end') texts.push(end);
    if (cursor === undefined && begin !== '') texts.unshift(begin);
    return Promise.resolve(
      new Response(bodyOf(texts, fate), { headers: { 'content-type': contentType } }),
    );
  };
}

/** Each chunk is read before what happens behind it. */
function bodyOf(texts: string[], fate: Turn['fate']): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const text = texts.shift();
        if (text !== undefined) controller.enqueue(new TextEncoder().encode(text));
        else if (fate === 'error') controller.error(new TypeError('terminated'));
        else if (fate !== 'silence') controller.close();
        // An answer that never settles is silence.
        return fate === 'silence' && text === undefined ? new Promise(() => {}) : undefined;
      },
    },
    { highWaterMark: 0 },
  );
}

/** The part of a WebSocket that is asked for: a peer that waits for the resume message. */
function socketClass(peer: Peer): unknown {
  return class {
    binaryType = 'blob';
    readyState = 0;
    readonly #target = new EventTarget();

    constructor() {
      void Promise.resolve().then(() => {
        this.readyState = 1;
        this.#tell('open', {});
      });
    }

    addEventListener(type: string, listener: (event: Event) => void): void {
      this.#target.addEventListener(type, listener);
    }

    removeEventListener(type: string, listener: (event: Event) => void): void {
      this.#target.removeEventListener(type, listener);
    }

    send(cursor: string): void {
      void this.#play(peer(cursor === '' ? undefined : cursor));
    }

    close(): void {
      this.readyState = 3;
    }

    async #play({ chunks, fate }: Turn): Promise<void> {
      for (const messages of chunks) {
        await Promise.resolve();
        for (const { id, text } of messages)
          this.#tell('message', { data: JSON.stringify({ id, text }) });
      }
      for (let n = 0; n < 5; n++) await Promise.resolve();
      if (fate === 'end')
        this.#tell('message', { data: JSON.stringify({ id: null, text: 'end' }) });
      if (fate === 'silence') return;
      this.readyState = 3;
      this.#tell('close', { code: fate === 'end' ? 1000 : 1006 });
    }

    #tell(type: string, fields: object): void {
      this.#target.dispatchEvent(Object.assign(new Event(type), fields));
    }
  };
}
