/** Length of one observation window, ms of feed time. The estimate looks at this one and the one before. */
const WINDOW_MS = 60_000;

/**
 * What a venue's clock shows now, as far as its messages tell: feed time less the smallest (receipt - venue time) of the last
 * one to two minutes. Clocks differ: a recorder may run a second behind its venue, a server minutes ahead; candles close by the
 * venue's clock. Each sample is the median of three, so that one wild time moves nothing.
 */
export class VenueClock {
  private before = Infinity;
  private present = Infinity;
  private windowEnd = -Infinity;
  private a = NaN;
  private b = NaN;

  observe(venueTime: number, now: number): void {
    if (now >= this.windowEnd) {
      this.before = now < this.windowEnd + WINDOW_MS ? this.present : Infinity;
      this.present = Infinity;
      this.windowEnd = now + WINDOW_MS;
    }
    const c = now - venueTime;
    const sample = Number.isNaN(this.b) ? c : Number.isNaN(this.a) ? Math.max(this.b, c) : median(this.a, this.b, c);
    this.a = this.b;
    this.b = c;
    if (sample < this.present) this.present = sample;
  }

  /** Venue time at a feed time, ms. */
  at(now: number): number {
    return now + (this.offset() ?? 0);
  }

  /** The venue's clock minus the feed clock, ms, too low by the least time a message takes; null before the first message. */
  offset(): number | null {
    const least = Math.min(this.before, this.present);
    return least === Infinity ? null : 0 - least;
  }
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
