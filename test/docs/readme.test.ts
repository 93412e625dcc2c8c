/** The README: its three main snippets run against servers that drop the connection, and its tables are of now. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';

// @ts-expect-error -- a script of the evidence, without types
import { digest } from '../tools/evidence/digest.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = read('README.md');

let folder = '';
let stops: (() => void)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readme-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', 'stream-reconnect'));
  await symlink(join(root, 'node_modules', 'ws'), join(folder, 'node_modules', 'ws'));
});

afterEach(async () => {
  for (const stop of stops) stop();
  stops = [];
  await rm(folder, { recursive: true, force: true });
});

describe('the main snippets of the README', () => {
  it('an SSE feed continues after a drop', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((req, res) => {
      asked.push(req.headers['last-event-id'] as string | undefined);
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      if (asked.length === 1) {
        res.write('id: 1\ndata: one\n\nid: 2\ndata: two\n\n', () => req.socket.resetAndDestroy());
      } else res.end('id: 3\ndata: three\n\ndata: [DONE]\n\n');
    });
    const output = await run('A feed of server-sent events', 'https://example.com/events', url);
    expect(output[2]).toMatch(/^attempt 1 in \d+ ms$/);
    expect(output.toSpliced(2, 1)).toEqual(['one', 'two', 'three', '[DONE]']);
    expect(asked).toEqual([undefined, '2']);
  });

  it("a model's answer continues after a drop, and its call comes once", async () => {
    const requests: string[] = [];
    const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'get_weather' };
    const events = [
      { type: 'response.created', response: { id: 'resp_1' } },
      { type: 'response.output_text.delta', delta: 'It is ' },
      { type: 'response.output_item.added', item: { ...call, arguments: '' } },
      {
        type: 'response.function_call_arguments.delta',
        item_id: 'fc_1',
        delta: '{"city":"Paris"}',
      },
      {
        type: 'response.output_item.done',
        item: { ...call, status: 'completed', arguments: '{"city":"Paris"}' },
      },
      { type: 'response.completed', response: { id: 'resp_1', status: 'completed' } },
    ].map((event, n) => `data: ${JSON.stringify({ ...event, sequence_number: n })}\n\n`);
    const url = await serve((req, res) => {
      requests.push(`${req.method} ${req.url}`);
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      if (req.method === 'POST') {
        res.write(events.slice(0, 4).join(''), () => req.socket.resetAndDestroy());
      } else res.end(events.slice(4).join(''));
    });
    const output = await run(
      "A model's answer with tool calls",
      'https://api.openai.com/v1/responses',
      `${url}/v1/responses`,
    );
    expect(output).toEqual(['It is ', "get_weather { city: 'Paris' }"]);
    expect(requests).toEqual([
      'POST /v1/responses',
      'GET /v1/responses/resp_1?stream=true&starting_after=3',
    ]);
  });

  it('a WebSocket continues after a drop', async () => {
    const messages: string[] = [];
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    stops.push(() => server.close());
    server.on('connection', (socket) => {
      socket.on('message', (text: Buffer) => {
        messages.push(text.toString());
        const { after } = JSON.parse(text.toString()) as { after?: string };
        const tick = (seq: number): void =>
          socket.send(JSON.stringify({ seq, price: seq * 10, last: seq === 4 }));
        if (after !== undefined) for (let n = Number(after) + 1; n <= 4; n++) tick(n);
        else {
          tick(1);
          tick(2);
          socket.close(1012);
        }
      });
    });
    await new Promise((resolve) => server.on('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const output = await run('A WebSocket', 'wss://example.com/prices', `ws://127.0.0.1:${port}`);
    expect(output).toEqual(['10', '20', '30', '40']);
    expect(messages).toEqual(['{"type":"subscribe"}', '{"type":"subscribe","after":"2"}']);
  });
});

describe('the tables of the README', () => {
  it('compare what docs/evidence.md has', () => {
    expect(readme).toContain((digest as (text: string) => string)(read('docs/evidence.md')));
  });
});

async function serve(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer({}, listener as never);
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs the snippet below a heading as it stands, with another address; returns the lines that it prints. */
async function run(heading: string, address: string, local: string): Promise<string[]> {
  const [, section = ''] = readme.split(`### ${heading}\n`);
  const [, snippet = ''] = /```ts\n([\s\S]*?)```/.exec(section) ?? [];
  if (!snippet.includes(address)) throw new Error(`no ${address} below ${heading}`);
  // Node 20 has no WebSocket of its own.
  const head = "globalThis.WebSocket ??= (await import('ws')).WebSocket;\n";
  const file = join(folder, 'snippet.mjs');
  await writeFile(file, head + snippet.replace(address, local));
  const env = { ...process.env, OPENAI_API_KEY: 'test' };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env, timeout: 300_000 });
  return stdout.trimEnd().split('\n');
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
