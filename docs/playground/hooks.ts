/** How the page keeps up with what changes. */

import { useEffect, useReducer } from 'preact/hooks';

import type { Playground } from './playground.js';

/** Text that comes in pieces need not be drawn at every frame of the screen. */
const LEAST_MS = 40;

/** Draws again soon after anything changed. */
export function useChanges({ subscribe }: Playground): void {
  const [, draw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    let timer = 0;
    const stop = subscribe(() => {
      timer ||= window.setTimeout(() => {
        timer = 0;
        draw();
      }, LEAST_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [subscribe]);
}

/** Draws again every so many ms while it is wanted. */
export function useTicks(ms: number, isWanted: boolean): void {
  const [, draw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    if (!isWanted) return;
    const timer = setInterval(() => draw(), ms);
    return () => clearInterval(timer);
  }, [ms, isWanted]);
}

/** Calls back when the page turns from light to dark, or back. */
export function useScheme(): string {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const [, draw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    const onChange = (): void => draw();
    dark.addEventListener('change', onChange);
    return () => dark.removeEventListener('change', onChange);
  }, []);
  return dark.matches ? 'dark' : 'light';
}
