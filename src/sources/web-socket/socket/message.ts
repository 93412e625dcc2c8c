/** What a WebSocket carries: text and bytes, in the shapes that runtimes have for them. */

/** What is received: text, or bytes. */
export type WebSocketMessage = string | Uint8Array;

/** What can be sent. Bytes are taken as they are at the call. */
export type WebSocketData = string | ArrayBuffer | ArrayBufferView | Blob;

/** A message as it waits: nobody else can change it. */
export type OwnData = string | Uint8Array<ArrayBuffer> | Blob;

/** A copy of what is to be sent; undefined for what is no message. */
export function toOwnData(value: unknown): OwnData | undefined {
  if (typeof value === 'string') return value;
  const bytes = viewOf(value);
  if (bytes !== undefined) return new Uint8Array(bytes);
  return isBlob(value) ? value : undefined;
}

/** What was received; a promise for a Blob, undefined for what is no message. */
export function toMessage(
  data: unknown,
): WebSocketMessage | PromiseLike<WebSocketMessage> | undefined {
  if (typeof data === 'string') return data;
  const bytes = viewOf(data);
  if (bytes !== undefined) return bytes;
  if (!isBlob(data)) return undefined;
  return data.arrayBuffer().then((buffer) => new Uint8Array(buffer));
}

/** In bytes, or UTF-16 units of text: never more than its bytes, and free to count. */
export function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return isBlob(data) ? data.size : (viewOf(data)?.byteLength ?? 0);
}

/** Not `instanceof`: a frame, a worker and a test environment have classes of their own. */
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
