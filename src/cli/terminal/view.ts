/** What the demo has to show, and the words for it; how it looks is up to a view. */

export type ViewEvent =
  | { readonly type: 'opening'; readonly events: number; readonly faults: number }
  | { readonly type: 'state'; readonly state: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool'; readonly text: string }
  | Progress
  | Note
  | { readonly type: 'summary'; readonly good: boolean; readonly line: string };

export interface Progress {
  readonly type: 'progress';
  readonly chunks: number;
  readonly of: number;
  readonly bytes: number;
}

/** One line about what happened. */
export interface Note {
  readonly type: 'note';
  readonly label: Label;
  readonly text: string;
  /** For a countdown: how long this lasts, in ms. */
  readonly lastsMs?: number | undefined;
}

export type Label =
  | 'fault'
  | 'dropped'
  | 'refused'
  | 'waiting'
  | 'connected'
  | 'resumed'
  | 'tool'
  | 'notice';

export interface View {
  show(event: ViewEvent): void;
  /** Leaves the terminal as it was found. Harmless when called twice. */
  close(): void;
}

/** `0.4 s`, `12.3 s`. */
export function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

/** `312 ms`, and seconds from there on. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : seconds(ms);
}

/** `812 B`, `9.8 kB`. */
export function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}
