/**
 * Reads the server of `run.mjs` in one runtime, with what that has built in: its fetch, its WebSocket, its timers.
 * Plain JavaScript without a module of Node, so that it runs everywhere.
 */

import { reconnectStream } from 'stream-reconnect';
import { sse, webSocket } from 'stream-reconnect/sources';

const QUICK = { initialBackoffMs: 5, jitter: 'none', maxAttempts: 10 };

/** What each scenario gave: numbers of items, the outcome, how often it was dropped. */
export async function readAll(base) {
  const results = {};
  for (const kind of ['eof', 'reset', 'silence'])
    results[`sse: ${kind}`] = await read(
      sse({ url: `${base}/events?fault=${kind}`, isEnd: ({ type }) => type === 'end' }),
      ({ data }) => Number(data),
    );
  results['sse: POST that is refused, then answered'] = await read(
    sse({
      url: `${base}/events?fault=refused`,
      method: 'POST',
      body: '{}',
      isEnd: ({ type }) => type === 'end',
    }),
    ({ data }) => Number(data),
  );
  if (globalThis.WebSocket === undefined) return results;
  for (const kind of ['1001', 'reset', 'silence'])
    results[`webSocket: ${kind}`] = await read(
      webSocket({
        url: `${base.replace('http', 'ws')}/socket?fault=${kind}`,
        parse: (message) => JSON.parse(String(message)),
        id: ({ n }) => String(n),
        isEnd: ({ end }) => end === true,
        resumeMessage: ({ cursor }) => cursor ?? '0',
        ping: { message: 'ping', everyMs: 100 },
        closeTimeoutMs: 200,
      }),
      ({ n }) => n,
    );
  return results;
}

async function read(source, numberOf) {
  const stream = reconnectStream(source, { ...QUICK, stallTimeoutMs: 300 });
  const numbers = [];
  let [drops, error] = [0, null];
  stream.on('dropped', () => (drops += 1));
  try {
    for await (const item of stream) numbers.push(numberOf(item));
  } catch (thrown) {
    error = thrown.message;
  }
  const { status } = await stream.done;
  return { numbers: numbers.filter((n) => n > 0), status, drops, error };
}
