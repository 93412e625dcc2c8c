/** A viewer without a page: reads the inspector's event stream and posts commands. */

import { request } from 'node:http';
import { createParser } from 'eventsource-parser';
import type { Hello, InspectMessage, ShownEvent } from '../../src/inspect/collect/protocol.js';
import { createWaiter } from '../../src/testing/wait-until.js';

export interface InspectClient {
  /** The greeting, and what came after it. */
  readonly hello: Hello;
  readonly messages: readonly InspectMessage[];
  /** Definitions by their id. */
  readonly definitions: ReadonlyMap<string, string>;
  /** Everything that came, as text. */
  readonly text: string;
  readonly isEnded: boolean;
  until(isTrue: () => boolean): Promise<void>;
  post(sessionId: string, event: ShownEvent): Promise<Answer>;
  close(): void;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export function tokenOf(url: string): string {
  return new URL(url).hash.replace('#token=', '');
}

/** Resolves when the greeting is there. */
export async function openClient(url: string): Promise<InspectClient> {
  const { origin } = new URL(url);
  const headers = { authorization: `Bearer ${tokenOf(url)}` };
  const { until, changed } = createWaiter();
  const gone = new AbortController();
  const messages: InspectMessage[] = [];
  const definitions = new Map<string, string>();
  let hello: Hello | null = null;
  let isEnded = false;
  let text = '';
  const parser = createParser({
    onEvent: ({ event, data }) => {
      text += data;
      const parsed: unknown = JSON.parse(data);
      if (event === 'hello') hello = parsed as Hello;
      else if (event === 'messages') messages.push(...(parsed as InspectMessage[]));
      else isEnded = true;
      for (const one of [...(hello?.definitions ?? []), ...messages])
        if (one.type === 'definition') definitions.set(one.id, one.definition);
      changed();
    },
  });
  const response = await fetch(`${origin}/events`, { headers, signal: gone.signal });
  if (response.status !== 200) throw new Error(`events: ${response.status}`);
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) parser.feed(decoder.decode(chunk, { stream: true }));
  };
  void read().catch(() => undefined);
  await until(() => hello !== null);
  return {
    hello: hello!,
    messages,
    definitions,
    get text() {
      return text;
    },
    get isEnded() {
      return isEnded;
    },
    until,
    post: (sessionId, event) =>
      ask(`${origin}/command`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ sessionId, event }),
      }),
    close: () => gone.abort(),
  };
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** As it goes out: `fetch` would tidy it. */
  readonly path?: string;
}

/** A request with the headers that a browser, or an attacker, would send. */
export function ask(url: string, { method = 'GET', headers, body, path }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, headers: { ...headers }, agent: false, ...(path === undefined ? {} : { path }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', () => {});
        response.on('close', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        );
        if (String(response.headers['content-type']).startsWith('text/event-stream'))
          response.destroy();
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
