/** The view for pipes and files: plain lines, each with its time. */

import { clean, cleanLine } from './clean.js';
import { seconds, size } from './view.js';
import type { ViewEvent, View } from './view.js';

export interface LogViewOptions {
  readonly write: (text: string) => void;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

// A sentence ends at a mark that white space follows, a line at its line feed.
const SENTENCE = /^[^\n]*?(?:[.!?:](?=\s)|\n)/u;
const PROGRESS_EVERY = 100;

/** Text comes by the sentence; what there is of one comes out before any other line. */
export function createLogView({ write, now }: LogViewOptions): View {
  const startedAt = now();
  let pending = '';
  let pendingLabel: 'text' | 'tool' = 'text';

  return { show, close: flush };

  function show(event: ViewEvent): void {
    switch (event.type) {
      case 'text':
      case 'tool':
        return append(event.type, event.text);
      case 'progress':
        if (event.chunks % PROGRESS_EVERY !== 0) return;
        return line('progress', `${event.chunks} of ${event.of} chunks, ${size(event.bytes)}`);
      case 'opening':
        return line(
          'demo',
          `one answer, ${event.events} events, ${event.faults} faults on the way`,
        );
      case 'state':
        // These two come with a note that says more.
        if (event.state === 'waiting' || event.state === 'connected') return;
        return line('state', event.state);
      case 'note':
        return line(event.label, event.text);
      case 'summary':
        flush();
        return write(`${cleanLine(event.line)}\n`);
    }
  }

  function append(label: 'text' | 'tool', text: string): void {
    if (label !== pendingLabel) flush();
    pendingLabel = label;
    pending += clean(text);
    for (let match = SENTENCE.exec(pending); match !== null; match = SENTENCE.exec(pending)) {
      print(label, match[0]);
      pending = pending.slice(match[0].length);
    }
  }

  function line(label: string, text: string): void {
    flush();
    print(label, text);
  }

  function flush(): void {
    print(pendingLabel, pending);
    pending = '';
  }

  function print(label: string, text: string): void {
    const words = cleanLine(text).trim();
    if (words === '') return;
    write(`${seconds(now() - startedAt).padStart(7)}  ${label.padEnd(9)}  ${words}\n`);
  }
}
