/** What the frame needs of the page; injected, so that tests need no screen. */
export interface FrameHost {
  requestFrame(fn: () => void): void;
  setTimer(fn: () => void, ms: number): void;
  now(): number;
  hidden(): boolean;
}

export interface FrameOptions {
  readonly host?: FrameHost;
  /** Time between two commits of a visible page on average, ms. */
  readonly intervalMs?: number;
  /** Time between two commits of a hidden page, ms. */
  readonly hiddenIntervalMs?: number;
}

/** So many commits may come ahead of their turn: what is shown between two pushes must not hold up the next. */
const AHEAD = 4;

export const pageHost: FrameHost = {
  requestFrame: (fn) => void requestAnimationFrame(fn),
  setTimer: (fn, ms) => void setTimeout(fn, ms),
  now: () => performance.now(),
  hidden: () => document.visibilityState === 'hidden',
};

/**
 * Merges changes per frame: stores write their plain arrays as messages come (last value wins, ages stay those of each message), and
 * this commits what became dirty once per animation frame. A hidden page commits once a second, by timer, as it gets no frames.
 * The rate of commits is held on average, not from one to the next: a push that arrives just after a commit would otherwise wait for the
 * whole interval, and so would all that follow it at the same pace.
 */
export function createFrame(commit: () => void, { host = pageHost, intervalMs = 1_000 / 25, hiddenIntervalMs = 1_000 }: FrameOptions = {}) {
  let dirty = false;
  let planned = 0;
  /** When the next commit would have its turn if all came evenly. */
  let turn = -Infinity;

  function run(plan: number): void {
    if (plan !== planned || !dirty) return;
    if (!host.hidden() && host.now() < turn - AHEAD * intervalMs) return host.requestFrame(() => run(plan));
    flush();
  }
  function flush(): void {
    planned++;
    dirty = false;
    turn = Math.max(turn, host.now()) + intervalMs;
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
