/** A proxy on loopback before a real server: cuts the body of an answer after so many bytes. */

import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { flakyServer } from '../../src/testing/index.js';
import type { FlakyCall, FlakyFault, FlakyRequest } from '../../src/testing/index.js';

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
      '*': async (asked) => {
        const fault = cuts[server.requests.length - from - 1];
        if (fault === 503) return { status: 503 };
        const answer = await ask(target, asked);
        // The end of the connection is the end of the body: no length and no chunks give a cut away.
        return {
          status: answer.statusCode,
          headers: withoutFraming(answer.headers),
          body: passOn(answer, (bytes) => (passed += bytes)),
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

/** A connection of its own for each request: what is cut is cut there as well. */
function ask(target: string, { method, url, headers, body, signal }: FlakyCall) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method, headers: withoutFraming(headers), agent: false, signal };
    request(new URL(url.pathname + url.search, target), options, resolve)
      .on('error', reject)
      .end(body);
  });
}

/** What belongs to one connection. */
const FRAMING = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive'];

function withoutFraming(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const passed = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || FRAMING.includes(name) ? [] : [[name, String(value)]],
  );
  return Object.fromEntries(passed);
}

async function* passOn(
  body: AsyncIterable<Uint8Array>,
  onPassed: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) {
    onPassed(bytes.length);
    yield bytes;
  }
}
