/** The open event streams of pages: all receive the same messages; one that does not keep up is cut, and reconnects. */

import type { ServerResponse } from 'node:http';
import { encodeEvent } from '../../loopback/encode-event.js';
import type { Hello, InspectMessage } from '../collect/protocol.js';
import { SAFE_HEADERS } from './static-files.js';

export interface Viewers {
  readonly count: number;
  add(response: ServerResponse, hello: Hello): void;
  send(messages: readonly InspectMessage[]): void;
  /** Ends all streams. */
  close(): void;
}

/** Unread bytes beyond which a page is taken for asleep: a new greeting costs less than its backlog. */
const MAX_UNREAD = 8 * 1024 * 1024;
/** Well below the silence after which a page reconnects. */
const HEARTBEAT_MS = 10_000;

export function createViewers(): Viewers {
  /** The response, with its limit of unread bytes, which a long greeting raises. */
  const open = new Map<ServerResponse, number>();
  const say = (text: string): void => {
    for (const [response, allowed] of open) {
      response.write(text);
      if (response.writableLength > allowed) response.destroy();
    }
  };
  const heartbeat = setInterval(() => say(':\n\n'), HEARTBEAT_MS);
  heartbeat.unref();
  return {
    get count() {
      return open.size;
    },
    add(response, hello) {
      response.writeHead(200, { ...SAFE_HEADERS, 'Content-Type': 'text/event-stream' });
      const greeting = frame('hello', hello);
      response.write(greeting);
      open.set(response, Buffer.byteLength(greeting) + MAX_UNREAD);
      response.once('close', () => open.delete(response));
      // A page that is gone must not fail the inspected process.
      response.on('error', () => open.delete(response));
    },
    send(messages) {
      if (open.size > 0 && messages.length > 0) say(frame('messages', messages));
    },
    close() {
      clearInterval(heartbeat);
      for (const response of open.keys()) response.end(frame('closed', {}));
    },
  };
}

function frame(event: string, data: unknown): string {
  return encodeEvent({ event, data: JSON.stringify(data) });
}
