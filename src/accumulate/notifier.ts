/** How often listeners are notified: after each change, once in so many ms, or once a frame. */

import type { Clock } from '../host/clock.js';

/** For a screen of 60 Hz, where there are no frames. */
const FRAME_MS = 16;

interface Notifier {
  /** Something changed. */
  notify(): void;
  /** Nothing will change for now: what waits is published at once. */
  flush(): void;
}

/** The first change is published at once, later ones together. */
export function notifier(publish: () => void, every: number | 'frame', clock: Clock): Notifier {
  if (every === 0) return { notify: publish, flush: () => {} };
  let isResting = false;
  let isDue = false;
  const run = (): void => {
    isDue = false;
    isResting = true;
    afterRest(() => {
      isResting = false;
      if (isDue) run();
    });
    publish();
  };
  return {
    notify() {
      isDue = true;
      if (!isResting) run();
    },
    flush() {
      if (!isDue) return;
      isDue = false;
      publish();
    },
  };

  function afterRest(then: () => void): void {
    if (every === 'frame' && typeof requestAnimationFrame === 'function')
      requestAnimationFrame(then);
    else clock.setTimeout(then, every === 'frame' ? FRAME_MS : every);
  }
}
