import type { Candle } from '../../market/outputs';
import { candles, define, Indicator } from './indicator';
import { Extreme, placeIn, placeOfStrength, Range, Sum, wilder, type Ema } from './nodes';

/** Wilder's relative strength: 50 where nothing moved. */
class Strength {
  private readonly gain: Ema;
  private readonly loss: Ema;
  private close = NaN;

  constructor(period: number) {
    this.gain = wilder(period);
    this.loss = wilder(period);
  }

  step(c: Candle, commit: boolean): number {
    const change = c.close - this.close;
    if (commit) this.close = c.close;
    const first = Number.isNaN(change);
    const gain = this.gain.step(first ? NaN : Math.max(0, change), commit);
    const loss = this.loss.step(first ? NaN : Math.max(0, -change), commit);
    return gain + loss === 0 ? 50 : 100 * (gain / (gain + loss));
  }
}

class RelativeStrength extends Indicator {
  private readonly strength: Strength;

  constructor(period: number) {
    super(1);
    this.strength = new Strength(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = this.strength.step(c, commit);
  }
}

class Stochastic extends Indicator {
  private readonly range: Range;
  private readonly slow: Sum;
  private readonly slower: Sum;
  private count = 0;
  /** Candles before D: K is shown together with it. */
  private readonly start: number;

  constructor(period: number, private readonly smooth: number, private readonly signal: number) {
    super(2);
    this.range = new Range(period);
    this.slow = new Sum(smooth);
    this.slower = new Sum(signal);
    this.start = period + smooth + signal - 3;
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const k = this.slow.step(placeIn(c.close, this.range.high(c, commit), this.range.low(c, commit)), commit) / this.smooth;
    out[0] = this.count < this.start ? NaN : k;
    out[1] = this.slower.step(k, commit) / this.signal;
    if (commit && this.count < this.start) this.count++;
  }
}

class StochasticStrength extends Indicator {
  private readonly strength: Strength;
  private readonly top: Extreme;
  private readonly bottom: Extreme;
  private readonly slow: Sum;
  private readonly slower: Sum;
  private count = 0;
  /** Candles before K: the raw value is shown together with it. */
  private readonly start: number;

  constructor(rsi: number, period: number, private readonly smooth: number, private readonly signal: number) {
    super(3);
    this.strength = new Strength(rsi);
    this.top = new Extreme(period, 1);
    this.bottom = new Extreme(period, -1);
    this.slow = new Sum(smooth);
    this.slower = new Sum(signal);
    this.start = rsi + period + smooth - 2;
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    const strength = this.strength.step(c, commit);
    const raw = placeOfStrength(strength, this.top.step(strength, commit), this.bottom.step(strength, commit));
    const k = this.slow.step(raw, commit) / this.smooth;
    out[0] = this.count < this.start ? NaN : raw;
    out[1] = k;
    out[2] = this.slower.step(k, commit) / this.signal;
    if (commit && this.count < this.start) this.count++;
  }
}

class Williams extends Indicator {
  private readonly range: Range;

  constructor(period: number) {
    super(1);
    this.range = new Range(period);
  }

  protected step(c: Candle, commit: boolean, out: Float64Array): void {
    out[0] = placeIn(c.close, this.range.high(c, commit), this.range.low(c, commit)) - 100;
  }
}

export const RSI = define({
  name: 'rsi', title: 'Relative strength index', unit: 'index', pane: 'own', levels: [30, 70], params: { period: candles(14) },
  columns: ({ period }) => [[`rsi_${period}`, 'RSI']], create: ({ period }) => new RelativeStrength(period),
});
/** Slow: both lines are plain means. */
export const STOCHASTIC = define({
  name: 'stoch', title: 'Stochastic', unit: 'index', pane: 'own', levels: [20, 80], params: { period: candles(14), smooth: candles(3, 'Smoothing of K', 1), signal: candles(3, 'D', 1) },
  columns: () => [['stoch_k', 'K'], ['stoch_d', 'D']], create: ({ period, smooth, signal }) => new Stochastic(period, smooth, signal),
});
/** Place of the RSI in its own range, 0..100. */
export const STOCHASTIC_RSI = define({
  name: 'stochrsi', title: 'Stochastic RSI', unit: 'index', pane: 'own', levels: [20, 80],
  params: { rsi: candles(14, 'RSI'), period: candles(14), smooth: candles(3, 'K', 1), signal: candles(3, 'D', 1) },
  columns: () => [['stochrsi_raw', 'Unsmoothed', 'none'], ['stochrsi_k', 'K'], ['stochrsi_d', 'D']],
  create: ({ rsi, period, smooth, signal }) => new StochasticStrength(rsi, period, smooth, signal),
});
/** -100 = at the low, 0 = at the high. */
export const WILLIAMS = define({
  name: 'willr', title: 'Williams %R', unit: 'index', pane: 'own', levels: [-80, -20], params: { period: candles(14) },
  columns: ({ period }) => [[`willr_${period}`, '%R']], create: ({ period }) => new Williams(period),
});
