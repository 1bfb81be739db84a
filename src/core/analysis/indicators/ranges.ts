import type { Candle } from '../../market/outputs';
import { candles, define, factor, Indicator } from './indicator';
import { TrueRange, wilder, type Ema } from './nodes';

class PlainRange extends Indicator {
  private readonly range = new TrueRange();

  constructor() {
    super(1);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = this.range.step(c, commit);
  }
}

class AverageRange extends Indicator {
  private readonly range = new TrueRange();
  private readonly mean: Ema;

  constructor(period: number, private readonly relative: boolean) {
    super(1);
    this.mean = wilder(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const mean = this.mean.step(this.range.step(c, commit), commit);
    out[0] = this.relative ? (100 * mean) / c.close : mean;
  }
}

/** Bands of the middle of the candle +- some ATR that only move towards the price until it closes beyond them. */
class Supertrend extends Indicator {
  private readonly range = new TrueRange();
  private readonly mean: Ema;
  private upper = NaN;
  private lower = NaN;
  private close = NaN;
  /** 1: the price is above its line; 0 before the first. */
  private side = 0;

  constructor(period: number, private readonly width: number) {
    super(2);
    this.mean = wilder(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const middle = (c.high + c.low) / 2;
    const half = this.width * this.mean.step(this.range.step(c, commit), commit);
    const above = middle + half;
    const below = middle - half;
    const upper = above < this.upper || !(this.close <= this.upper) ? above : this.upper;
    const lower = below > this.lower || !(this.close >= this.lower) ? below : this.lower;
    const side = Number.isNaN(half) ? 0 : c.close <= (this.side > 0 || (this.side === 0 && c.close >= middle) ? lower : upper) ? -1 : 1;
    out[0] = side > 0 ? lower : side < 0 ? upper : NaN;
    out[1] = side === 0 ? NaN : side;
    if (!commit) return;
    this.upper = upper;
    this.lower = lower;
    this.close = c.close;
    this.side = side;
  }
}

export const TRUE_RANGE = define({
  name: 'trange', title: 'True range', unit: 'change', pane: 'own', params: {}, columns: () => [['trange', 'Range']], create: () => new PlainRange(),
});
/** Wilder's, seeded with the mean of the first ranges. */
export const ATR = define({
  name: 'atr', title: 'Average true range', unit: 'change', pane: 'own', params: { period: candles(14) },
  columns: ({ period }) => [[`atr_${period}`, 'ATR']], create: ({ period }) => new AverageRange(period, false),
});
/** ATR in percent of the close. */
export const NATR = define({
  name: 'natr', title: 'Average true range, % of price', unit: 'percent', pane: 'own', params: { period: candles(14) },
  columns: ({ period }) => [[`natr_${period}`, 'NATR']], create: ({ period }) => new AverageRange(period, true),
});
export const SUPERTREND = define({
  name: 'supertrend', title: 'Supertrend', unit: 'price', pane: 'overlay', params: { period: candles(10), width: factor(3, 'ATR') },
  columns: ({ period, width }) => [[`supertrend_${period}_${width}`, 'Supertrend'], ['supertrend_dir', 'Direction', 'none']], create: ({ period, width }) => new Supertrend(period, width),
});
