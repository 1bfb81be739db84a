export const BOOK_FEATURES = ['imbalance', 'imbalance_5s', 'imbalance_30s', 'mid_change_1s', 'mid_change_5s', 'mid_change_30s', 'imbalance_squared'] as const;
const RING = 32;

/** What the best bid and ask of one symbol say, second by second. */
export class BookFeatures {
  private readonly mids = new Float64Array(RING);
  private second = -Infinity;
  /** First second from which mids are known without a break. */
  private since = 0;
  private fast = 0;
  private slow = 0;
  /** The newest features; a size that is not known says nothing (0). */
  readonly raw = new Float64Array(BOOK_FEATURES.length);

  /** Takes the state of this moment in; once a second is meant. Sizes in any unit; NaN = not known. */
  take(now: number, mid: number, spread: number, bidSize: number, askSize: number): void {
    const second = Math.floor(now / 1000);
    const known = bidSize >= 0 && askSize >= 0 && bidSize + askSize > 0;
    const imbalance = known ? (bidSize - askSize) / (bidSize + askSize) : 0;
    if (second - this.second >= RING || second < this.second) this.begin(second, mid, imbalance);
    // Over seconds without a word the mid stayed where it was.
    for (let s = this.second + 1; s < second; s++) this.mids[s % RING] = this.mids[this.second % RING] as number;
    this.mids[second % RING] = mid;
    const passed = second - this.second;
    if (passed > 0) {
      this.fast += (1 - Math.exp(-passed / 5)) * (imbalance - this.fast);
      this.slow += (1 - Math.exp(-passed / 30)) * (imbalance - this.slow);
    }
    this.second = second;
    this.write(imbalance, mid, spread > 0 ? spread : NaN);
  }

  restart(): void {
    this.second = -Infinity;
  }

  private begin(second: number, mid: number, imbalance: number): void {
    this.second = second - 1;
    this.since = second;
    this.mids[(second - 1) % RING] = mid;
    this.fast = imbalance;
    this.slow = imbalance;
  }

  private write(imbalance: number, mid: number, spread: number): void {
    const { raw } = this;
    raw[0] = imbalance;
    raw[1] = this.fast;
    raw[2] = this.slow;
    raw[3] = this.change(mid, 1, spread);
    raw[4] = this.change(mid, 5, spread);
    raw[5] = this.change(mid, 30, spread);
    raw[6] = Math.abs(imbalance) * imbalance;
  }

  private change(mid: number, seconds: number, spread: number): number {
    const then = this.second - seconds;
    return then < this.since ? 0 : (mid - (this.mids[then % RING] as number)) / spread;
  }
}
