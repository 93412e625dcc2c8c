/** A page with a stream, shown in `@xstate/inspect` 0.8, whose viewer is the frame in it. */

import { reconnectStream } from 'stream-reconnect';
import { legacyInspector } from 'stream-reconnect/inspect';
import { inspect } from 'stream-reconnect-xstate4/pages.mjs';

const iframe = document.querySelector('iframe');
inspect({ url: new URL('/viewer', location.href).href, iframe: () => iframe });

/** One item, a drop, another item, then silence until the test asks. */
const source = {
  name: 'page',
  resume: 'cursor',
  terminal: 'explicit',
  reopen: 'safe',
  open: async ({ cursor = '0' }) => ({ batches: batches(Number(cursor)), close: () => {} }),
};

async function* batches(from) {
  yield [{ type: 'data', data: from + 1, bytes: 1, id: String(from + 1) }];
  if (from === 0) throw new TypeError('the line broke');
  await new Promise(() => {});
}

const stream = reconnectStream(source, { inspect: legacyInspector(), initialBackoffMs: 1 });
Object.assign(globalThis, { stream });
