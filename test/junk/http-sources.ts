/** The sources over fetch: their callbacks, and a fetch of the caller's own with what it gives. */

import {
  agUi,
  aiSdkUi,
  anthropicMessages,
  bytes,
  durableStream,
  geminiContent,
  geminiInteractions,
  mcpRequest,
  ndjson,
  ollamaChat,
  openaiChat,
  openaiResponses,
  sse,
  text,
} from '../../src/sources/index.js';
import type {
  AgUiOptions,
  AiSdkUiOptions,
  BytesOptions,
  DurableStreamOptions,
  FetchLike,
  GeminiContentOptions,
  HttpOptions,
  McpRequestOptions,
  ModelOptions,
  NdjsonOptions,
  SingleResponseOptions,
  SseOptions,
  TextOptions,
} from '../../src/sources/index.js';
import type { StreamSource } from '../../src/index.js';
import type { Peer, Place, Subject } from './cell.js';
import type { Places } from './places.js';

const EVENTS = 'text/event-stream';
const LINES = 'application/x-ndjson';

interface Line {
  readonly n: number;
}

/** What all of them ask the caller for. */
type Shared = Places<Pick<HttpOptions, 'url' | 'headers' | 'body' | 'fetch'>>;

interface HttpSource {
  readonly name: string;
  readonly type: string;
  /** The nth item on the wire. */
  readonly wire: (n: number) => string;
  readonly create: (shared: Shared, place: Place) => StreamSource<unknown>;
}

const event = (n: number, data: unknown = { n }): string =>
  `: ping\nid: ${n}\ndata: ${JSON.stringify(data)}\n\n`;
const delta = (n: number): unknown => ({
  id: 'a',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content: `word ${n}` }, finish_reason: null }],
});

const LIST: readonly HttpSource[] = [
  {
    name: 'sse()',
    type: EVENTS,
    wire: (n) => event(n),
    create: (all, place) => {
      const shared = withoutBody(all);
      const own: Omit<Places<SseOptions<Line>>, keyof Shared | 'resumeRequest'> = {
        parse: place('parse', ({ data }) => JSON.parse(data) as Line),
        onComment: place('onComment', () => undefined),
        isEnd: place('isEnd', () => false),
        follows: place('follows', () => undefined),
        rotation: place('rotation', () => false),
        contiguous: place('contiguous', () => 'next'),
      };
      return sse<Line>({ ...shared, ...own, parse: own.parse });
    },
  },
  {
    name: 'sse() by POST',
    type: EVENTS,
    wire: (n) => event(n),
    create: (shared, place) =>
      sse({
        ...shared,
        method: 'POST',
        resumeRequest: place('resumeRequest', () => ({ url: 'http://peer.test/go-on' })),
      }),
  },
  {
    name: 'ndjson()',
    type: LINES,
    wire: (n) => `{"n":${n}}\n`,
    create: (all, place) => {
      const shared = withoutBody(all);
      const own: Omit<Places<NdjsonOptions<Line>>, keyof Shared | 'resumeRequest'> = {
        parse: place('parse', (value) => value as Line),
        id: place('id', ({ n }) => String(n)),
        isEnd: place('isEnd', () => false),
        contiguous: place('contiguous', () => 'next'),
      };
      return ndjson<Line>({ ...shared, ...own, cursorParam: 'after' });
    },
  },
  {
    name: 'text()',
    type: 'text/plain',
    wire: (n) => `word ${n}`,
    create: (all, place) => {
      const shared = withoutBody(all);
      const own: Omit<Places<TextOptions>, keyof Shared> = {
        resumeRequest: place('resumeRequest', () => ({})),
      };
      return text({ ...shared, ...own });
    },
  },
  {
    name: 'bytes()',
    type: 'application/octet-stream',
    wire: (n) => `word ${n}`,
    create: (all, place) => {
      const shared = withoutBody(all);
      const own: Omit<Places<BytesOptions>, keyof Shared> = {
        resumeRequest: place('resumeRequest', () => ({})),
      };
      return bytes({ ...shared, ...own });
    },
  },
  {
    name: 'durableStream()',
    type: EVENTS,
    wire: (n) =>
      `event: data\ndata: [${n}]\n\nevent: control\ndata: {"streamNextOffset":"${n}"}\n\n`,
    create: (all) => {
      const shared = withoutBody(all);
      const own: Omit<Places<DurableStreamOptions>, keyof Shared> = {};
      return durableStream({ ...shared, ...own, format: 'json' });
    },
  },
  {
    name: 'mcpRequest()',
    type: EVENTS,
    wire: (n) => event(n, { jsonrpc: '2.0', method: 'notifications/progress', params: { n } }),
    create: (all) => {
      const shared = withoutBody(all);
      const own: Omit<Places<McpRequestOptions>, keyof Shared> = {};
      return mcpRequest({ ...shared, ...own, message: { id: 1, method: 'tools/call' } });
    },
  },
  {
    name: 'openaiChat()',
    type: EVENTS,
    wire: (n) => `data: ${JSON.stringify(delta(n))}\n\n`,
    create: (shared, place) => openaiChat(posted(shared, place)),
  },
  {
    name: 'openaiResponses()',
    type: EVENTS,
    wire: (n) => event(n, { type: 'response.output_text.delta', sequence_number: n, delta: 'a' }),
    create: ({ body, ...shared }) => openaiResponses({ ...shared, body: json(body) }),
  },
  {
    name: 'anthropicMessages()',
    type: EVENTS,
    wire: (n) => event(n, { type: 'content_block_delta', index: 0, delta: { text: 'a' } }),
    create: (shared, place) => anthropicMessages(posted(shared, place)),
  },
  {
    name: 'geminiContent()',
    type: EVENTS,
    wire: (n) => event(n, { candidates: [{ content: { parts: [{ text: 'a' }] } }] }),
    create: (shared, place) => {
      const own: Omit<Places<GeminiContentOptions>, keyof Shared | 'continueWith'> = {};
      return geminiContent({ ...posted(shared, place), ...own });
    },
  },
  {
    name: 'geminiInteractions()',
    type: EVENTS,
    wire: (n) => event(n, { event_type: 'content.delta', event_id: String(n), delta: {} }),
    create: ({ body, ...shared }) => geminiInteractions({ ...shared, body: json(body) }),
  },
  {
    name: 'ollamaChat()',
    type: LINES,
    wire: () => `{"message":{"role":"assistant","content":"a"},"done":false}\n`,
    create: (shared, place) => ollamaChat(posted(shared, place)),
  },
  {
    name: 'agUi()',
    type: EVENTS,
    wire: (n) => event(n, { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'a' }),
    create: ({ body, ...shared }) => {
      const own: Omit<Places<AgUiOptions>, keyof Shared> = {};
      return agUi({ ...shared, ...own, body: json(body) });
    },
  },
  {
    name: 'aiSdkUi()',
    type: EVENTS,
    wire: (n) => event(n, { type: 'text-delta', id: 't', delta: 'a' }),
    create: ({ body, ...shared }, place) => {
      const own: Omit<Places<AiSdkUiOptions>, keyof Shared> = {
        resumeUrl: place('resumeUrl', () => 'http://peer.test/replay'),
      };
      return aiSdkUi({ ...shared, ...own, body: json(body) });
    },
  },
];

