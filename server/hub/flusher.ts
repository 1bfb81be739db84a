import type { Clock } from '../observability/clock';

/** Runs a flush soon after something changed, but not more often than once per interval. */
export interface Flusher {
  /** Something is to be sent. */
  touch(): void;
  stop(): void;
}

/**
 * Push on change: a touch at least `intervalMs` after the last run runs at the end of the present turn of the event loop,
 * so that everything of this turn goes out together; any other at the end of the interval (trailing edge).
 */
export function createFlusher(intervalMs: number, clock: Clock, run: () => void): Flusher {
  let last = -Infinity;
  let timer: NodeJS.Timeout | null = null;
  let immediate: NodeJS.Immediate | null = null;
  let stopped = false;

  function fire(): void {
    timer = immediate = null;
    last = clock.monotonic();
    run();
  }
  return {
    touch() {
      if (timer ?? immediate ?? stopped) return;
      const wait = last + intervalMs - clock.monotonic();
      if (wait <= 0) immediate = setImmediate(fire);
      else timer = setTimeout(fire, wait);
    },
    stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      if (immediate) clearImmediate(immediate);
      timer = immediate = null;
    },
  };
}
