import type { Candle } from '../../market/outputs';
import { candles, define, Indicator } from './indicator';
import { DecayingSum, Extreme, TrueRange, wilder, type Ema } from './nodes';

/** Wilder's directional movement as TA-Lib: when the moves up and down are equal, neither counts. */
class Directional extends Indicator {
  private readonly trueRange = new TrueRange();
  private readonly up: DecayingSum;
  private readonly down: DecayingSum;
  private readonly range: DecayingSum;
  private readonly mean: Ema;
  private high = NaN;
  private low = NaN;
  /** Index of the candle before: kept where there is no movement at all. */
  private index = 0;

  constructor(period: number) {
    super(3);
    this.up = new DecayingSum(period);
    this.down = new DecayingSum(period);
    this.range = new DecayingSum(period);
    this.mean = wilder(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const rise = c.high - this.high;
    const fall = this.low - c.low;
    const first = Number.isNaN(rise);
    const up = this.up.step(first ? NaN : rise > 0 && rise > fall ? rise : 0, commit);
    const down = this.down.step(first ? NaN : fall > 0 && fall > rise ? fall : 0, commit);
    const range = this.range.step(this.trueRange.step(c, commit), commit);
    const plus = range === 0 ? 0 : (100 * up) / range;
    const minus = range === 0 ? 0 : (100 * down) / range;
    const both = plus + minus;
    const index = both === 0 ? this.index : (100 * Math.abs(plus - minus)) / both;
    out[0] = this.mean.step(index, commit);
    out[1] = plus;
    out[2] = minus;
    if (!commit) return;
    this.high = c.high;
    this.low = c.low;
    if (!Number.isNaN(index)) this.index = index;
  }
}

/** How long ago the newest extremes were: 100 = now, 0 = `period` candles ago. */
class Aroon extends Indicator {
  private readonly tops: Extreme;
  private readonly bottoms: Extreme;

  constructor(private readonly period: number) {
    super(2);
    this.tops = new Extreme(period + 1, 1);
    this.bottoms = new Extreme(period + 1, -1);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = this.place(this.bottoms.step(c.low, commit));
    out[1] = this.place(this.tops.step(c.high, commit));
  }

  private place(extreme: number): number {
    return Number.isNaN(extreme) ? NaN : (100 * (this.period - Extreme.age)) / this.period;
  }
}

export const ADX = define({
  name: 'adx', title: 'Average directional index', unit: 'index', pane: 'own', levels: [20], params: { period: candles(14) },
  columns: ({ period }) => [[`adx_${period}`, 'ADX'], [`plus_di_${period}`, '+DI'], [`minus_di_${period}`, '-DI']], create: ({ period }) => new Directional(period),
});
export const AROON = define({
  name: 'aroon', title: 'Aroon', unit: 'index', pane: 'own', levels: [50], params: { period: candles(14) },
  columns: ({ period }) => [[`aroon_down_${period}`, 'Down'], [`aroon_up_${period}`, 'Up']], create: ({ period }) => new Aroon(period),
});
