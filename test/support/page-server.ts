/** A loopback server for a real browser: the built package as modules, an empty page, a numbered log as SSE. */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { range } from './numbered-log.js';
import { onLoopback } from '../../src/loopback/listen.js';
import { createWaiter } from '../../src/testing/wait-until.js';

export interface PageServer {
  /** `http://127.0.0.1:port`, without a slash at the end. `/` is the page, `/elsewhere` another one. */
  readonly url: string;
  /** What each request of the log sent as `Last-Event-ID`, oldest first; empty: none. */
  readonly asked: readonly string[];
  /** Connections of the log that are open. */
  readonly open: number;
  /** Adds n events to the log: `/events` sends them, each with its number as id and data. */
  append(n: number): void;
  /** Adds the end marker. */
  end(): void;
  /** Ends the open connections: by a clean end of the body, or by a reset. */
  cut(how: 'eof' | 'reset'): void;
  /** The open connections stay open, and nothing comes over them any more. */
  strand(): void;
  /** Answers requests of the log with 503 from now on, or no longer. */
  refuse(isRefusing: boolean): void;
  /** Resolves when the log was asked for n times over the life of the server. */
  requested(n: number): Promise<void>;
  /** Resolves after n more signs of life, five a second: time passes for a page that is asleep. */
  beats(n: number): Promise<void>;
  /** Resolves when no connection of the log is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** The event that ends the log. */
const END = 'end';

export async function startPageServer(): Promise<PageServer> {
  const asked: string[] = [];
  const followers = new Set<ServerResponse>();
  const open = new Set<ServerResponse>();
  const { until, changed } = createWaiter();
  let length = 0;
  let isEnded = false;
  let isRefusing = false;

  const say = (text: string): void => {
    for (const res of followers) res.write(text);
  };
  let beats = 0;
  const heartbeat = setInterval(() => {
    say(':\n\n');
    beats += 1;
    changed();
  }, HEARTBEAT_MS);

  const follow = (req: IncomingMessage, res: ServerResponse): void => {
    const id = String(req.headers['last-event-id'] ?? '');
    asked.push(id);
    if (isRefusing) {
      res.writeHead(503).end();
    } else {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      res.write(`:\n\n${events(Number(id) + 1, length)}${isEnded ? END_EVENT : ''}`);
      followers.add(res);
      open.add(res);
      res.on('close', () => {
        followers.delete(res);
        open.delete(res);
        changed();
      });
    }
    changed();
  };

  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (pathname === '/events') follow(req, res);
    else if (pathname === '/') html(res, PAGE);
    else if (pathname === '/elsewhere') html(res, ELSEWHERE);
    else void sendModule(pathname, res);
  });
  const { url, close } = await onLoopback(server);

  return {
    url,
    asked,
    get open() {
      return open.size;
    },
    append(n) {
      length += n;
      say(events(length - n + 1, length));
    },
    end() {
      isEnded = true;
      say(END_EVENT);
    },
    cut(how) {
      for (const res of open) {
        if (how === 'eof') res.end();
        else res.socket?.resetAndDestroy();
      }
    },
    strand: () => followers.clear(),
    refuse: (yes) => void (isRefusing = yes),
    requested: (n) => until(() => asked.length >= n),
    beats: (n) => {
      const enough = beats + n;
      return until(() => beats >= enough);
    },
    idle: () => until(() => open.size === 0),
    close: () => {
      clearInterval(heartbeat);
      return close();
    },
  };
}

/** Well below the stall timeouts of the tests. */
const HEARTBEAT_MS = 200;

const END_EVENT = `event: ${END}\ndata: \n\n`;

function events(from: number, to: number): string {
  return range(from, to)
    .map((n) => `id: ${n}\ndata: ${n}\n\n`)
    .join('');
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a bundler would resolve. The browser resolves nothing by itself. */
const IMPORTS = {
  'stream-reconnect': '/dist/src/index.js',
  'stream-reconnect/sources': '/dist/src/sources/index.js',
  xstate: '/node_modules/xstate/dist/xstate.esm.js',
};

/** The icon is named, so that the browser asks for none. */
const HEAD = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">';

const PAGE = `${HEAD}<title>a page</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">
  import * as core from 'stream-reconnect';
  import * as sources from 'stream-reconnect/sources';
  globalThis.streamReconnect = { ...core, ...sources };
</script>`;

const ELSEWHERE = `${HEAD}<title>elsewhere</title>`;

function html(res: ServerResponse, text: string): void {
  res.writeHead(200, { 'content-type': 'text/html' }).end(text);
}

/** Only what the import map names, and what that imports. */
async function sendModule(path: string, res: ServerResponse): Promise<void> {
  const isServed = /^\/(dist|node_modules\/xstate\/dist)\//.test(path);
  const code = isServed && extname(path) === '.js' && (await readOrNull(join(root, path)));
  if (typeof code === 'string') res.writeHead(200, { 'content-type': 'text/javascript' }).end(code);
  else res.writeHead(404).end();
}

function readOrNull(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}
