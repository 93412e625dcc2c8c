/** Decides which actors are shown: a limited number at once; a new actor replaces a stopped one. */

import type { AnyActorRef } from 'xstate';
import type { Entry } from './log-entries.js';

/** Allowed children per root actor, on average; a stream has one at a time. */
const CHILDREN_EACH = 8;

export class ActorRegistry {
  /** Number of running root actors that are not shown. */
  hiddenCount = 0;
  readonly #maxRoots: number;
  readonly #entries = new Map<string, Entry>();
  readonly #hidden = new WeakSet<object>();
  #roots = 0;

  /** @param maxRoots number of root actors that are shown, with their children */
  constructor(maxRoots: number) {
    this.#maxRoots = maxRoots;
  }

  get all(): Entry[] {
    return [...this.#entries.values()];
  }

  get(sessionId: string): Entry | undefined {
    return this.#entries.get(sessionId);
  }

  /** Returns whether there is room for the actor; if there is none, counts it as hidden. */
  hasPlace(ref: AnyActorRef, forget: (oldest: Entry) => void): boolean {
    const isChild = ref._parent !== undefined;
    if (isChild ? this.#hasPlaceForChild(ref) : this.#hasPlaceForRoot(forget)) return true;
    this.#hidden.add(ref);
    if (!isChild) this.hiddenCount += 1;
    return false;
  }

  add(entry: Entry): void {
    this.#entries.set(entry.message.sessionId, entry);
    if (entry.message.parentId === null) this.#roots += 1;
  }

  /** Returns true if the actor was shown. */
  remove({ message: { sessionId, parentId } }: Entry): boolean {
    if (!this.#entries.delete(sessionId)) return false;
    if (parentId === null) this.#roots -= 1;
    return true;
  }

  childrenOf({ message: { sessionId } }: Entry): Entry[] {
    const children: Entry[] = [];
    for (const entry of this.#entries.values())
      if (entry.message.parentId === sessionId) children.push(entry);
    return children;
  }

  /** Removes a hidden actor that has stopped. Returns true if it was counted. */
  takeBack(ref: object): boolean {
    if (!this.#hidden.delete(ref) || (ref as AnyActorRef)._parent !== undefined) return false;
    this.hiddenCount -= 1;
    return true;
  }

  #hasPlaceForRoot(forget: (oldest: Entry) => void): boolean {
    if (this.#roots < this.#maxRoots) return true;
    for (const entry of this.#entries.values())
      if (entry.isOver && entry.message.parentId === null) {
        forget(entry);
        return true;
      }
    return false;
  }

  #hasPlaceForChild({ _parent: parent }: AnyActorRef): boolean {
    if (parent !== undefined && this.#hidden.has(parent)) return false;
    return this.#entries.size - this.#roots < this.#maxRoots * CHILDREN_EACH;
  }
}
