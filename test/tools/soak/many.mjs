/**
 * Opens thousands of streams at once, to a server in a process of its own, with the default time to connect. No stream may take this
 * busy process for a silent peer. `node test/tools/soak/many.mjs [streams]`, after `npm run build`.
 */

import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

if (process.send === undefined) await main(Number(process.argv[2] ?? 10_000));
else serve();

function serve() {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('data: 1\n\ndata: [DONE]\n\n');
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 }, () => {
    process.send?.(server.address().port);
  });
  process.on('disconnect', () => process.exit());
}

async function main(count) {
  const { reconnectStream } = await import('../../../dist/src/index.js');
  const { sse } = await import('../../../dist/src/sources/index.js');
  const server = fork(fileURLToPath(import.meta.url));
  const port = await new Promise((resolve) => server.once('message', resolve));
  const startedAt = performance.now();
  const reasons = new Map();
  const streams = Array.from({ length: count }, () => {
    const source = sse(`http://127.0.0.1:${port}/`, { isEnd: ({ data }) => data === '[DONE]' });
    const stream = reconnectStream(source);
    stream.on('waiting', ({ reason }) => reasons.set(reason, (reasons.get(reason) ?? 0) + 1));
    stream.start();
    return stream;
  });
  const outcomes = await Promise.all(streams.map(({ done }) => done));
  server.disconnect();
  const complete = outcomes.filter(({ status }) => status === 'complete').length;
  const falseAlarms = reasons.get('connect-timeout') ?? 0;
  process.stdout.write(
    `${count} streams in ${Math.round(performance.now() - startedAt)} ms: ${complete} complete, ` +
      `${falseAlarms} connect timeouts, retries by reason ${JSON.stringify([...reasons])}\n`,
  );
  process.exitCode = complete === count && falseAlarms === 0 ? 0 : 1;
}
