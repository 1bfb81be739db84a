import type { Candle } from '../market/outputs';
import { AVERAGE_PERIODS, Frame, nans } from './frame';
import { placeOfStrength } from './indicators/nodes';
import { restoreInto, snapshotOf, type Snapshot } from './indicators/state';
import { PrefixSums } from './prefixSums';

/** Displacement of the Ichimoku spans, candles. */
const DISPLACEMENT = 26;
/** Wilder's smoothing of RSI, ADX and ATR. */
const WILDER = 14;

/** Highest high and lowest low found by the walk over the newest candles; scratch of one computation, no state. */
const edge = { top: NaN, bottom: NaN };

/** Exponential average of the item `i`, seeded with the mean of the first `period` closes. `parted`: as `Ema` in `indicators/nodes`. */
function nextEma(before: number, x: number, period: number, i: number, closes: PrefixSums, parted = false): number {
  if (i < period) return closes.window(i, x, period) / period;
  const k = 2 / (period + 1);
  return parted ? k * x + (1 - k) * before : (x - before) * k + before;
}

/** Wilder's mean: the plain mean of the first `WILDER` values grows, then each new one replaces one part in `WILDER`. */
function wilder(before: number, x: number, seeded: boolean): number {
  return seeded ? (before * (WILDER - 1) + x) / WILDER : before + x / WILDER;
}

/**
 * The 26 rating inputs and the ATR of one series, candle by candle: `next` takes a closed candle in, `peek` looks at a forming one
 * and changes nothing. Both cost the same whatever the length of the past and allocate nothing. The values are those of the single
 * indicators in `indicators/`; fused here, because the server keeps one set per symbol and timeframe: they share their windows.
 */
export class Indicators {
  /** Candles taken in. */
  count = 0;
  private last = new Frame();
  /** The frame before the last; the next one is written over it. */
  private spare = new Frame();
  private undoable = false;
  private readonly closes = new Float64Array(64);
  private readonly highs = new Float64Array(64);
  private readonly lows = new Float64Array(64);
  private readonly rsis = nans(16);
  private readonly spansA = nans(32);
  private readonly spansB = nans(32);
  private readonly closeSum = new PrefixSums(256);
  private readonly moneySum = new PrefixSums(32);
  private readonly volumeSum = new PrefixSums(32);
  private readonly middleSum = new PrefixSums(64);
  private readonly pressureSum = new PrefixSums(32);
  private readonly rangeSum = new PrefixSums(32);

  /** Takes a closed candle in; its values, valid until the next call. Prices must be finite and positive, the volume not negative. */
  next(c: Candle): Readonly<Frame> {
    const made = this.compute(c, this.spare);
    this.keep(c, made);
    this.spare = this.last;
    this.last = made;
    this.count++;
    this.undoable = true;
    return made;
  }

  /** The values if this candle were the next; nothing is changed but `into`. */
  peek(c: Candle, into: Frame): Readonly<Frame> {
    return this.compute(c, into);
  }

  /** Takes the last candle back, once after each `next`. false: it cannot be. */
  undo(): boolean {
    if (!this.undoable) return false;
    [this.last, this.spare] = [this.spare, this.last];
    this.count--;
    this.undoable = false;
    return true;
  }

  /** What the candles to come depend on, as plain JSON. */
  snapshot(): Snapshot {
    return snapshotOf(this);
  }

  /**
   * Goes on from a snapshot.
   * @throws TypeError when it is none; this object is then of no use.
   */
  restore(snapshot: unknown): this {
    restoreInto(this, snapshot);
    return this;
  }

  /** What later windows need of a candle. */
  private keep(c: Candle, f: Frame): void {
    const i = this.count;
    const before = i === 0 ? c.close : this.last.close;
    const bottom = i === 0 ? c.close : Math.min(c.low, before);
    const top = i === 0 ? c.close : Math.max(c.high, before);
    this.closes[i & 63] = c.close;
    this.highs[i & 63] = c.high;
    this.lows[i & 63] = c.low;
    this.rsis[i & 15] = f.rsi;
    this.spansA[i & 31] = (f.conversion + f.base) / 2;
    this.spansB[i & 31] = this.middleOf(c, 52);
    this.closeSum.put(i, c.close);
    this.moneySum.put(i, c.close * c.volume);
    this.volumeSum.put(i, c.volume);
    this.middleSum.put(i, (c.high + c.low) / 2);
    this.pressureSum.put(i, c.close - bottom);
    this.rangeSum.put(i, top - bottom);
  }

