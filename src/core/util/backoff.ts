/** Waiting times between attempts, ms. */
export interface BackoffOptions {
  /** The first retry waits at most this. */
  readonly firstMs: number;
  /** Later retries double from this. */
  readonly baseMs: number;
  /** No retry waits longer than this. */
  readonly capMs: number;
}

/**
 * Full jitter (protocol.md section 6): the first retry waits U(0, first), the nth U(0, min(cap, base * 2^(n-1))). Drawn anew
 * for each attempt, so that many clients cut off together do not come back together.
 *
 * @param attempt 1 for the first retry.
 * @param random uniform in [0, 1), drawn by the caller: core has no chance of its own.
 */
export function backoffDelay(attempt: number, random: number, options: BackoffOptions): number {
  const n = Math.max(1, Math.floor(attempt));
  const limit = n === 1 ? options.firstMs : Math.min(options.capMs, options.baseMs * 2 ** Math.min(n - 1, 60));
  return Math.min(Math.max(random, 0), 1) * Math.min(limit, options.capMs);
}
