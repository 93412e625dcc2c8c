/** Stops and goes on reading from a socket whose class can do so: what waits in it takes no memory of ours, and no time. */

import type { SourceClock } from '../../../machines/source-contract.js';
import { inTurn, isTurnOver } from '../../host/turn.js';
import type { Inbox } from './inbox.js';
import type { Socket } from './socket/socket.js';

export class Flow {
  readonly #socket: Socket;
  readonly #clock: SourceClock;
  readonly #inbox: Pick<Inbox<unknown>, 'isFull' | 'isLow'>;
  /** What waits in the socket is read in another turn of the event loop. */
  #waitsForTurn = false;

  constructor(socket: Socket, clock: SourceClock, inbox: Pick<Inbox<unknown>, 'isFull' | 'isLow'>) {
    this.#socket = socket;
    this.#clock = clock;
    this.#inbox = inbox;
  }

  /** Stops where there is no room, or no time in this turn, for another message. */
  check(): void {
    const { isFull } = this.#inbox;
    if (this.#socket.pause === undefined || this.#waitsForTurn) return;
    this.#waitsForTurn = !isFull && isTurnOver(this.#clock);
    if (isFull || this.#waitsForTurn) this.#socket.pause();
    if (this.#waitsForTurn)
      inTurn(this.#clock, () => {
        this.#waitsForTurn = false;
        this.goOn();
      });
  }

  goOn(): void {
    if (!this.#waitsForTurn && this.#inbox.isLow) this.#socket.resume?.();
  }
}
