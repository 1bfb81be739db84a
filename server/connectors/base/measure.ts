/** Messages per second over a sliding window of ten one-second buckets. Times are monotonic ms. */
export class RateMeter {
  private readonly counts = new Array<number>(10).fill(0);
  private second = 0;
  private startedAt: number | null = null;

  add(now: number): void {
    this.advance(now);
    this.startedAt ??= now;
    const slot = this.second % this.counts.length;
    this.counts[slot] = (this.counts[slot] ?? 0) + 1;
  }

  perSecond(now: number): number {
    this.advance(now);
    if (this.startedAt === null) return 0;
    const span = Math.min(this.counts.length, Math.max(1, (now - this.startedAt) / 1_000));
    return this.counts.reduce((a, b) => a + b, 0) / span;
  }

  private advance(now: number): void {
    const second = Math.floor(now / 1_000);
    const steps = Math.min(this.counts.length, second - this.second);
    for (let i = 1; i <= steps; i += 1) this.counts[(second - steps + i) % this.counts.length] = 0;
    this.second = Math.max(this.second, second);
  }
}

/**
 * Estimate of the venue's clock minus ours: the smallest (receive - event) of the last minutes is network delay plus
 * skew, so its negative bounds the skew from below (venues/README.md, rule 5). Used to show latency that is never negative.
 */
export class ClockOffset {
  private buckets: { readonly minute: number; min: number }[] = [];

  constructor(private readonly minutes = 5) {}

  /** `receivedAt` and `eventTime` in ms since the epoch; `now` is monotonic ms, because the wall clock may jump. */
  add(receivedAt: number, eventTime: number, now: number): void {
    const minute = Math.floor(now / 60_000);
    const newest = this.buckets.at(-1);
    const delay = receivedAt - eventTime;
    if (newest?.minute === minute) {
      if (delay < newest.min) newest.min = delay;
      return;
    }
    this.buckets.push({ minute, min: delay });
    this.buckets = this.buckets.filter((b) => b.minute > minute - this.minutes);
  }

  /** Venue clock minus ours, ms; null before the first event. */
  get offsetMs(): number | null {
    if (this.buckets.length === 0) return null;
    return -Math.min(...this.buckets.map((b) => b.min));
  }

  /**
   * How far the estimate may be wrong as far as can be seen from here, ms: what the fastest messages of the minutes differ by. The delay of the very fastest
   * is not in it: one way cannot be told from a clock that is off by as much. null before the second minute.
   */
  get errorMs(): number | null {
    if (this.buckets.length < 2) return null;
    const least = this.buckets.map((b) => b.min);
    return Math.max(...least) - Math.min(...least);
  }
}

/** Receipt minus venue time of the newest messages, before the correction by the clock offset. */
export class LagMeter {
  private readonly delays: number[] = [];
  private next = 0;

  constructor(private readonly size = 256) {}

  /** Both in ms since the epoch. */
  add(receivedAt: number, eventTime: number): void {
    this.delays[this.next] = receivedAt - eventTime;
    this.next = (this.next + 1) % this.size;
  }

  /** Median, corrected by the venue's clock minus ours, never negative, ms; null while unknown. */
  lagMs(offsetMs: number | null): number | null {
    if (this.delays.length === 0 || offsetMs === null) return null;
    const sorted = [...this.delays].sort((a, b) => a - b);
    return Math.max(0, (sorted[sorted.length >> 1] ?? 0) + offsetMs);
  }
}