  private compute(c: Candle, f: Frame): Frame {
    const p = this.last;
    f.close = c.close;
    f.high = c.high;
    f.low = c.low;
    this.averages(c, p, f);
    this.ranges(c, p, f);
    this.strength(c, p, f);
    this.direction(c, p, f);
    this.deviation(c, p, f);
    this.momenta(c, p, f);
    return f;
  }

  private averages(c: Candle, p: Frame, f: Frame): void {
    const i = this.count;
    for (let k = 0; k < AVERAGE_PERIODS.length; k++) {
      const period = AVERAGE_PERIODS[k] as number;
      f.sma[k] = this.closeSum.window(i, c.close, period) / period;
      f.ema[k] = nextEma(p.ema[k] as number, c.close, period, i, this.closeSum);
    }
    f.ema12 = nextEma(p.ema12, c.close, 12, i, this.closeSum, true);
    f.ema13 = nextEma(p.ema13, c.close, 13, i, this.closeSum);
    f.ema26 = nextEma(p.ema26, c.close, 26, i, this.closeSum, true);
    const lead = i < 8 ? NaN : 2 * this.weighted(c.close, 4) - this.weighted(c.close, 9);
    f.hma = (3 * lead + 2 * p.lead + p.lead1) / 6;
    f.lead1 = p.lead;
    f.lead = lead;
    const traded = this.volumeSum.window(i, c.volume, 20);
    f.vwma = traded > 0 ? this.moneySum.window(i, c.close * c.volume, 20) / traded : NaN;
  }

  /** Linearly weighted average, the newest heaviest. */
  private weighted(x: number, period: number): number {
    let sum = period * x;
    for (let k = 1; k < period; k++) sum += (period - k) * (this.closes[(this.count - k) & 63] as number);
    return sum / ((period * (period + 1)) / 2);
  }

  /** Widens the edges from those of the newest `from` candles to those of the newest `to`. */
  private widen(from: number, to: number): void {
    let { top, bottom } = edge;
    for (let k = from; k < to; k++) {
      const at = (this.count - k) & 63;
      if ((this.highs[at] as number) > top) top = this.highs[at] as number;
      if ((this.lows[at] as number) < bottom) bottom = this.lows[at] as number;
    }
    edge.top = top;
    edge.bottom = bottom;
  }

  /** Middle of the extremes of `period` candles, the given one included. */
  private middleOf(c: Candle, period: number): number {
    if (this.count + 1 < period) return NaN;
    edge.top = c.high;
    edge.bottom = c.low;
    this.widen(1, period);
    return (edge.top + edge.bottom) / 2;
  }

  /** Ichimoku, stochastic and Williams: one walk back over the extremes. */
  private ranges(c: Candle, p: Frame, f: Frame): void {
    const i = this.count;
    f.conversion = this.middleOf(c, 9);
    f.place1 = p.place;
    f.williams1 = p.williams;
    f.place = NaN;
    if (i >= 13) {
      this.widen(9, 14);
      if (edge.top > edge.bottom) f.place = (100 * (c.close - edge.bottom)) / (edge.top - edge.bottom);
    }
    f.base = NaN;
    if (i >= 25) {
      this.widen(14, 26);
      f.base = (edge.top + edge.bottom) / 2;
    }
    f.williams = f.place - 100;
    const slow = (p.place1 + p.place + f.place) / 3;
    f.stochD = (p.slow1 + p.slow + slow) / 3;
    // K is only used together with D, whose first value is that of candle 17.
    f.stochK = i < 17 ? NaN : slow;
    f.slow1 = p.slow;
    f.slow = slow;
    const displaced = (i - DISPLACEMENT) & 31;
    f.spanA = i < DISPLACEMENT ? NaN : (this.spansA[displaced] as number);
    f.spanB = i < DISPLACEMENT ? NaN : (this.spansB[displaced] as number);
  }

  /** RSI (50 where nothing moved) and its stochastic. */
  private strength(c: Candle, p: Frame, f: Frame): void {
    const i = this.count;
    const change = i === 0 ? 0 : c.close - p.close;
    f.gain = i === 0 ? 0 : wilder(p.gain, change > 0 ? change : 0, i > WILDER);
    f.loss = i === 0 ? 0 : wilder(p.loss, change < 0 ? -change : 0, i > WILDER);
    const moved = f.gain + f.loss;
    f.rsi1 = p.rsi;
    f.rsi = i < WILDER ? NaN : moved > 0 ? (100 * f.gain) / moved : 50;
    f.rsiPlace1 = p.rsiPlace;
    f.rsiPlace = i < 27 ? NaN : this.placeOf(f.rsi);
    f.stochRsiK1 = p.stochRsiK;
    f.stochRsiK = (p.rsiPlace1 + p.rsiPlace + f.rsiPlace) / 3;
    f.stochRsiD = (p.stochRsiK1 + p.stochRsiK + f.stochRsiK) / 3;
  }

