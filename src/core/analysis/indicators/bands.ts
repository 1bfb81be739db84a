import type { Candle } from '../../market/outputs';
import { candles, define, factor, Indicator } from './indicator';
import { Past, Range, Sum } from './nodes';

/**
 * Mean and population standard deviation of the newest closes. The squares are summed around the mean in a second walk: running
 * sums of squares lose all digits at small prices and after gaps.
 */
class Spread {
  private readonly sum: Sum;
  readonly past: Past;
  /** Deviation belonging to the mean last given; scratch, no state. */
  static deviation = NaN;

  constructor(private readonly period: number) {
    this.sum = new Sum(period);
    this.past = new Past(period);
  }

  /** The mean; its deviation is in `Spread.deviation`. */
  step(x: number, commit: boolean): number {
    const { period, past } = this;
    const mean = this.sum.step(x, commit) / period;
    let squares = (x - mean) ** 2;
    let rest = x - mean;
    for (let k = 1; k < period; k++) {
      const d = past.ago(k) - mean;
      squares += d * d;
      rest += d;
    }
    if (commit) past.put(x);
    // `rest` is what the rounding of the mean left.
    Spread.deviation = Math.sqrt(Math.max(0, squares - (rest * rest) / period) / period);
    return mean;
  }
}

class BollingerBands extends Indicator {
  private readonly spread: Spread;

  constructor(period: number, private readonly width: number) {
    super(3);
    this.spread = new Spread(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const middle = this.spread.step(c.close, commit);
    const half = this.width * Spread.deviation;
    out[0] = middle + half;
    out[1] = middle;
    out[2] = middle - half;
  }
}

/** Deviation, root of the variance, below which TA-Lib says 0. */
const TA_ZERO = 1e-7;

/**
 * TA-Lib's running sums, whose rounding (4e-6 of the value on EUR/USD) is part of the values others compare with, as long as they
 * hold. The exact value, until the window is renewed, where they lose their digits: a tenth below prices they have seen, where the
 * price stands still, and below the variance that TA-Lib calls 0.
 */
class StandardDeviation extends Indicator {
  private readonly spread: Spread;
  private sum = 0;
  private squares = 0;
  private peak = 0;
  /** Candles until the sums are believed again. */
  private doubt = 0;
  /** Candles in a row at which the price stood still. */
  private still = 0;
  private close = NaN;

  constructor(private readonly period: number) {
    super(1);
    this.spread = new Spread(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const x = c.close;
    const oldest = this.spread.past.ago(this.period - 1);
    const mean = this.spread.step(x, commit);
    const exact = Spread.deviation;
    const sum = this.sum + x;
    const squares = this.squares + x * x;
    const peak = Math.max(this.peak, x);
    const running = Math.sqrt(squares / this.period - (sum / this.period) * (sum / this.period));
    const still = c.high === c.low && c.low === this.close ? this.still + 1 : 0;
    const holds = !(peak > 1.1 * mean || still > 0.7 * this.period || Math.abs(running - exact) > 1e-5 * exact);
    out[0] = holds && this.doubt === 0 && exact > TA_ZERO ? running : exact;
    if (!commit) return;
    this.peak = peak;
    this.still = still;
    this.close = x;
    this.doubt = holds ? Math.max(0, this.doubt - 1) : this.period;
    this.sum = Number.isNaN(oldest) ? sum : sum - oldest;
    this.squares = Number.isNaN(oldest) ? squares : squares - oldest * oldest;
  }
}

class Donchian extends Indicator {
  private readonly range: Range;

  constructor(period: number) {
    super(2);
    this.range = new Range(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = this.range.high(c, commit);
    out[1] = this.range.low(c, commit);
  }
}

export const BOLLINGER = define({
  name: 'bb', title: 'Bollinger bands', unit: 'price', pane: 'overlay', params: { period: candles(20), width: factor(2, 'Deviations') },
  columns: () => [['bb_upper', 'Upper band'], ['bb_middle', 'Middle'], ['bb_lower', 'Lower band']], create: ({ period, width }) => new BollingerBands(period, width),
});
export const STDDEV = define({
  name: 'stddev', title: 'Standard deviation', unit: 'change', pane: 'own', params: { period: candles(20) },
  columns: ({ period }) => [[`stddev_${period}`, 'Deviation']], create: ({ period }) => new StandardDeviation(period),
});
/** The candle itself counts. */
export const DONCHIAN = define({
  name: 'donchian', title: 'Donchian channel', unit: 'price', pane: 'overlay', params: { period: candles(20) },
  columns: ({ period }) => [[`donchian_high_${period}`, 'High'], [`donchian_low_${period}`, 'Low']], create: ({ period }) => new Donchian(period),
});
