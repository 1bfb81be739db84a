import type { Clock } from '../observability/clock';

const MOST_KEYS = 10_000;

/** So many per window for each key (an address, a user). Its memory is bounded: keys that did nothing for longest are forgotten. */
export class Pace {
  private readonly times = new Map<string, number[]>();

  constructor(private readonly clock: Clock, private readonly limit: number, private readonly windowMs = 60_000) {}

  /** Time until one more is allowed, ms; 0 = now. */
  waitMs(key: string): number {
    const kept = this.times.get(key) ?? [];
    const oldest = kept.at(-this.limit);
    return oldest === undefined ? 0 : Math.max(0, oldest + this.windowMs - this.clock.monotonic());
  }

  count(key: string): void {
    const kept = this.times.get(key) ?? [];
    kept.push(this.clock.monotonic());
    if (kept.length > this.limit) kept.shift();
    // At the end again: the map is in the order of the last use.
    this.times.delete(key);
    this.times.set(key, kept);
    if (this.times.size <= MOST_KEYS) return;
    const [first] = this.times.keys();
    if (first !== undefined) this.times.delete(first);
  }

  /** Counts one if it is allowed; else gives the time to wait, ms. */
  take(key: string): number {
    const wait = this.waitMs(key);
    if (wait === 0) this.count(key);
    return wait;
  }

  forget(key: string): void {
    this.times.delete(key);
  }
}

/** Failed sign-ins of one address: five a minute; beyond the fifth in a row the wait doubles. */
const FREE = 5;
const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 900_000;
/** An address without a failure for this long begins anew, ms. */
const FORGIVEN_MS = 3_600_000;

export class Attempts {
  private readonly pace: Pace;
  private readonly failures = new Map<string, { inRow: number; at: number }>();

  constructor(private readonly clock: Clock) {
    this.pace = new Pace(clock, FREE);
  }

  /** Time until an address may try again, ms; 0 = now. */
  waitMs(address: string): number {
    const row = this.failures.get(address);
    const now = this.clock.monotonic();
    const delay = !row || row.inRow < FREE || now - row.at > FORGIVEN_MS ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (row.inRow - FREE));
    return Math.max(this.pace.waitMs(address), row ? Math.max(0, row.at + delay - now) : 0);
  }

  failed(address: string): void {
    const now = this.clock.monotonic();
    const before = this.failures.get(address);
    const inRow = before && now - before.at <= FORGIVEN_MS ? before.inRow + 1 : 1;
    this.failures.delete(address);
    this.failures.set(address, { inRow, at: now });
    this.pace.count(address);
    if (this.failures.size <= MOST_KEYS) return;
    const [first] = this.failures.keys();
    if (first !== undefined) this.failures.delete(first);
  }

  succeeded(address: string): void {
    this.failures.delete(address);
    this.pace.forget(address);
  }
}