  private placeOf(rsi: number): number {
    let top = rsi, bottom = rsi;
    for (let k = 1; k < 14; k++) {
      const x = this.rsis[(this.count - k) & 15] as number;
      if (x > top) top = x;
      if (x < bottom) bottom = x;
    }
    return placeOfStrength(rsi, top, bottom);
  }

  /** Directional movement as TA-Lib: sums over 13 candles, then decay 1/14; when up and down move are equal neither counts. And the ATR. */
  private direction(c: Candle, p: Frame, f: Frame): void {
    const i = this.count;
    f.adx1 = p.adx;
    f.up = f.down = f.range = f.dx = f.dxMean = f.rangeMean = 0;
    f.plusDi = f.minusDi = f.adx = f.atr = NaN;
    if (i === 0) return;
    const range = Math.max(c.high - c.low, Math.abs(c.high - p.close), Math.abs(c.low - p.close));
    f.rangeMean = wilder(p.rangeMean, range, i > WILDER);
    const rise = c.high - p.high;
    const fall = p.low - c.low;
    const keep = i < WILDER ? 1 : 1 - 1 / WILDER;
    f.up = p.up * keep + (rise > 0 && rise > fall ? rise : 0);
    f.down = p.down * keep + (fall > 0 && fall > rise ? fall : 0);
    f.range = p.range * keep + range;
    if (i < WILDER) return;
    f.atr = f.rangeMean;
    f.plusDi = f.range > 0 ? (100 * f.up) / f.range : 0;
    f.minusDi = f.range > 0 ? (100 * f.down) / f.range : 0;
    const both = f.plusDi + f.minusDi;
    f.dx = both > 0 ? (100 * Math.abs(f.plusDi - f.minusDi)) / both : p.dx;
    // Candles 14 to 27 give the 14 values whose mean is the seed.
    f.dxMean = wilder(p.dxMean, f.dx, i >= 2 * WILDER);
    if (i >= 2 * WILDER - 1) f.adx = f.dxMean;
  }

  /** Commodity channel index of the close; 0 where the window is flat. */
  private deviation(c: Candle, p: Frame, f: Frame): void {
    f.cci1 = p.cci;
    f.cci = NaN;
    if (this.count < 19) return;
    const middle = f.sma[1] as number;
    let deviation = Math.abs(c.close - middle);
    for (let k = 1; k < 20; k++) deviation += Math.abs((this.closes[(this.count - k) & 63] as number) - middle);
    // A window of equal prices leaves only the rounding of its mean.
    f.cci = deviation > 1e-13 * Math.abs(middle) * 20 ? (c.close - middle) / ((0.015 * deviation) / 20) : 0;
  }

  private momenta(c: Candle, p: Frame, f: Frame): void {
    const i = this.count;
    f.ao1 = p.ao;
    f.ao2 = p.ao1;
    const middle = (c.high + c.low) / 2;
    f.ao = this.middleSum.window(i, middle, 5) / 5 - this.middleSum.window(i, middle, 34) / 34;
    f.momentum1 = p.momentum;
    f.momentum = i < 10 ? NaN : c.close - (this.closes[(i - 10) & 63] as number);
    f.macd = f.ema12 - f.ema26;
    f.macdSum = i >= 25 && i <= 33 ? p.macdSum + f.macd : 0;
    f.macdSignal = i < 33 ? NaN : i === 33 ? f.macdSum / 9 : 0.2 * f.macd + 0.8 * p.macdSignal;
    f.bull1 = p.bull;
    f.bear1 = p.bear;
    f.bull = c.high - f.ema13;
    f.bear = c.low - f.ema13;
    f.ultimate = i < 28 ? NaN : this.ultimateOf(c, p);
  }

  /** Ultimate oscillator 7, 14, 28. */
  private ultimateOf(c: Candle, p: Frame): number {
    const i = this.count;
    const bottom = Math.min(c.low, p.close);
    const pressure = c.close - bottom;
    const range = Math.max(c.high, p.close) - bottom;
    let sum = 0;
    for (let period = 7, weight = 4; weight >= 1; period *= 2, weight /= 2) {
      const whole = this.rangeSum.window(i, range, period);
      if (whole > 0) sum += (weight * this.pressureSum.window(i, pressure, period)) / whole;
    }
    return (100 * sum) / 7;
  }
}
