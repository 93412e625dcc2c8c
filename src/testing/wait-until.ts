/** Waits for conditions, so that no test sleeps. */

export interface Waiter {
  /** Resolves when the condition holds, which is checked now and after each change. */
  until(isTrue: () => boolean): Promise<void>;
  changed(): void;
}

export function createWaiter(): Waiter {
  const waiting = new Set<() => void>();
  return {
    until: (isTrue) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isTrue()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    changed: () => {
      for (const look of waiting) look();
    },
  };
}
