/** A peer on loopback whose first answers break: by which fault, and where, is data. */

import { gzipSync } from 'node:zlib';
import { flakyServer } from '../../src/testing/index.js';
import type { FlakyResponse, FlakyFaultKind, FlakyServer } from '../../src/testing/index.js';
import type { SourcePeer } from './source-peer.js';

export type FaultKind = keyof typeof FAULTS;

export interface Fault {
  readonly kind: FaultKind;
  /** Where in the body, from 0 to 1. */
  readonly at: number;
}

/** @param faults what befalls the nth answer; after them all are whole */
export function startFaultServer(
  peer: SourcePeer<never>,
  faults: readonly Fault[],
): Promise<FlakyServer> {
  let asked = 0;
  return flakyServer({
    paths: {
      '*': (request) => {
        const body = peer.body(request);
        const status = peer.status?.(request) ?? 200;
        const { 'content-length': length, ...own } = peer.headers?.(request) ?? {};
        const headers = { 'content-type': peer.contentType, ...own };
        const fault = faults[asked++];
        if (fault === undefined) {
          const framing = length === undefined ? 'chunked' : 'length';
          return { status, headers, body, framing };
        }
        return { status, headers, body, ...FAULTS[fault.kind](fault.at, body) };
      },
    },
  });
}

type Body = string | Uint8Array;

const FAULTS = {
  /** In the middle of a chunk. */
  fin: (at, body) => cut('fin', at, body),
  rst: (at, body) => cut('rst', at, body),
  /** The bytes end as if all were there: with the last chunk, by the end of the connection, in a gzip stream. */
  'clean eof': (at, body) => cut('eof', at, body),
  'close-delimited eof': (at, body) => ({ ...cut('eof', at, body), framing: 'close' }),
  'gzip cut short': (at, body) => ({
    ...cut('eof', at, gzipSync(body)),
    framing: 'close',
    encoding: 'gzip',
  }),
  /** Silence on an open connection: in the body, and before the head. */
  stall: (at, body) => cut('stall', at, body),
  'no head': () => ({ fault: { kind: 'stall', at: 'head' } }),
  'reset before the head': () => ({ fault: { kind: 'rst', at: 'head' } }),
  '503': () => ({ status: 503, headers: { 'retry-after': '0' }, body: undefined }),
} satisfies Record<string, (at: number, body: Body) => FlakyResponse>;

/** @param body as it is sent */
function cut(kind: FlakyFaultKind, at: number, body: Body): FlakyResponse {
  return { fault: { kind, at: Math.floor(Buffer.byteLength(body) * at) } };
}
