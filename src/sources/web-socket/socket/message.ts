/** The messages of a WebSocket: text and bytes, in the types that runtimes use. */

/** A received message: text, or bytes. */
export type WebSocketMessage = string | Uint8Array;

/** A message that can be sent. Bytes are copied at the call. */
export type WebSocketData = string | ArrayBuffer | ArrayBufferView | Blob;

/** A waiting message: a copy, which the caller cannot change. */
export type OwnData = string | Uint8Array<ArrayBuffer> | Blob;

/** Returns a copy of a message to be sent; undefined for a value that is no message. */
export function toOwnData(value: unknown): OwnData | undefined {
  if (typeof value === 'string') return value;
  const bytes = viewOf(value);
  if (bytes !== undefined) return new Uint8Array(bytes);
  return isBlob(value) ? value : undefined;
}

/** Returns a received message; a promise for a Blob, undefined for a value that is no message. */
export function toMessage(
  data: unknown,
): WebSocketMessage | PromiseLike<WebSocketMessage> | undefined {
  if (typeof data === 'string') return data;
  const bytes = viewOf(data);
  if (bytes !== undefined) return bytes;
  if (!isBlob(data)) return undefined;
  return data.arrayBuffer().then((buffer) => new Uint8Array(buffer));
}

/** Returns the size in bytes, or in UTF-16 code units of text: never more than its bytes, and free to count. */
export function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return isBlob(data) ? data.size : (viewOf(data)?.byteLength ?? 0);
}

/** Does not use `instanceof`: a frame, a worker and a test environment have their own classes. */
function viewOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const tag = tagOf(value);
  const isBuffer = tag === 'ArrayBuffer' || tag === 'SharedArrayBuffer';
  return isBuffer ? new Uint8Array(value as ArrayBuffer) : undefined;
}

function isBlob(value: unknown): value is Blob {
  const tag = tagOf(value);
  return (tag === 'Blob' || tag === 'File') && 'arrayBuffer' in (value as object);
}

function tagOf(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? Object.prototype.toString.call(value).slice(8, -1)
    : '';
}
