/** Token bucket: `burst` at once, refilled by `perSecond`. Times are monotonic ms, passed in. */
export class TokenBucket {
  private tokens: number;
  private last: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    now: number,
  ) {
    this.tokens = burst;
    this.last = now;
  }

  /** Takes one token; false when there is none. */
  take(now: number): boolean {
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, now - this.last) / 1_000) * this.perSecond);
    this.last = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  full(now: number): boolean {
    return this.tokens + (Math.max(0, now - this.last) / 1_000) * this.perSecond >= this.burst;
  }

  /** Time until the next token, ms. */
  waitMs(): number {
    return Math.ceil((Math.max(0, 1 - this.tokens) / this.perSecond) * 1_000);
  }
}

/** Counts events inside a sliding window; remembers at most `limit` of them. */
export class WindowCounter {
  private readonly times: number[] = [];

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  /** Notes one event; true when the window now holds `limit` of them. */
  hit(now: number): boolean {
    this.times.push(now);
    if (this.times.length > this.limit) this.times.shift();
    return this.times.length === this.limit && now - (this.times[0] ?? now) <= this.windowMs;
  }
}

export interface AdmissionLimits {
  /** Connections from one address, and of the whole server. */
  readonly perAddress: number;
  readonly total: number;
  /** Upgrades per second and at once, from one address. */
  readonly upgradesPerSecond: number;
  readonly upgradeBurst: number;
  /** Upgrades per second of the whole server. */
  readonly upgradesTotalPerSecond: number;
}

export type Admission = 'ok' | 'rate' | 'address' | 'total';

/** Who may open one more connection (reliability limits). Its memory is bounded: idle addresses are forgotten. */
export class Admissions {
  private readonly open = new Map<string, number>();
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly overall: TokenBucket;
  private count = 0;

  constructor(
    private readonly limits: AdmissionLimits,
    now: number,
  ) {
    this.overall = new TokenBucket(limits.upgradesTotalPerSecond, limits.upgradesTotalPerSecond, now);
  }

  /** `rate` is refused with 429; the others are accepted and closed with a code the user's page can read. */
  ask(address: string, now: number): Admission {
    let bucket = this.buckets.get(address);
    if (!bucket) {
      if (this.buckets.size >= 10_000) this.forget(now);
      bucket = new TokenBucket(this.limits.upgradesPerSecond, this.limits.upgradeBurst, now);
      this.buckets.set(address, bucket);
    }
    if (!bucket.take(now) || !this.overall.take(now)) return 'rate';
    if (this.count >= this.limits.total) return 'total';
    return (this.open.get(address) ?? 0) >= this.limits.perAddress ? 'address' : 'ok';
  }

  enter(address: string): void {
    this.count++;
    this.open.set(address, (this.open.get(address) ?? 0) + 1);
  }

  leave(address: string): void {
    this.count--;
    const left = (this.open.get(address) ?? 1) - 1;
    if (left > 0) this.open.set(address, left);
    else this.open.delete(address);
  }

  private forget(now: number): void {
    for (const [address, bucket] of this.buckets) if (bucket.full(now)) this.buckets.delete(address);
    // All of them busy: an attack from many addresses. The overall rate still holds.
    if (this.buckets.size >= 10_000) this.buckets.clear();
  }
}
