/** A log of Durable Streams in memory, read by a `fetch` of its own: cuts, pieces and groups are random. */

export type LogKind = 'json' | 'text' | 'bytes';

const TYPES = {
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  bytes: 'application/octet-stream',
};

export interface DurableLogOptions {
  readonly kind: LogKind;
  /** What was appended, one offset each: messages of JSON as one array, or bytes. */
  readonly appends: readonly (readonly unknown[] | Uint8Array)[];
  readonly random: () => number;
  /** Share of responses that break. */
  readonly cuts: number;
}

export interface DurableLog {
  readonly fetch: typeof fetch;
  readonly requests: number;
}

/** Every log here is closed. */
export function durableLog({ kind, appends, random, cuts }: DurableLogOptions): DurableLog {
  let requests = 0;
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    get requests() {
      return requests;
    },
    fetch: (input, init) => {
      requests += 1;
      const { searchParams } = new URL(input as string);
      if (init?.method === 'HEAD')
        return Promise.resolve(new Response(null, { headers: { 'content-type': TYPES[kind] } }));
      const from = indexOf(searchParams.get('offset') ?? '');
      const to = Math.min(appends.length, from + 1 + below(4));
      const part = appends.slice(from, to);
      const isEvents = searchParams.get('live') === 'sse';
      return Promise.resolve(isEvents ? events(part, to) : body(part, to));
    },
  };

  function body(part: DurableLogOptions['appends'], to: number): Response {
    const payload =
      kind === 'json'
        ? utf8(JSON.stringify(part.flat(), null, below(3)))
        : Buffer.concat(part as readonly Uint8Array[]);
    const isEnd = to === appends.length;
    // Only the end of JSON shows that it was not cut: of the others the length does.
    const mayEnd = kind === 'json' && random() < 0.5;
    const headers: Record<string, string> = {
      'content-type': TYPES[kind],
      'stream-next-offset': offsetOf(to),
      ...(mayEnd ? {} : { 'content-length': String(payload.length) }),
      ...(isEnd ? { 'stream-closed': 'true' } : {}),
    };
    return new Response(chunks(payload), { headers });
  }

  function events(part: DurableLogOptions['appends'], to: number): Response {
    // A character may be cut between two appends: text says so only as bytes.
    const isBase64 = kind !== 'json';
    const from = to - part.length;
    const texts = part.flatMap((one, n) => [
      `event: data\n${lines(isBase64 ? Buffer.from(one as Uint8Array).toString('base64') : JSON.stringify(one))}`,
      ...(n === part.length - 1 || random() < 0.4 ? [control(from + n + 1)] : []),
      ...(random() < 0.1 ? ['event: control\ndata: {"upToDate":true,"of":"tomorrow"}\n\n'] : []),
      ...(random() < 0.1 ? [': ping\n\nevent: up-to-date\ndata: {}\n\n'] : []),
    ]);
    const headers = {
      'content-type': 'text/event-stream',
      ...(isBase64 ? { 'stream-sse-data-encoding': 'base64' } : {}),
    };
    const text = texts.join('') || control(to);
    return new Response(chunks(utf8(text)), { headers });
  }

  function control(to: number): string {
    const isEnd = to === appends.length;
    return `event: control\ndata: ${JSON.stringify({
      streamNextOffset: offsetOf(to),
      ...(isEnd ? { streamClosed: true } : { streamCursor: 'c' }),
    })}\n\n`;
  }

  /** In pieces of any size; sometimes it breaks, or ends as if all were there. */
  function chunks(payload: Uint8Array): ReadableStream<Uint8Array> {
    const isCut = random() < cuts;
    const end = isCut ? below(payload.length + 1) : payload.length;
    const breaks = isCut && random() < 0.5;
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at < end) {
          const size = random() < 0.5 ? 1 + below(3) : 1 + below(200);
          controller.enqueue(payload.slice(at, Math.min(end, at + size)));
          at += size;
        } else if (breaks) controller.error(new TypeError('terminated'));
        else controller.close();
      },
    });
  }
}

/** `-1` is the start. */
function offsetOf(index: number): string {
  return `00_${index}`;
}

function indexOf(offset: string): number {
  if (offset === '-1') return 0;
  if (!/^00_\d+$/.test(offset)) throw new Error(`the log never gave the offset ${offset}`);
  return Number(offset.slice(3));
}

/** Base64 may come in lines. */
function lines(text: string): string {
  return `data: ${text}\n\n`;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
