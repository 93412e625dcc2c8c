/** Looks whether a body of another content type is an event stream all the same: gateways label them in many ways. */

type Body = ReadableStream<Uint8Array>;

export interface Sniffed {
  readonly isEventStream: boolean;
  /** All of the body: what was looked at comes first. */
  readonly body: Body;
}

/** An event stream shows what it is in its first line; a body that begins with as much space is none. */
const MAX_BYTES = 4096;

/** @returns when the first line has come, the body ends, or the signal aborts. */
export async function sniffEventStream(body: Body, signal: AbortSignal): Promise<Sniffed> {
  const reader = body.getReader();
  const onAbort = (): void => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  const decoder = new TextDecoder();
  const chunks: Uint8Array[] = [];
  let isEventStream: boolean | undefined;
  let size = 0;
  let text = '';
  let broken: Error | undefined;
  try {
    if (signal.aborted) onAbort();
    while (isEventStream === undefined && size < MAX_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.length;
      text += decoder.decode(value, { stream: true });
      isEventStream = looksLikeEvents(text);
    }
  } catch (error) {
    // Whoever reads on gets it.
    broken = error instanceof Error ? error : new Error('the body broke', { cause: error });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  return { isEventStream: isEventStream === true, body: joined(chunks, reader, broken) };
}

/** Undefined while it may still become one. */
function looksLikeEvents(text: string): boolean | undefined {
  const start = text.replace(/^\s+/, '');
  if (/^(?::|(?:data|event|id|retry)\s*(?::|\r|\n))/.test(start)) return true;
  return ['data', 'event', 'retry', 'id'].some((field) => field.startsWith(start.trimEnd()))
    ? undefined
    : false;
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
