/** Waits for facts: no test sleeps. */

export interface Facts {
  /** Resolves when it is true, which is looked at now and after each change. */
  until(isTrue: () => boolean): Promise<void>;
  changed(): void;
}

export function createFacts(): Facts {
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
