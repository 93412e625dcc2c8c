/** Writes one response of the flaky server to its socket, byte by byte: complete, or broken where its fault says. */

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { configError } from '../../machines/config.js';
import type {
  FlakyResponse,
  FlakyFault,
  FlakyFaultKind,
  FlakyPieces,
} from './flaky-response.types.js';
import { reset, write } from '../loopback/socket-write.js';

/** How much longer a broken chunk is announced than it is. */
const MISSING_BYTES = 10;

/** Writes the response; resolves when everything was written. Each response ends its connection, or hangs. */
export async function sendAnswer(
  socket: Socket,
  answer: FlakyResponse,
  method = 'GET',
): Promise<void> {
  const { status = 200, framing = 'chunked', fault } = answer;
  if (fault?.at === 'head') {
    end(socket, fault.kind);
    return;
  }
  const isBare = answer.body === undefined || status === 204 || status === 304 || method === 'HEAD';
  const isChunked = framing === 'chunked' && !isBare;
  await write(socket, headOf(answer, isChunked));
  const line = new BodyLine(socket, isChunked, fault);
  if (!isBare) for await (const piece of piecesOf(answer)) if (!(await line.send(piece))) return;
  if (line.isCutHere()) await line.cut(Buffer.alloc(0));
  else socket.end(isChunked ? '0\r\n\r\n' : '');
}

/** Counts the bytes of a body up to the fault. */
class BodyLine {
  #sent = 0;
  readonly #socket: Socket;
  readonly #isChunked: boolean;
  readonly #kind: FlakyFaultKind | undefined;
  readonly #at: number;

  constructor(socket: Socket, isChunked: boolean, fault: FlakyFault | undefined) {
    this.#socket = socket;
    this.#isChunked = isChunked;
    this.#kind = fault?.kind;
    this.#at = typeof fault?.at === 'number' ? fault.at : Infinity;
  }

  /** The fault is exactly at the end of the body. */
  isCutHere(): boolean {
    return this.#sent === this.#at;
  }

  /** Returns whether more may follow. */
  async send(piece: string | Uint8Array): Promise<boolean> {
    const bytes = Buffer.from(piece);
    if (bytes.length === 0) return !this.#socket.destroyed;
    if (this.#sent + bytes.length > this.#at) {
      await this.cut(bytes.subarray(0, this.#at - this.#sent));
      return false;
    }
    this.#sent += bytes.length;
    await write(this.#socket, this.#chunk(bytes, 0));
    return !this.#socket.destroyed;
  }

  async cut(rest: Buffer): Promise<void> {
    const kind = this.#kind ?? 'eof';
    if (kind === 'eof') {
      if (rest.length > 0) await write(this.#socket, this.#chunk(rest, 0));
      this.#socket.end(this.#isChunked ? '0\r\n\r\n' : '');
      return;
    }
    // Flushed before the reset, or the client would receive less.
    await write(this.#socket, this.#chunk(rest, MISSING_BYTES), 'flushed');
    end(this.#socket, kind);
  }

  #chunk(bytes: Buffer, missing: number): Buffer {
    if (!this.#isChunked) return bytes;
    const size = `${(bytes.length + missing).toString(16)}\r\n`;
    return Buffer.concat([Buffer.from(size), bytes, Buffer.from(missing === 0 ? '\r\n' : '')]);
  }
}

function end(socket: Socket, kind: FlakyFaultKind): void {
  if (kind === 'rst') reset(socket);
  else if (kind !== 'stall') socket.end();
}

function headOf(answer: FlakyResponse, isChunked: boolean): string {
  const { status = 200, headers = {}, body, encoding, fault } = answer;
  const breaks = fault !== undefined && fault.kind !== 'eof';
  const fields: Record<string, string | undefined> = {
    ...(body !== undefined && { 'content-type': 'text/event-stream' }),
    ...(encoding !== undefined && { 'content-encoding': encoding }),
    'content-length': lengthOf(answer),
    'transfer-encoding': isChunked ? 'chunked' : undefined,
    // With it, undici takes a FIN inside a chunk for a clean end.
    connection: isChunked && breaks ? undefined : 'close',
  };
  // The caller's own framing headers are sent as well, even if they are wrong.
  for (const [name, value] of Object.entries(headers)) fields[name.toLowerCase()] = value;
  const lines = Object.entries(fields).map(([name, value]) =>
    value === undefined ? '' : `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
}

function lengthOf({ status, body, framing, encoding }: FlakyResponse): string | undefined {
  if (body === undefined) return status === 204 || status === 304 ? undefined : '0';
  if (framing !== 'length') return undefined;
  return String(wholeOf(body, encoding).length);
}

function piecesOf({ body = [], encoding, framing }: FlakyResponse): FlakyPieces {
  const isIterated = typeof body !== 'string' && !(body instanceof Uint8Array);
  if (isIterated && encoding === undefined && framing !== 'length') return body;
  return [wholeOf(body, encoding)];
}

function wholeOf(body: FlakyResponse['body'], encoding: 'gzip' | undefined): Buffer {
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    throw configError('body', 'a string or bytes where encoding or framing needs all of it', body);
  return encoding === 'gzip' ? gzipSync(body) : Buffer.from(body);
}
