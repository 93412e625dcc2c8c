/** Reports of what becomes of tool calls: sent once the account is whole, since a listener may stop the stream. */

import type { ToolCallDelta } from '../../machines/source-contract.js';
import type { ReconnectError } from '../../machines/errors.js';
import type { ReconnectReport } from '../../machines/reconnect.types.js';
import { toReconnectError } from '../../machines/thrown.js';
import type { Ledger } from './progress.js';
import { NONE } from './empty.js';

type Finding = Omit<Extract<ReconnectReport, { type: 'stream.toolCall' }>, 'ledger'>;

/** A class: it exists once per connection. */
export class ToolCallReports {
  readonly #ledger: Ledger;
  #due: Finding[] = NONE;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Records a piece of a call. */
  add(delta: ToolCallDelta): void {
    const status = this.#ledger.calls.apply(delta);
    if (status === null) return;
    const name = this.#ledger.calls.nameOf(delta.id);
    if (this.#due.length === 0) this.#due = [];
    this.#due.push({ type: 'stream.toolCall', id: delta.id, name, status });
  }

  /** Records calls of a connection that is left, and returns why that is not possible. */
  keep(calls: readonly ToolCallDelta[]): ReconnectError | null {
    try {
      for (const call of calls) this.add(call);
      return null;
    } catch (error) {
      return toReconnectError(error);
    }
  }

  /** Something may be missing here: no call that is open goes on. */
  cutOpen(): void {
    for (const delta of this.#ledger.cutCalls()) this.add(delta);
  }

  /** Sends what is due. */
  send(to: (report: ReconnectReport) => void): void {
    if (this.#due.length === 0) return;
    const due = this.#due;
    this.#due = NONE;
    const ledger = this.#ledger.freeze();
    for (const finding of due) to({ ...finding, ledger });
  }
}
