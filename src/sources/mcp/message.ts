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

/** What the server says: its own requests and notifications, and the response that ends the stream. */
export type JsonRpcMessage =
  | JsonRpcRequest
  | JsonRpcNotification
  | { readonly jsonrpc: '2.0'; readonly id: string | number; readonly result: unknown }
  | {
      readonly jsonrpc: '2.0';
      readonly id: string | number;
      readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
    };

/** What a message means to the request with this id. */
export function roleOf(message: unknown, id: string | number): 'result' | 'error' | 'other' {
  if (typeof message !== 'object' || message === null) return 'other';
  const fields = message as Readonly<Record<string, unknown>>;
  if (fields['id'] !== id || fields['method'] !== undefined) return 'other';
  if (fields['error'] !== undefined && fields['error'] !== null) return 'error';
  return fields['result'] === undefined ? 'other' : 'result';
}
