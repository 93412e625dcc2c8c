/** Pauses and resumes a socket whose class can do so: data that waits in the socket takes no memory of the stream. */

import type { SourceClock } from '../../../machines/source-contract.js';
import { inTurn, isTurnOver } from '../../host/turn.js';
import type { Inbox } from './inbox.js';
import type { Socket } from './socket/socket.js';

export class Flow {
  readonly #socket: Socket;
  readonly #clock: SourceClock;
  readonly #inbox: Pick<Inbox<unknown>, 'isFull' | 'isLow'>;
  /** What waits in the socket is to be read in a later turn of the event loop. */
  #waitsForTurn = false;

  constructor(socket: Socket, clock: SourceClock, inbox: Pick<Inbox<unknown>, 'isFull' | 'isLow'>) {
    this.#socket = socket;
    this.#clock = clock;
    this.#inbox = inbox;
  }

  /** Pauses if there is no room, or no time in this turn, for another message. */
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
