/** Reads the body of a command: small JSON of a known shape, or the reason why it is refused. */

import type { IncomingMessage } from 'node:http';
import type { AccessDenied } from '../../loopback/access.js';
import type { CommandRequest, ShownEvent } from '../collect/protocol.js';

const MAX_BODY_BYTES = 16 * 1024;

/** Reads the body; refuses one that is too large, or that takes too long. */
export async function readCommand(
  request: IncomingMessage,
): Promise<CommandRequest | AccessDenied> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { status: 415, reason: 'a command is application/json' };
  const text = await readText(request);
  return typeof text === 'string' ? parseCommand(text) : text;
}

async function readText(request: IncomingMessage): Promise<string | AccessDenied> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES)
      return { status: 413, reason: `a command has ${MAX_BODY_BYTES} bytes at most` };
    chunks.push(chunk as Buffer);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    return { status: 400, reason: 'the body is not UTF-8' };
  }
}

function parseCommand(text: string): CommandRequest | AccessDenied {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { status: 400, reason: 'the body is not JSON' };
  }
  if (!isObject(body)) return { status: 400, reason: 'the body is not an object' };
  const { sessionId, event } = body;
  if (typeof sessionId !== 'string') return { status: 400, reason: 'sessionId: expected a string' };
  if (!isObject(event) || typeof event['type'] !== 'string' || event['type'] === '')
    return { status: 400, reason: 'event: expected an object with a type' };
  return { sessionId, event: event as ShownEvent };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
