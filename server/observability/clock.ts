/** The two clocks of the process. Decisions about durations use `monotonic` only: the wall clock may jump. */
export interface Clock {
  /** Wall time, ms since the Unix epoch. */
  now(): number;
  /** Monotonic time, ms, arbitrary origin. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/**
 * The clock market data lives on: wall time when live, recorded time in a replay, simulated time in the simulator.
 * `speed` is feed milliseconds per real millisecond, so that real ages can be told: `(now - receiveTime) / speed`.
 */
export interface FeedClock {
  now(): number;
  readonly speed: number;
}
