/**
 * A client in a process of its own, so that it can be stopped and continued from outside: follows the event stream
 * at the URL it is given, and prints what it sees as lines of JSON.
 */

import { reconnectStream } from '../../dist/src/index.js';
import { sse } from '../../dist/src/sources/index.js';

const [url, stallTimeoutMs] = process.argv.slice(2);
const source = sse({ url, isEnd: ({ type }) => type === 'end' });
const stream = reconnectStream(source, { stallTimeoutMs: Number(stallTimeoutMs) });
for (const type of ['connected', 'dropped', 'stalled', 'waiting', 'failed'])
  stream.on(type, () => say({ event: type }));
for await (const { type, data } of stream) if (type !== 'end') say({ item: Number(data) });
say({ status: (await stream.done).status });

function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
