/** The page's own connection, kept alive by this package. */

import { reconnectStream } from '../../../index.js';
import { sse } from '../../../sources/sse.js';
import type { Hello, InspectMessage, ShownEvent } from '../../collect/protocol.js';

export type Line = 'opening' | 'live' | 'lost' | 'ended' | 'refused';

export interface FeedListeners {
  hello(hello: Hello): void;
  messages(messages: readonly InspectMessage[]): void;
  line(line: Line): void;
  /** The server's reason for refusing this page; null: the page is accepted. */
  refusal(reason: string | null): void;
}

export interface Feed {
  /** Resolves to the error message, or to null. */
  send(sessionId: string, event: ShownEvent): Promise<string | null>;
}

const MAX_REASON = 200;
const MAX_BYTES = 256 * 1024 * 1024;

export function openFeed(token: string, listeners: FeedListeners): Feed {
  const headers = { Authorization: `Bearer ${token}` };
  const source = sse({
    url: new URL('/events', location.href).href,
    headers,
    // Each connection begins with a greeting that contains everything.
    resume: 'none',
    fetch: asked,
    isEnd: ({ type }) => type === 'closed',
    maxLineBytes: MAX_BYTES,
    maxEventBytes: MAX_BYTES,
  });
  const stream = reconnectStream(source, {
    maxAttempts: 10_000,
    initialBackoffMs: 500,
    maxBackoffMs: 3_000,
    stallTimeoutMs: 25_000,
    allowRestart: true,
  });
  stream.on('dropped', () => listeners.line('lost'));
  void follow();
  return { send };

  async function asked(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const answer = await fetch(input, init);
    const reason = answer.ok ? null : (await answer.clone().text()).trim().slice(0, MAX_REASON);
    listeners.refusal(reason);
    return answer;
  }

  async function follow(): Promise<void> {
    try {
      for await (const { type, data } of stream) {
        if (type === 'hello') {
          listeners.hello(JSON.parse(data) as Hello);
          listeners.line('live');
        } else if (type === 'messages') listeners.messages(JSON.parse(data) as InspectMessage[]);
      }
      listeners.line('ended');
    } catch {
      listeners.line('refused');
    }
  }

  async function send(sessionId: string, event: ShownEvent): Promise<string | null> {
    try {
      const answer = await fetch('/command', {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify({ sessionId, event }),
      });
      return answer.ok ? null : (await answer.text()).trim();
    } catch {
      return 'the inspected process does not answer';
    }
  }
}

/** Reads the token behind the `#`, keeps it for a reload, and removes it from the address. */
export function takeToken(): string | null {
  const [, given] = TOKEN.exec(location.hash) ?? [];
  if (given === undefined) return sessionStorage.getItem(STORED);
  sessionStorage.setItem(STORED, given);
  history.replaceState(null, '', location.pathname);
  return given;
}

export function hasToken(): boolean {
  return TOKEN.test(location.hash);
}

const TOKEN = /^#token=([\w-]+)$/u;
const STORED = 'stream-reconnect inspector';
