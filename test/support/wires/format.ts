/** What the fuzzer has to know of a format: how an answer is written in it, and how a request goes on. */

import type { StreamSource } from '../../../src/index.js';
import type { ModelPart } from '../../../src/tool-calls/index.js';
import type { Choices } from './choices.js';
import type { Script } from './script.js';
import type { Truth } from './truth.js';

export interface WireFormat {
  readonly name: string;
  /** `log`: the peer keeps what it said, and goes on in it. `replay`: it says all again. `none`: neither. */
  readonly resume: 'log' | 'replay' | 'none';
  readonly kind: 'events' | 'lines';
  /** Content types with which the format is known to be sent, the right one first. */
  readonly contentTypes: readonly string[];
  source(options: SourceSetup): StreamSource<ModelPart>;
  write(truth: Truth, choices: Choices): Script;
  /** After which event a request asks to go on; undefined: it asks for a new answer. */
  cursorOf(request: WireRequest): string | undefined;
}

export interface SourceSetup {
  readonly fetch: typeof globalThis.fetch;
  /** Given to formats that can continue a text. */
  readonly continueWith?: ((context: { readonly text: string }) => object) | undefined;
  readonly idempotencyKey?: boolean | undefined;
}

export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
