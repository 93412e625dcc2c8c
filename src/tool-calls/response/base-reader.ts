/** The base class of all readers: the calls of the stream, and how the response ended. */

import type { EndOutcome } from '../../../machines/source-contract.js';
import type { RecordedCalls, ResponseReader, ResponseStep } from './answer.js';
import { ResponseEnd } from './answer-end.js';

export abstract class BaseReader implements ResponseReader {
  protected readonly ending: ResponseEnd = new ResponseEnd();
  protected abstract readonly calls: {
    readonly hasOpenCall: boolean;
    begin(calls: RecordedCalls): void;
  };

  get end(): EndOutcome | null {
    return this.ending.outcome;
  }
  get isOver(): boolean {
    return this.ending.isOver;
  }
  get finishWord(): string | null {
    return this.ending.word;
  }

  begin(calls: RecordedCalls): void {
    this.calls.begin(calls);
  }

  abstract read(event: unknown, name?: string): readonly ResponseStep[];

  /** Notes the last marker. A call that is still open makes the response incomplete. */
  finish(): void {
    if (this.calls.hasOpenCall) this.ending.spoil();
    this.ending.finish();
  }
}
