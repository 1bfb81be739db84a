/** What the frame needs of the page; injected, so that tests need no screen. */
export interface FrameHost {
  requestFrame(fn: () => void): void;
  setTimer(fn: () => void, ms: number): void;
  now(): number;
  hidden(): boolean;
}

export interface FrameOptions {
  readonly host?: FrameHost;
  /** Shortest time between two commits of a visible page, ms. */
  readonly minIntervalMs?: number;
  /** Time between two commits of a hidden page, ms. */
  readonly hiddenIntervalMs?: number;
}

export const pageHost: FrameHost = {
  requestFrame: (fn) => void requestAnimationFrame(fn),
  setTimer: (fn, ms) => void setTimeout(fn, ms),
  now: () => performance.now(),
  hidden: () => document.visibilityState === 'hidden',
};

/**
 * Merges changes per frame: stores write their plain arrays as messages come (last value wins, ages stay those of each message), and
 * this commits what became dirty once per animation frame. A hidden page commits once a second, by timer, as it gets no frames.
 */
export function createFrame(commit: () => void, { host = pageHost, minIntervalMs = 1_000 / 20, hiddenIntervalMs = 1_000 }: FrameOptions = {}) {
  let dirty = false;
  let planned = 0;
  let committedAt = -Infinity;

  function run(plan: number): void {
    if (plan !== planned || !dirty) return;
    const early = minIntervalMs - (host.now() - committedAt);
    // Half a frame of slack: a cap of 20 Hz on a 60 Hz screen is every third frame, not every fourth.
    if (!host.hidden() && early > 8) return host.requestFrame(() => run(plan));
    flush();
  }
  function flush(): void {
    planned++;
    dirty = false;
    committedAt = host.now();
    commit();
  }
  function plan(): void {
    const mine = ++planned;
    if (host.hidden()) host.setTimer(() => run(mine), hiddenIntervalMs);
    else host.requestFrame(() => run(mine));
  }
  return {
    /** Something changed. */
    touch(): void {
      if (dirty) return;
      dirty = true;
      plan();
    },
    /** The page was shown or hidden: what waits is planned anew, so that it neither waits for a frame that never comes nor lags. */
    visibilityChanged(): void {
      if (dirty) plan();
    },
    flush,
  };
}
