/** What the reader of a client sees, written down by the code that uses the client. */

import { numbersIn } from './words.mjs';

export function createRecord() {
  let text = '';
  let ending = null;
  let isClosed = false;
  let tellOver;
  const over = new Promise((resolve) => (tellOver = resolve));
  const reported = [];
  const notes = [];
  const calls = [];
  const end = (how) => {
    if (ending !== null || isClosed) return;
    ending = how;
    tellOver();
  };
  return {
    /** Resolves when the reader takes the stream to be over. */
    over,
    add: (more) => void (text += more),
    /** What comes from now on is our own doing, and no end of the client's. */
    close: () => void (isClosed = true),
    /** The reader was asked to forget what it has, or shows another text now. */
    replace: (other) => void (text = other),
    /** A call that the client gives to run: its arguments as JSON text. */
    call: (args) => void calls.push(args),
    /** The client says of itself that something is amiss, and goes on. */
    report: (what) => void (reported.length < 9 && reported.push(what)),
    /** For the details; nothing is judged by it. */
    note: (what) => void (notes.length < 9 && notes.push(what)),
    /** The reader has all there is, as far as it knows. */
    complete: () => end({ how: 'complete' }),
    /** The client gives up, and says so. */
    fail: (error) => end({ how: 'error', error: nameOf(error) }),
    result: () => ({ numbers: numbersIn(text), ending, reported, notes, calls }),
  };
}

/** Short, and without addresses: they differ from run to run. */
export function nameOf(error) {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text
    .replaceAll(/(http|ws):\/\/127\.0\.0\.1:\d+/gu, '…')
    .replaceAll(/\s+/gu, ' ')
    .slice(0, 120);
}
