/** Reports of what becomes of tool calls: sent once the progress is complete, since a listener may stop the stream. */

import type { ToolCallDelta } from '../../machines/source-contract.js';
import type { ReconnectError } from '../../machines/errors.js';
import type { ReconnectReport } from '../../machines/reconnect.types.js';
import { toReconnectError } from '../../machines/thrown.js';
import type { Progress } from './progress.js';
import { EMPTY } from './empty.js';

type Finding = Omit<Extract<ReconnectReport, { type: 'stream.toolCall' }>, 'progress'>;

/** A class: it exists once per connection. */
export class ToolCallReports {
  readonly #progress: Progress;
  readonly #reader: { send(report: ReconnectReport): void };
  #due: Finding[] = EMPTY;

  constructor(progress: Progress, reader: { send(report: ReconnectReport): void }) {
    this.#progress = progress;
    this.#reader = reader;
  }

  /** Records a piece of a call. */
  add(delta: ToolCallDelta): void {
    const status = this.#progress.calls.apply(delta);
    if (status === null) return;
    const name = this.#progress.calls.nameOf(delta.id);
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
    for (const delta of this.#progress.cutCalls()) this.add(delta);
  }

  /** Sends what is due. */
  send(): void {
    if (this.#due.length === 0) return;
    const due = this.#due;
    this.#due = EMPTY;
    const progress = this.#progress.freeze();
    for (const finding of due) this.#reader.send({ ...finding, progress });
  }
}
