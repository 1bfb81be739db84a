import type { Candle } from '../../market/outputs';
import { PrefixSums } from '../prefixSums';
import { candles, define, Indicator } from './indicator';
import { Ema, Past, Sum, typical } from './nodes';

class Change extends Indicator {
  private readonly past: Past;

  constructor(private readonly period: number, private readonly relative: boolean) {
    super(1);
    this.past = new Past(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const before = this.past.ago(this.period);
    out[0] = this.relative ? (c.close / before - 1) * 100 : c.close - before;
    if (commit) this.past.put(c.close);
  }
}

/** Distance to the mean in 0.015 mean deviations; 0 where the window is flat. The deviations are walked: they belong to one mean. */
class CommodityChannel extends Indicator {
  private readonly sum: Sum;
  private readonly past: Past;

  constructor(private readonly period: number, private readonly closing: boolean) {
    super(1);
    this.sum = new Sum(period);
    this.past = new Past(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const { period, past } = this;
    const x = this.closing ? c.close : typical(c);
    const mean = this.sum.step(x, commit) / period;
    let deviation = Math.abs(x - mean);
    for (let k = 1; k < period; k++) deviation += Math.abs(past.ago(k) - mean);
    if (commit) past.put(x);
    // A window of equal prices leaves only the rounding of its mean.
    out[0] = deviation <= 1e-13 * Math.abs(mean) * period ? 0 : (x - mean) / ((0.015 * deviation) / period);
  }
}

class Awesome extends Indicator {
  private readonly short: Sum;
  private readonly long: Sum;

  constructor(private readonly fast: number, private readonly slow: number) {
    super(1);
    this.short = new Sum(fast);
    this.long = new Sum(slow);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const middle = (c.high + c.low) / 2;
    out[0] = this.short.step(middle, commit) / this.fast - this.long.step(middle, commit) / this.slow;
  }
}

class ElderPower extends Indicator {
  private readonly ema: Ema;

  constructor(period: number) {
    super(2);
    this.ema = new Ema(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const ema = this.ema.step(c.close, commit);
    out[0] = c.high - ema;
    out[1] = c.low - ema;
  }
}

/** Buying pressure over true range in three windows weighted 4, 2, 1; a window without range counts as 0. */
class Ultimate extends Indicator {
  private readonly pressures: PrefixSums;
  private readonly ranges: PrefixSums;
  private close = NaN;
  /** Candles with one before them. */
  private count = 0;

  constructor(private readonly short: number, private readonly middle: number, private readonly long: number) {
    super(1);
    const size = 2 ** Math.ceil(Math.log2(Math.max(short, middle, long) + 2));
    this.pressures = new PrefixSums(size);
    this.ranges = new PrefixSums(size);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const bottom = Math.min(c.low, this.close);
    const pressure = c.close - bottom;
    const range = Math.max(c.high, this.close) - bottom;
    const sum = 4 * this.share(pressure, range, this.short) + 2 * this.share(pressure, range, this.middle) + this.share(pressure, range, this.long);
    out[0] = (100 * sum) / 7;
    if (!commit) return;
    if (!Number.isNaN(range)) {
      this.pressures.put(this.count, pressure);
      this.ranges.put(this.count++, range);
    }
    this.close = c.close;
  }

  private share(pressure: number, range: number, period: number): number {
    const whole = this.ranges.window(this.count, range, period);
    return whole === 0 ? 0 : this.pressures.window(this.count, pressure, period) / whole;
  }
}

export const MOMENTUM = define({
  name: 'mom', title: 'Momentum', unit: 'change', pane: 'own', levels: [0], params: { period: candles(10, 'Candles', 1) },
  columns: ({ period }) => [[`mom_${period}`, 'Momentum']], create: ({ period }) => new Change(period, false),
});
export const ROC = define({
  name: 'roc', title: 'Rate of change', unit: 'percent', pane: 'own', levels: [0], params: { period: candles(10, 'Candles', 1) },
  columns: ({ period }) => [[`roc_${period}`, 'Change']], create: ({ period }) => new Change(period, true),
});
export const CCI = define({
  name: 'cci', title: 'Commodity channel index', unit: 'index', pane: 'own', levels: [-100, 100], params: { period: candles(20) },
  columns: ({ period }) => [[`cci_${period}`, 'CCI']], create: ({ period }) => new CommodityChannel(period, false),
});
/** Of the close instead of (high + low + close) / 3: the one the rating uses. */
export const CCI_CLOSE = define({
  name: 'cci_close', title: 'Commodity channel index of the close', unit: 'index', pane: 'own', levels: [-100, 100], params: { period: candles(20) },
  columns: ({ period }) => [[`cci_${period}_close`, 'CCI']], create: ({ period }) => new CommodityChannel(period, true),
});
export const AWESOME = define({
  name: 'ao', title: 'Awesome oscillator', unit: 'change', pane: 'own', levels: [0], params: { fast: candles(5, 'Fast'), slow: candles(34, 'Slow') },
  columns: () => [['ao', 'AO', 'histogram']], create: ({ fast, slow }) => new Awesome(fast, slow),
});
export const POWER = define({
  name: 'power', title: 'Bull and bear power', unit: 'change', pane: 'own', levels: [0], params: { period: candles(13) },
  columns: ({ period }) => [[`bull_power_${period}`, 'Bulls', 'histogram'], [`bear_power_${period}`, 'Bears', 'histogram']], create: ({ period }) => new ElderPower(period),
});
export const ULTIMATE = define({
  name: 'ultosc', title: 'Ultimate oscillator', unit: 'index', pane: 'own', levels: [30, 70], params: { short: candles(7, 'Short'), middle: candles(14, 'Middle'), long: candles(28, 'Long') },
  columns: () => [['ultosc', 'UO']], create: ({ short, middle, long }) => new Ultimate(short, middle, long),
});
