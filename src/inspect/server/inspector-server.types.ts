/** The result of `inspectorServer()`. */

// Projects whose `lib` is older than `Symbol.asyncDispose` use these types too.
/// <reference lib="esnext.disposable" preserve="true" />

import type { InspectionEvent } from 'xstate';

export interface InspectorServer {
  /** The address of the page, with the token behind the `#`: no server and no log ever receives that part. */
  readonly url: string;
  /** The inspector to pass to `reconnectStream` or XState's `createActor` as `inspect`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Number of open pages. */
  readonly viewers: number;
  /** Sends the pages the last messages and the end; settles when the port is free. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