/** A GET has none. */
function withoutBody({ url, headers, fetch }: Shared): Omit<Shared, 'body'> {
  return { url, headers, fetch };
}

/** Objects go out as JSON: as a model is asked. */
function json(body: Shared['body']): Places<ModelOptions>['body'] {
  return (context) => body(context) as unknown as object;
}

function posted(
  { body, ...shared }: Shared,
  place: Place,
): SingleResponseOptions & Places<SingleResponseOptions> {
  return {
    ...shared,
    body: json(body),
    continueWith: place('continueWith', () => ({ stream: true })),
  };
}

export const httpSources: readonly Subject[] = LIST.map(({ name, type, wire, create }) => ({
  name,
  create(place) {
    const { fetch, peer } = peerOf(place, type, wire);
    const shared: Shared = {
      url: place('url', () => 'http://peer.test/stream'),
      headers: place('headers', () => ({ accept: type })),
      body: place('body', () => ({ stream: true }) as never),
      fetch,
    };
    return { source: create(shared, place), peer };
  },
}));

/** A fetch in memory, with the methods of what it gives. */
function peerOf(
  place: Place,
  type: string,
  wire: (n: number) => string,
): { fetch: FetchLike; peer: Peer } {
  const live = new Set<object>();
  const encoder = new TextEncoder();
  let last = 0;
  let waiting: (() => void) | null = null;
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  function respond(request: object): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (made) => void (controller = made),
      cancel: () => void live.delete(request),
    });
    const reader = body.getReader();
    const cancel = place('reader.cancel', () => reader.cancel());
    const guarded = {
      read: place('reader.read', () => reader.read()),
      // More than to ask for it cannot be done.
      cancel: () => {
        live.delete(request);
        return cancel();
      },
      releaseLock: () => reader.releaseLock(),
    };
    const headers = new Headers({ 'content-type': type });
    return {
      status: 200,
      ok: true,
      type: 'default',
      bodyUsed: false,
      headers: { get: place('headers.get', (name: string) => headers.get(name)) },
      body: {
        locked: false,
        getReader: place('body.getReader', () => guarded),
        cancel: place('body.cancel', () => reader.cancel()),
      },
    } as unknown as Response;
  }
  // What the places of a response are called is known before there is one.
  respond({});
  controller = null;

  const fetch = place('fetch', (_url: string, { signal }: RequestInit) => {
    const request = {};
    return new Promise<Response>((resolve, reject) => {
      if (signal?.aborted === true) throw new DOMException('left', 'AbortError');
      live.add(request);
      signal?.addEventListener('abort', () => {
        live.delete(request);
        reject(new DOMException('left', 'AbortError'));
      });
      waiting = () => {
        waiting = null;
        resolve(respond(request));
      };
    });
  });
  const quietly = (act: () => void): void => {
    try {
      act();
    } catch {
      // The body is closed already.
    }
  };
  return {
    fetch,
    peer: {
      answer: () => waiting?.(),
      send: () => quietly(() => controller?.enqueue(encoder.encode(wire((last += 1))))),
      drop: () => {
        quietly(() => controller?.error(new TypeError('broken')));
        if (controller !== null) live.clear();
        controller = null;
      },
      get live() {
        return live.size;
      },
    },
  };
}
