/** What `inspectorServer()` gives. */

// Projects whose `lib` is older than `Symbol.asyncDispose` use these types too.
/// <reference lib="esnext.disposable" preserve="true" />

import type { InspectionEvent } from 'xstate';

export interface InspectorServer {
  /** The page, with the token that opens it behind the `#`: no server and no log of one ever sees that part. */
  readonly url: string;
  /** To be given to `reconnectStream` or XState's `createActor` as their `inspect`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Pages that look on. */
  readonly viewers: number;
  /** Sends viewers the last news and the end; settles when the port is free. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
