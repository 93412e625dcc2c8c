/** Serves what frameworks write as `(Request) => Response` by Node's own server, on loopback. */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onLoopback } from '../../src/loopback/listen.js';
import type { Loopback } from '../../src/loopback/listen.js';

export type WebHandler = (request: Request) => Response | Promise<Response>;

export function startWebHandler(handler: WebHandler): Promise<Loopback> {
  const server = createServer((req, res) => void answer(req, res, handler));
  return onLoopback(server);
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  handler: WebHandler,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  const request = new Request(new URL(req.url ?? '/', 'http://127.0.0.1'), {
    method: req.method ?? 'GET',
    headers: Object.entries(req.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
    ...(isRead ? {} : { body: Buffer.concat(chunks) }),
  });
  const response = await handler(request);
  res.writeHead(response.status, [...response.headers].flat());
  const reader = response.body?.getReader();
  res.on('close', () => void reader?.cancel().catch(() => {}));
  try {
    for (;;) {
      const result = await reader?.read();
      if (result === undefined || result.done) break;
      res.write(result.value);
    }
  } catch {
    // The client left.
  }
  res.end();
}
