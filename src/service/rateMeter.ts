/** Seconds the rate is averaged over. */
const WINDOW = 5;

/** Changes per second over the last whole seconds; one counter per second, nothing per message. */
export class RateMeter {
  private readonly counts = new Array<number>(WINDOW + 1).fill(0);
  private second = 0;

  add(now: number, n: number): void {
    this.roll(now);
    const slot = this.second % this.counts.length;
    this.counts[slot] = (this.counts[slot] ?? 0) + n;
  }

  perSecond(now: number): number {
    this.roll(now);
    const present = this.counts[this.second % this.counts.length] ?? 0;
    return Math.round((this.counts.reduce((a, b) => a + b, 0) - present) / WINDOW);
  }

  private roll(now: number): void {
    const second = Math.floor(now / 1_000);
    for (let s = Math.max(this.second + 1, second - WINDOW); s <= second; s++) this.counts[s % this.counts.length] = 0;
    this.second = Math.max(this.second, second);
  }
}
