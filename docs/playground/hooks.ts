/** Hooks that render the page again after changes. */

import { useEffect, useReducer } from 'preact/hooks';

import type { Playground } from './playground.js';

/** Time between two renders, in ms: streamed text need not be rendered in every frame. */
const LEAST_MS = 40;

/** Renders again soon after a change. */
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

/** Renders again at an interval, while it is enabled. */
export function useTicks(ms: number, isWanted: boolean): void {
  const [, draw] = useReducer<number, void>((n) => n + 1, 0);
  useEffect(() => {
    if (!isWanted) return;
    const timer = setInterval(() => draw(), ms);
    return () => clearInterval(timer);
  }, [ms, isWanted]);
}

/** Calls back when the colour scheme changes between light and dark. */
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
