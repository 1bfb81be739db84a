import type { Candle } from '../../market/outputs';
import { candles, define, Indicator } from './indicator';
import { Ema, Sum, Weighted } from './nodes';

class SimpleAverage extends Indicator {
  private readonly sum: Sum;

  constructor(private readonly period: number) {
    super(1);
    this.sum = new Sum(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = this.sum.step(c.close, commit) / this.period;
  }
}

class ExponentialAverage extends Indicator {
  private readonly ema: Ema;

  constructor(period: number) {
    super(1);
    this.ema = new Ema(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = this.ema.step(c.close, commit);
  }
}

class WeightedAverage extends Indicator {
  private readonly mean: Weighted;

  constructor(period: number) {
    super(1);
    this.mean = new Weighted(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = this.mean.step(c.close, commit);
  }
}

/** WMA(2 WMA(n / 2) - WMA(n), root of n), both rounded down. */
class HullAverage extends Indicator {
  private readonly short: Weighted;
  private readonly long: Weighted;
  private readonly smooth: Weighted;

  constructor(period: number) {
    super(1);
    this.short = new Weighted(Math.floor(period / 2));
    this.long = new Weighted(period);
    this.smooth = new Weighted(Math.floor(Math.sqrt(period)));
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = this.smooth.step(2 * this.short.step(c.close, commit) - this.long.step(c.close, commit), commit);
  }
}

/** Not defined where nothing was traded in the window. */
class VolumeWeightedAverage extends Indicator {
  private readonly money: Sum;
  private readonly traded: Sum;

  constructor(period: number) {
    super(1);
    this.money = new Sum(period);
    this.traded = new Sum(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const money = this.money.step(c.close * c.volume, commit);
    const traded = this.traded.step(c.volume, commit);
    out[0] = traded > 0 ? money / traded : NaN;
  }
}

export const SMA = define({
  name: 'sma', title: 'Simple moving average', unit: 'price', pane: 'overlay', params: { period: candles(20) },
  columns: ({ period }) => [[`sma_${period}`, 'SMA']], create: ({ period }) => new SimpleAverage(period),
});
/** k = 2 / (N + 1), seeded with the mean of the first N closes. */
export const EMA = define({
  name: 'ema', title: 'Exponential moving average', unit: 'price', pane: 'overlay', params: { period: candles(20) },
  columns: ({ period }) => [[`ema_${period}`, 'EMA']], create: ({ period }) => new ExponentialAverage(period),
});
export const WMA = define({
  name: 'wma', title: 'Weighted moving average', unit: 'price', pane: 'overlay', params: { period: candles(9) },
  columns: ({ period }) => [[`wma_${period}`, 'WMA']], create: ({ period }) => new WeightedAverage(period),
});
export const HMA = define({
  name: 'hma', title: 'Hull moving average', unit: 'price', pane: 'overlay', params: { period: candles(9, 'Candles', 4) },
  columns: ({ period }) => [[`hma_${period}`, 'HMA']], create: ({ period }) => new HullAverage(period),
});
export const VWMA = define({
  name: 'vwma', title: 'Volume-weighted moving average', unit: 'price', pane: 'overlay', volume: true, params: { period: candles(20) },
  columns: ({ period }) => [[`vwma_${period}`, 'VWMA']], create: ({ period }) => new VolumeWeightedAverage(period),
});
