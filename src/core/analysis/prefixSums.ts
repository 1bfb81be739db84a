/**
 * Sums over the newest N of a stream for any N up to the capacity, each in a few operations and exact to the last digit however
 * long the stream: prefix sums carried in twice the precision of a double (Knuth's two-sum), so nothing is lost by adding and
 * subtracting over years, and a window of zeros is exactly 0 after any spike. Items are numbered by the caller from 0, without holes.
 */
export class PrefixSums {
  private readonly hi: Float64Array;
  private readonly lo: Float64Array;
  private readonly mask: number;

  /** @param capacity a power of two, above the longest window by two. */
  constructor(capacity: number) {
    this.hi = new Float64Array(capacity);
    this.lo = new Float64Array(capacity);
    this.mask = capacity - 1;
  }

  /** Sum of `x` as item `i` and the `period - 1` items before it; NaN while there are not so many. */
  window(i: number, x: number, period: number): number {
    if (i + 1 < period) return NaN;
    const from = (i + 1 - period) & this.mask;
    const to = i & this.mask;
    return (this.hi[to] as number) - (this.hi[from] as number) + ((this.lo[to] as number) - (this.lo[from] as number)) + x;
  }

  /** Keeps item `i`; the same number again replaces it. */
  put(i: number, x: number): void {
    const at = i & this.mask;
    const next = (i + 1) & this.mask;
    const a = this.hi[at] as number;
    const sum = a + x;
    const b = sum - a;
    this.hi[next] = sum;
    this.lo[next] = (this.lo[at] as number) + ((a - (sum - b)) + (x - b));
  }
}
