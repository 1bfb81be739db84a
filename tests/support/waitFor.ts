import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds until the wait is given up; default 5,000. */
  readonly timeoutMs?: number;
  /** What was waited for, in words: it becomes the failure message. A function is called at the deadline. */
  readonly message?: string | (() => string);
}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

/**
 * Waits until `condition` gives a truthy value and returns that value. It looks again after each turn of the event
 * loop, later every few milliseconds, so a test takes as long as the thing waited for and no longer.
 * A condition that throws counts as "not yet"; its last error becomes the cause of the failure.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions = {}): Promise<Truthy<T>> {
  const { timeoutMs = 5_000, message } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (let round = 0; ; round += 1) {
    try {
      const value = await condition();
      if (value) return value as Truthy<T>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) break;
    await (round < 20 ? nextTurn() : delay(Math.min(round - 19, 20)));
  }
  const what = typeof message === 'function' ? message() : (message ?? 'condition');
  throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause });
}
