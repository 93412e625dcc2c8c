/** A proxy on loopback before a real server: cuts the body of an answer after so many bytes. */

import { flakyServer } from '../../src/testing/index.js';
import type { FlakyFault, FlakyRequest } from '../../src/testing/index.js';

/** `eof`: the bytes end as if all were there. */
export type Cut = FlakyFault & { readonly at: number; readonly kind: 'rst' | 'eof' };

export interface CuttingProxy {
  /** `http://127.0.0.1:port`, in place of that of the server. */
  readonly url: string;
  /** Requests so far since `reset`. */
  readonly requests: readonly FlakyRequest[];
  /** Bytes of the bodies that were passed on whole. */
  readonly passed: number;
  /** How the next answers are cut; after them all pass. */
  reset(cuts: readonly (Cut | 503)[]): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  let cuts: readonly (Cut | 503)[] = [];
  let [from, passed] = [0, 0];
  const server = await flakyServer({
    paths: {
      '*': async (request) => {
        const fault = cuts[server.requests.length - from - 1];
        if (fault === 503) return { status: 503 };
        const answer = await fetch(new URL(request.url.pathname + request.url.search, target), {
          method: request.method,
          headers: headersOf(request),
          signal: request.signal,
          ...(request.body !== '' && { body: request.body }),
        });
        const body = passOn(answer.body, (bytes) => (passed += bytes));
        // The end of the connection is the end of the body: no length and no chunks give a cut away.
        return {
          status: answer.status,
          headers: Object.fromEntries(
            [...answer.headers].filter(([name]) => !FRAMING.includes(name)),
          ),
          body,
          framing: 'close',
          fault,
        };
      },
    },
  });
  return {
    url: server.url,
    get requests() {
      return server.requests.slice(from);
    },
    get passed() {
      return passed;
    },
    reset: (next) => {
      from = server.requests.length;
      passed = 0;
      cuts = next;
    },
    close: server.close,
  };
}

/** What belongs to one connection. */
const FRAMING = ['connection', 'content-length', 'transfer-encoding', 'keep-alive'];

function headersOf({ headers }: FlakyRequest): Record<string, string> {
  const passed = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || name === 'host' || FRAMING.includes(name) ? [] : [[name, value]],
  );
  return Object.fromEntries(passed);
}

async function* passOn(
  body: ReadableStream<Uint8Array> | null,
  onPassed: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of body ?? []) {
    onPassed(bytes.length);
    yield bytes;
  }
}
