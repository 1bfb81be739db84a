import { backoffDelay, type BackoffOptions } from '@/core/util/backoff';

export interface BreakerOptions {
  /** Failures in a row after which calls are stopped. */
  readonly failures: number;
  /** Wait before a trial call; grows with each trial that fails. */
  readonly backoff: BackoffOptions;
}
export const BREAKER_DEFAULTS: BreakerOptions = { failures: 3, backoff: { firstMs: 5_000, baseMs: 5_000, capMs: 300_000 } };

/**
 * Circuit breaker of one REST source. Closed: calls go out. Open: none does until its time has come. Half-open: exactly one
 * trial call; its success closes, its failure opens again with a longer wait (full jitter). A refusal keeps it open until
 * `reset`; a limit with a date keeps it open until then. Pure: `now` is monotonic ms, `random` uniform in [0, 1).
 */
export class CircuitBreaker {
  private failures = 0;
  private openings = 0;
  private openUntil: number | null = null;
  private trial = false;

  constructor(private readonly options: BreakerOptions = BREAKER_DEFAULTS) {}

  /** `half_open` also while the trial is due and nobody has made it yet. */
  state(now: number): 'closed' | 'open' | 'half_open' {
    if (this.openUntil === null) return 'closed';
    return this.trial || now >= this.openUntil ? 'half_open' : 'open';
  }

  /** May a call go out now? In half-open the answer yes hands out the trial; whoever gets it reports `succeed`, `fail`, `limit`, `refuse` or `release`. */
  allow(now: number): boolean {
    if (this.openUntil === null) return true;
    if (this.trial || now < this.openUntil) return false;
    this.trial = true;
    return true;
  }

  /** ms until the next call may go out; 0 now, Infinity after a refusal or while a trial is under way. */
  waitMs(now: number): number {
    if (this.openUntil === null) return 0;
    return this.trial ? Infinity : Math.max(0, this.openUntil - now);
  }

  succeed(): void {
    this.reset();
  }

  fail(now: number, random: number): void {
    this.failures += 1;
    const wasTrial = this.trial;
    this.trial = false;
    // A call that began before the opening ends after it: it says nothing new.
    if (this.openUntil !== null && !wasTrial) return;
    if (wasTrial || this.failures >= this.options.failures) this.open(now + backoffDelay((this.openings += 1), random, this.options.backoff));
  }

  /** The source said when it will listen again: not before. */
  limit(until: number): void {
    this.openings = Math.max(1, this.openings);
    this.open(until);
  }

  /** The source does not want us (401, 403, 451): no call until `reset`. */
  refuse(): void {
    this.open(Infinity);
  }

  /** The trial was given up without an answer (stopped): it is due again. */
  release(): void {
    this.trial = false;
  }

  reset(): void {
    this.failures = 0;
    this.openings = 0;
    this.openUntil = null;
    this.trial = false;
  }

  private open(until: number): void {
    this.trial = false;
    this.openUntil = Math.max(until, this.openUntil ?? -Infinity);
  }
}
