/** Messages of JSON-RPC 2.0 as MCP uses them: https://www.jsonrpc.org/specification */

export interface JsonRpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: string | number;
  readonly method: string;
  readonly params?: unknown;
}

export interface JsonRpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: unknown;
}

/** A message of the server: its own requests and notifications, and the response that ends the stream. */
export type JsonRpcMessage =
  | JsonRpcRequest
  | JsonRpcNotification
  | { readonly jsonrpc: '2.0'; readonly id: string | number; readonly result: unknown }
  | {
      readonly jsonrpc: '2.0';
      /** Null if the server could not read the request. */
      readonly id: string | number | null;
      readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
    };

/** Returns what a message means for the request with this id. An error without an id belongs to it: there is no other. */
export function roleOf(message: unknown, id: string | number): 'result' | 'error' | 'other' {
  if (typeof message !== 'object' || message === null) return 'other';
  const { id: answered, method, error, result } = message as Readonly<Record<string, unknown>>;
  if (method !== undefined) return 'other';
  const isError = error !== undefined && error !== null;
  if (isError && (answered === id || answered === null || answered === undefined)) return 'error';
  return answered === id && result !== undefined ? 'result' : 'other';
}

/** Returns whether the value is empty, as an event store replays an event that only had an id. */
export function isBlank(message: unknown): boolean {
  return typeof message === 'object' && message !== null && Object.keys(message).length === 0;
}
