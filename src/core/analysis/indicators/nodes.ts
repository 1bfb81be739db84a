import type { Candle } from '../../market/outputs';
import { nans } from '../frame';
import { PrefixSums } from '../prefixSums';

/*
 * The parts indicators are made of. `step` gives the value at the number `x`; with `commit` the number is taken in, without it
 * nothing is changed, so that one rule serves closed and forming candles alike. NaN in = NaN out: what is fed by a value that
 * starts later starts later itself.
 */

/** A ring of at least `length` numbers needs a power of two. */
const capacity = (length: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, length)));

/** The newest numbers, NaN before the first. */
export class Past {
  private readonly ring: Float64Array;
  private readonly mask: number;
  private count = 0;

  constructor(length: number) {
    this.ring = nans(capacity(length));
    this.mask = this.ring.length - 1;
  }

  /** The number `k` >= 1 before the one that is looked at now. */
  ago(k: number): number {
    return this.ring[(this.count - k) & this.mask] as number;
  }

  put(x: number): void {
    this.ring[this.count++ & this.mask] = x;
  }
}

/** Sum of the newest `period` numbers, exact however long the past; a NaN leaves the window before there is a sum again. */
export class Sum {
  private readonly sums: PrefixSums;
  private count = 0;
  /** Numbers since the last NaN. */
  private run = 0;

  constructor(private readonly period: number) {
    this.sums = new PrefixSums(capacity(period + 2));
  }

  step(x: number, commit: boolean): number {
    const run = Number.isNaN(x) ? 0 : this.run + 1;
    const value = run < this.period ? NaN : this.sums.window(this.count, x, this.period);
    if (commit) {
      this.sums.put(this.count++, run > 0 ? x : 0);
      this.run = run;
    }
    return value;
  }
}

/** A mean that forgets: seeded with the plain mean of the first `period` numbers, then each new one counts for its share. A NaN is passed over. */
export class Ema {
  private value = NaN;
  private sum = 0;
  private count = 0;

  /**
   * @param k share of a new number: 2 / (period + 1), or 1 / period for Wilder's.
   * @param parted the same written k x + (1 - k) y instead of TA-Lib's y + k (x - y): differences of averages near zero show which.
   */
  constructor(private readonly period: number, private readonly k = 2 / (period + 1), private readonly parted = false) {}

  step(x: number, commit: boolean): number {
    if (Number.isNaN(x)) return NaN;
    if (this.count < this.period) return this.seed(x, commit);
    const value = this.parted ? this.k * x + (1 - this.k) * this.value : (x - this.value) * this.k + this.value;
    if (commit) this.value = value;
    return value;
  }

  private seed(x: number, commit: boolean): number {
    const sum = this.sum + x;
    const value = this.count + 1 < this.period ? NaN : sum / this.period;
    if (commit) {
      this.value = value;
      this.sum = sum;
      this.count++;
    }
    return value;
  }
}

/** Wilder's mean: each new number counts for one part in `period`. */
export const wilder = (period: number): Ema => new Ema(period, 1 / period);

/** Wilder's sum as TA-Lib: the first `period` - 1 numbers add up, then each new one replaces one part in `period`. */
export class DecayingSum {
  private value = 0;
  private count = 0;

  constructor(private readonly period: number) {}

  step(x: number, commit: boolean): number {
    if (Number.isNaN(x)) return NaN;
    const full = this.count + 1 >= this.period;
    const value = full ? this.value - this.value / this.period + x : this.value + x;
    if (commit) {
      this.value = value;
      this.count += full ? 0 : 1;
    }
    return full ? value : NaN;
  }
}

/** Linearly weighted mean, the newest heaviest: the weights are walked, so nothing drifts. */
export class Weighted {
  private readonly past: Past;

  constructor(private readonly period: number) {
    this.past = new Past(period);
  }

  step(x: number, commit: boolean): number {
    const { period, past } = this;
    let sum = period * x;
    for (let k = 1; k < period; k++) sum += (period - k) * past.ago(k);
    if (commit) past.put(x);
    return sum / ((period * (period + 1)) / 2);
  }
}

/** Highest (`sign` 1) or lowest (-1) of the newest `period` numbers: a queue of those that can still become it. */
export class Extreme {
  /** How many numbers ago the extreme last looked for came in, the newest of equal ones; scratch, no state. */
  static age = 0;
  private readonly values: Float64Array;
  private readonly places: Float64Array;
  private readonly mask: number;
  private head = 0;
  private tail = 0;
  private count = 0;
  private run = 0;

  constructor(private readonly period: number, private readonly sign: 1 | -1) {
    this.values = new Float64Array(capacity(period));
    this.places = new Float64Array(this.values.length);
    this.mask = this.values.length - 1;
  }

  step(x: number, commit: boolean): number {
    const { values, places, mask } = this;
    const run = Number.isNaN(x) ? 0 : this.run + 1;
    const own = this.sign * x;
    // At most the first of the queue leaves the window with each number.
    const expired = this.head < this.tail && (places[this.head & mask] as number) <= this.count - this.period;
    const head = run === 0 ? this.tail : this.head + (expired ? 1 : 0);
    const newest = head === this.tail || own >= (values[head & mask] as number);
    Extreme.age = newest ? 0 : this.count - (places[head & mask] as number);
    const best = newest ? own : (values[head & mask] as number);
    if (commit) {
      let tail = this.tail;
      while (tail > head && (values[(tail - 1) & mask] as number) <= own) tail--;
      if (run > 0) {
        values[tail & mask] = own;
        places[tail & mask] = this.count;
        tail++;
      }
      this.head = head;
      this.tail = tail;
      this.count++;
      this.run = run;
    }
    return run < this.period ? NaN : this.sign * best;
  }
}

/** Highest high and lowest low of the newest `period` candles. */
export class Range {
  private readonly tops: Extreme;
  private readonly bottoms: Extreme;

  constructor(period: number) {
    this.tops = new Extreme(period, 1);
    this.bottoms = new Extreme(period, -1);
  }

  high(c: Candle, commit: boolean): number {
    return this.tops.step(c.high, commit);
  }

  low(c: Candle, commit: boolean): number {
    return this.bottoms.step(c.low, commit);
  }

  /** (highest high + lowest low) / 2. */
  middle(c: Candle, commit: boolean): number {
    return (this.high(c, commit) + this.low(c, commit)) / 2;
  }
}

/** Place of x between the bottom and the top of its window, 0..100; NaN where there is no range. */
export const placeIn = (x: number, top: number, bottom: number): number => (top > bottom ? (100 * (x - bottom)) / (top - bottom) : NaN);

/**
 * Place of an RSI in its window. One that moved less than a billionth of its scale has not moved: while the price stands still only
 * rounding is left, and the place in that is chance. 50 then, as of the RSI itself where nothing moves.
 */
export const placeOfStrength = (x: number, top: number, bottom: number): number => (top - bottom < 1e-9 ? 50 : placeIn(x, top, bottom));

/** Largest of the candle's own range and its distances to the close before; NaN at the first candle. */
export class TrueRange {
  private close = NaN;

  step(c: Candle, commit: boolean): number {
    const { close } = this;
    if (commit) this.close = c.close;
    return Math.max(c.high - c.low, Math.abs(c.high - close), Math.abs(c.low - close));
  }
}

/** (high + low + close) / 3. */
export const typical = (c: Candle): number => (c.high + c.low + c.close) / 3;
