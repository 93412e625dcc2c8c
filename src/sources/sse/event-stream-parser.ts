/**
 * The parser of event streams, from the package `eventsource-parser`.
 *
 * This module is the only one that imports it. The build bundles the package into the module's JavaScript, so that
 * users of this package install nothing else: `eventsource-parser` 4 declares Node 22.12, though it runs on Node 20,
 * and some package managers refuse it there. Its types are therefore repeated here.
 */

import { createParser } from 'eventsource-parser';

/** Callbacks during parsing. `onId` comes before the event of the same block, and also for blocks without an event. */
export interface EventStreamCallbacks {
  onEvent(message: EventStreamMessage): void;
  onId(id: string): void;
  onRetry(ms: number): void;
  onComment?: ((comment: string) => void) | undefined;
}

interface EventStreamMessage {
  readonly event?: string | undefined;
  readonly data: string;
  readonly id?: string | undefined;
}

export interface EventStreamParser {
  /** Reads the next piece of text, of any length. */
  feed(text: string): void;
}

export const createEventStreamParser: (callbacks: EventStreamCallbacks) => EventStreamParser =
  createParser;
