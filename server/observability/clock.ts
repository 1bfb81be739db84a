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

/** A wall clock that is this far ahead was set forward, or the machine slept, ms. */
const LEAP_MS = 2_000;

/**
 * A wall clock that never goes back: system time at the start, carried on by the monotonic clock. When the system's clock is set back this one
 * runs on (ages and candle order stay right); when it leaps ahead, as after sleep, this one follows.
 */
export function createSteadyClock(system: Clock = systemClock): Clock {
  let offset = system.now() - system.monotonic();
  return {
    monotonic: () => system.monotonic(),
    now() {
      const ahead = system.now() - system.monotonic() - offset;
      if (ahead > LEAP_MS) offset += ahead;
      return system.monotonic() + offset;
    },
  };
}
