import { TIMINGS } from '@/core/contract';
import { backoffDelay, type BackoffOptions } from '@/core/util/backoff';

/** How long one stream waits before its next attempt: full jitter within the limits the server named. */
export class Pace {
  limits: BackoffOptions = { firstMs: TIMINGS.backoffFirstMs, baseMs: TIMINGS.backoffBaseMs, capMs: TIMINGS.backoffCapMs };
  /** Attempts since the connection was last healthy. */
  attempts = 0;

  constructor(private readonly random: () => number) {}

  /** Delay of the next attempt, ms; asking counts the attempt. */
  backoff(): number {
    return backoffDelay(++this.attempts, this.random(), this.limits);
  }

  /** Delay spread over the first retry, ms. */
  soon(): number {
    return this.random() * this.limits.firstMs;
  }
}
