/** Logs and files: events, lines, text and bytes, each with its own way to go on. */

import { bytes, durableStream, ndjson, sse, text } from '../../../src/sources/index.js';
import type { SseEvent } from '../../../src/sources/index.js';
import type { PeerRequest, SourcePeer } from '../../support/source-peer.js';

const WORDS = Array.from({ length: 24 }, (_, n) => `word ${n + 1} é🌍${'x'.repeat(n % 5)}`);
const ALL = WORDS.join('');

const ssePeer: SourcePeer<SseEvent> = {
  name: 'sse',
  source: (url) => sse({ url, isEnd: ({ type }) => type === 'end' }),
  contentType: 'text/event-stream',
  body: ({ headers }) => {
    const after = Number(headers['last-event-id'] ?? 0);
    const events = WORDS.map((word, n) => `id: ${n + 1}\ndata: ${word}\n\n`).slice(after);
    return `${events.join('')}event: end\ndata: \n\n`;
  },
  whole: WORDS,
  join: (events) => events.filter(({ type }) => type !== 'end').map(({ data }) => data),
};

/** A server that ends each response by plan, after some words. */
const rotatingPeer: SourcePeer<SseEvent> = {
  ...ssePeer,
  name: 'sse with planned ends',
  source: (url) => sse({ url, isEnd: ({ type }) => type === 'end', rotation: 'goaway' }),
  body: ({ headers }) => {
    const after = Number(headers['last-event-id'] ?? 0);
    const events = WORDS.map((word, n) => `id: ${n + 1}\ndata: ${word}\n\n`);
    const then = after + 8 < WORDS.length ? 'event: goaway' : 'event: end';
    return `${events.slice(after, after + 8).join('')}${then}\ndata: \n\n`;
  },
};

interface Line {
  readonly seq?: string;
  readonly word?: string;
  readonly last?: boolean;
}

const ndjsonPeer: SourcePeer<Line> = {
  name: 'ndjson',
  source: (url) =>
    ndjson<Line>({
      url,
      id: ({ seq }) => seq,
      cursorParam: 'after',
      isEnd: ({ last }) => last === true,
    }),
  contentType: 'application/x-ndjson; charset=utf-8',
  body: ({ url }) => {
    const after = Number(url.searchParams.get('after') ?? 0);
    const lines = WORDS.map((word, n) => JSON.stringify({ seq: String(n + 1), word })).slice(after);
    return [...lines, '{"last":true}', ''].join('\n');
  },
  whole: WORDS,
  join: (lines) => lines.flatMap(({ word }) => (word === undefined ? [] : [word])),
};

const ndjsonCountPeer: SourcePeer<string> = {
  ...ndjsonPeer,
  name: 'ndjson by count',
  source: (url) => ndjson<string>({ url, itemsParam: 'skip', isEnd: (line) => line === 'END' }),
  body: ({ url }) => {
    const skip = Number(url.searchParams.get('skip') ?? 0);
    return [...[...WORDS, 'END'].slice(skip).map((word) => JSON.stringify(word)), ''].join('\n');
  },
  join: (lines) => lines.filter((line) => line !== 'END'),
};

function textAfter({ url }: PeerRequest): string {
  return ALL.slice(Number(url.searchParams.get('resumeAt') ?? 0));
}

const textPeer: SourcePeer<string> = {
  name: 'text',
  source: (url) => text({ url }),
  contentType: 'text/plain; charset=utf-8',
  body: textAfter,
  status: (request) => (textAfter(request) === '' ? 204 : 200),
  whole: ALL,
  join: (chunks) => chunks.join(''),
};

function rangeOf({ headers }: PeerRequest): { from: number; total: number } {
  const [, from = '0'] = /^bytes=(\d+)-$/.exec(headers['range'] ?? '') ?? [];
  return { from: Number(from), total: Buffer.byteLength(ALL) };
}

const bytesPeer: SourcePeer<Uint8Array> = {
  name: 'bytes',
  source: (url) => bytes({ url }),
  contentType: 'application/octet-stream',
  body: (request) => Buffer.from(ALL).subarray(rangeOf(request).from),
  status: (request) => {
    const { from, total } = rangeOf(request);
    if (request.headers['range'] === undefined) return 200;
    return from >= total ? 416 : 206;
  },
  headers: (request): Record<string, string> => {
    const { from, total } = rangeOf(request);
    if (request.headers['range'] === undefined) return { etag: '"one"' };
    if (from >= total) return { 'content-range': `bytes */${total}` };
    return { etag: '"one"', 'content-range': `bytes ${from}-${total - 1}/${total}` };
  },
  whole: ALL,
  join: (chunks) => Buffer.concat(chunks).toString(),
};

/** A server that knows no ranges. */
const wholeBytesPeer: SourcePeer<Uint8Array> = {
  name: 'bytes without ranges',
  source: (url) => bytes({ url }),
  contentType: 'application/octet-stream',
  body: () => ALL,
  headers: () => ({ 'content-length': String(Buffer.byteLength(ALL)) }),
  whole: ALL,
  join: bytesPeer.join,
};

/** Three words to an event; the position after them is sent after it. */
const durablePeer: SourcePeer<string> = {
  name: 'durableStream',
  source: (url) => durableStream<string>({ url }),
  contentType: 'text/event-stream',
  body: ({ url }) => {
    const offset = url.searchParams.get('offset') ?? '-1';
    const events: string[] = [];
    for (let from = offset === '-1' ? 0 : Number(offset); from < WORDS.length; from += 3) {
      const words = WORDS.slice(from, from + 3);
      events.push(`event: data\ndata: ${JSON.stringify(words)}\n\n`, control(from + words.length));
    }
    return events.length > 0 ? events.join('') : control(WORDS.length);
  },
  whole: WORDS,
  join: (words) => words,
};

function control(offset: number): string {
  const fields = { streamNextOffset: String(offset), streamClosed: offset === WORDS.length };
  return `event: control\ndata: ${JSON.stringify(fields)}\n\n`;
}

export const plainPeers = [
  ssePeer,
  rotatingPeer,
  ndjsonPeer,
  ndjsonCountPeer,
  textPeer,
  bytesPeer,
  durablePeer,
  wholeBytesPeer,
] as readonly unknown[] as readonly SourcePeer<never>[];
