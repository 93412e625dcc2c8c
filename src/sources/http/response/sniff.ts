/** Detects a stream in a body of another content type: gateways label streams in many ways. */

type Body = ReadableStream<Uint8Array>;

export interface Sniffed {
  readonly isStream: boolean;
  /** The whole body: what was inspected comes first. */
  readonly body: Body;
}

/** The framing to look for: server-sent events, or lines of JSON. */
export type Framing = 'events' | 'lines';

/** Bytes that are inspected at most: a stream is recognised by its first line. */
const MAX_BYTES = 4096;

/** Resolves when the first line has arrived, the body ends, or the signal aborts. */
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
    // The next reader receives the error.
    broken = error instanceof Error ? error : new Error('the body broke', { cause: error });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  return { isStream: isStream === true, body: joined(chunks, reader, broken) };
}

/** Returns whether the text begins a stream; undefined while that is open. */
function looksLikeEvents(text: string): boolean | undefined {
  const start = text.replace(/^\s+/, '');
  if (/^(?::|(?:data|event|id|retry)\s*(?::|\r|\n))/.test(start)) return true;
  return ['data', 'event', 'retry', 'id'].some((field) => field.startsWith(start.trimEnd()))
    ? undefined
    : false;
}

/** Returns whether the line is an object that is not merely an error. */
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
