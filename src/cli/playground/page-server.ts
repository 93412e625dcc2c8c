/** Serves the page of the playground and takes its commands. */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { closeServer, listen } from '../../loopback/listen.js';
import { startAnswerServer } from './answer-server.js';
import { createCommands } from './commands.js';
import type { Commands } from './commands.js';
import { checkSender, guarded, Refusal } from './guard.js';
import { readPageFiles } from './page-files.js';
import type { Run } from './run.js';

export interface PlaygroundOptions {
  /** The folder of the built page. */
  readonly folder: string;
  /** @default 0: the system chooses */
  readonly port?: number | undefined;
}

export interface Playground {
  readonly url: string;
  /** The address of the server that streams the responses. */
  readonly answerUrl: string;
  /** Needed for every command; it is in the page. */
  readonly token: string;
  /** Closes both servers and every connection; settles when the ports are free. */
  close(): Promise<void>;
}

/** No command of the page is larger. */
const MAX_BODY_BYTES = 4096;

/** The text in the built page that is replaced by its settings. */
const PLACEHOLDER = '__PLAYGROUND__';

/** Listens on 127.0.0.1. @throws Error where the page has not been built, or the port is taken */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const files = readPageFiles(options.folder);
  const token = randomBytes(24).toString('base64url');
  const runs = new Map<string, Run>();
  const server = createServer((request, response) => void serve(request, response));
  const port = await listen(server, options.port);
  const answers = await startAnswerServer({ runs, pagePort: port });
  const answerUrl = `http://127.0.0.1:${answers.port}`;
  const commands = createCommands(runs, answers);
  const headers = headersFor(answerUrl);

  return {
    url: `http://127.0.0.1:${port}/`,
    answerUrl,
    token,
    async close() {
      for (const run of runs.values()) run.close();
      runs.clear();
      await answers.kill();
      await closeServer(server);
    },
  };

  function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return guarded(
      response,
      async () => {
        checkSender(request, port, port);
        const path = request.url ?? '';
        if (path.startsWith('/api/')) await command(path.slice('/api/'.length), request, response);
        else sendFile(path, request, response);
      },
      headers,
    );
  }

  async function command(
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (request.method !== 'POST') throw new Refusal(405, 'a command is sent by POST');
    if (!isEqual(request.headers['x-playground-token'], token))
      throw new Refusal(403, 'a command needs the token that is in the page');
    const result = await answerTo(commands, name, request);
    response.writeHead(200, { ...headers, 'Content-Type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(result));
  }

  function sendFile(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new Refusal(405, 'a file is read by GET');
    // A question mark is allowed: browsers and people add one.
    const name = path.split('?', 1)[0] ?? '';
    const isPage = name === '/' || name === '/index.html';
    const file = files.get(isPage ? '/index.html' : name);
    if (file === undefined) throw new Refusal(404, 'there is no such file');
    const bytes = isPage ? filledIn(file.bytes, { token, answerUrl }) : file.bytes;
    response.writeHead(200, { ...headers, 'Content-Type': file.type });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }
}

async function answerTo(
  commands: Commands,
  name: string,
  request: IncomingMessage,
): Promise<object> {
  if (request.headers['content-type'] !== 'application/json')
    throw new Refusal(415, 'a command is application/json');
  return commands.run(name, parsed(await bodyOf(request)));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refusal(413, `at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'the body must be JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Refusal(400, 'the body must be a JSON object');
  return body as Record<string, unknown>;
}

/** Escapes a value for an attribute: quotes, and the character that begins an entity. */
function filledIn(page: Buffer, facts: object): string {
  const text = JSON.stringify(facts).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return page.toString('utf8').replace(PLACEHOLDER, () => text.replaceAll('<', '&lt;'));
}

/** Compares in constant time. */
function isEqual(given: string | string[] | undefined, token: string): boolean {
  const [a, b] = [Buffer.from(String(given)), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function headersFor(answerUrl: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${answerUrl}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  };
}
