/** Looks whether a body of another content type is a stream all the same: gateways label them in many ways. */

type Body = ReadableStream<Uint8Array>;

export interface Sniffed {
  readonly isStream: boolean;
  /** All of the body: what was looked at comes first. */
  readonly body: Body;
}

/** What the body is taken for: server-sent events, or lines of JSON. */
export type Framing = 'events' | 'lines';

/** A stream shows what it is in its first line; a body that begins with as much space is none. */
const MAX_BYTES = 4096;

/** @returns when the first line has come, the body ends, or the signal aborts. */
export async function sniffStream(
  body: Body,
  framing: Framing,
  signal: AbortSignal,
): Promise<Sniffed> {
  const looksLike = framing === 'lines' ? looksLikeLines : looksLikeEvents;
  const reader = body.getReader();
  const onAbort = (): void => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  const decoder = new TextDecoder();
  const chunks: Uint8Array[] = [];
  let isStream: boolean | undefined;
  let size = 0;
  let text = '';
  let broken: Error | undefined;
  try {
    if (signal.aborted) onAbort();
    while (isStream === undefined && size < MAX_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.length;
      text += decoder.decode(value, { stream: true });
      isStream = looksLike(text);
    }
  } catch (error) {
    // Whoever reads on gets it.
    broken = error instanceof Error ? error : new Error('the body broke', { cause: error });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  return { isStream: isStream === true, body: joined(chunks, reader, broken) };
}

/** Undefined while it may still become one. */
function looksLikeEvents(text: string): boolean | undefined {
  const start = text.replace(/^\s+/, '');
  if (/^(?::|(?:data|event|id|retry)\s*(?::|\r|\n))/.test(start)) return true;
  return ['data', 'event', 'retry', 'id'].some((field) => field.startsWith(start.trimEnd()))
    ? undefined
    : false;
}

/** An object, but not one that is an error and nothing else. */
function looksLikeLines(text: string): boolean | undefined {
  const start = text.trimStart();
  if (!start.startsWith('{')) return start === '' ? undefined : false;
  const [, name] = /^\{\s*"([^"]*)"/.exec(start) ?? [];
  return name === undefined ? undefined : !/^(?:error|errors|detail)$/i.test(name);
}

function joined(
  chunks: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
  broken: Error | undefined,
): Body {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const first = chunks.shift();
      if (first !== undefined) return controller.enqueue(first);
      if (broken !== undefined) throw broken;
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
