import type { Candle } from '@/core/market/outputs';

/**
 * Indicators over an array of candles, oldest first. Definitions and seeding are TA-Lib's or, where TA-Lib has none, the usual
 * ones, as fixed in the reference set's column list; a value is NaN inside this folder where it is not defined (warm-up, flat
 * window) and never leaves it.
 * Recursive ones are computed over everything given; windowed ones only from index `from` on, which is all a rating needs.
 */
export type Series = Float64Array;

function empty(n: number): Series {
  return new Float64Array(n).fill(NaN);
}

/** Simple moving average; NaN while the window is not full of numbers. */
export function sma(x: Series, period: number, from = 0): Series {
  const out = empty(x.length);
  for (let i = Math.max(from, period - 1); i < x.length; i++) {
    let sum = 0;
    for (let k = i - period + 1; k <= i; k++) sum += x[k] as number;
    out[i] = sum / period;
  }
  return out;
}

/** Exponential moving average, k = 2/(N+1), seeded with the mean of the first N numbers (leading NaN are skipped). */
export function ema(x: Series, period: number): Series {
  const out = empty(x.length);
  let first = 0;
  while (first < x.length && Number.isNaN(x[first])) first++;
  const seedAt = first + period - 1;
  if (seedAt >= x.length) return out;
  let value = 0;
  for (let i = first; i <= seedAt; i++) value += x[i] as number;
  value /= period;
  out[seedAt] = value;
  const k = 2 / (period + 1);
  for (let i = seedAt + 1; i < x.length; i++) {
    value = k * (x[i] as number) + (1 - k) * value;
    out[i] = value;
  }
  return out;
}

/** Weighted moving average, the newest heaviest. */
function wma(x: Series, period: number, from: number): Series {
  const out = empty(x.length);
  const weights = (period * (period + 1)) / 2;
  for (let i = Math.max(from, period - 1); i < x.length; i++) {
    let sum = 0;
    for (let k = 0; k < period; k++) sum += (period - k) * (x[i - k] as number);
    out[i] = sum / weights;
  }
  return out;
}

/** Hull moving average of 9: WMA(2 WMA(4) - WMA(9), 3). */
export function hull9(x: Series, from: number): Series {
  const start = Math.max(0, from - 2);
  const short = wma(x, 4, start);
  const long = wma(x, 9, start);
  for (let i = start; i < x.length; i++) short[i] = 2 * (short[i] as number) - (long[i] as number);
  return wma(short, 3, from);
}

/** Volume-weighted moving average; NaN where nothing was traded in the window. */
export function vwma(close: Series, volume: Series, period: number, from: number): Series {
  const out = empty(close.length);
  for (let i = Math.max(from, period - 1); i < close.length; i++) {
    let money = 0, traded = 0;
    for (let k = i - period + 1; k <= i; k++) {
      money += (close[k] as number) * (volume[k] as number);
      traded += volume[k] as number;
    }
    if (traded > 0) out[i] = money / traded;
  }
  return out;
}

function highest(x: Series, end: number, period: number): number {
  let best = -Infinity;
  for (let k = end - period + 1; k <= end; k++) if ((x[k] as number) > best) best = x[k] as number;
  return best;
}

function lowest(x: Series, end: number, period: number): number {
  let best = Infinity;
  for (let k = end - period + 1; k <= end; k++) if ((x[k] as number) < best) best = x[k] as number;
  return best;
}

/** Middle of the highest high and the lowest low of `period` candles. */
export function midRange(high: Series, low: Series, period: number, from: number): Series {
  const out = empty(high.length);
  for (let i = Math.max(from, period - 1); i < high.length; i++) out[i] = (highest(high, i, period) + lowest(low, i, period)) / 2;
  return out;
}

/** Place of x in the range of `high` and `low`, 0..100; NaN for a range of zero. */
export function rangePosition(x: Series, high: Series, low: Series, period: number, from: number): Series {
  const out = empty(x.length);
  for (let i = Math.max(from, period - 1); i < x.length; i++) {
    const top = highest(high, i, period);
    const bottom = lowest(low, i, period);
    if (top > bottom) out[i] = (100 * ((x[i] as number) - bottom)) / (top - bottom);
  }
  return out;
}

/** Wilder's RSI, seeded with the mean of the first gains and losses; 50 where nothing moved. */
export function rsi(close: Series, period: number): Series {
  const out = empty(close.length);
  let gain = 0, loss = 0;
  for (let i = 1; i < close.length; i++) {
    const change = (close[i] as number) - (close[i - 1] as number);
    const up = change > 0 ? change : 0;
    const down = change < 0 ? -change : 0;
    if (i <= period) {
      gain += up / period;
      loss += down / period;
    } else {
      gain = (gain * (period - 1) + up) / period;
      loss = (loss * (period - 1) + down) / period;
    }
    if (i >= period) out[i] = gain + loss > 0 ? (100 * gain) / (gain + loss) : 50;
  }
  return out;
}

/** Commodity channel index of any series; 0 where the window is flat. */
export function cci(x: Series, period: number, from: number): Series {
  const out = empty(x.length);
  const average = sma(x, period, from);
  for (let i = Math.max(from, period - 1); i < x.length; i++) {
    const middle = average[i] as number;
    let deviation = 0;
    for (let k = i - period + 1; k <= i; k++) deviation += Math.abs((x[k] as number) - middle);
    const d = (x[i] as number) - middle;
    // A window of equal prices leaves only the rounding of its mean.
    out[i] = deviation > 1e-13 * Math.abs(middle) * period ? d / ((0.015 * deviation) / period) : 0;
  }
  return out;
}

/** True range; NaN for the first candle. */
export function trueRange(c: Columns): Series {
  const out = empty(c.close.length);
  for (let i = 1; i < out.length; i++) {
    const before = c.close[i - 1] as number;
    const h = c.high[i] as number;
    const l = c.low[i] as number;
    out[i] = Math.max(h - l, Math.abs(h - before), Math.abs(l - before));
  }
  return out;
}

/** Wilder's average true range, seeded with the mean of the first N ranges (index N). */
export function atr(c: Columns, period: number): Series {
  const range = trueRange(c);
  const out = empty(range.length);
  let value = 0;
  for (let i = 1; i < range.length; i++) {
    const r = range[i] as number;
    value = i <= period ? value + r / period : (value * (period - 1) + r) / period;
    if (i >= period) out[i] = value;
  }
  return out;
}

/** Directional movement: sums over N-1 candles first, then decay 1/N; when up and down move are equal neither counts (TA-Lib). */
export function directional(c: Columns, period: number): { adx: Series; plus: Series; minus: Series } {
  const n = c.close.length;
  const [adx, plus, minus] = [empty(n), empty(n), empty(n)];
  const range = trueRange(c);
  let up = 0, down = 0, total = 0, dx = 0, adxValue = 0;
  for (let i = 1; i < n; i++) {
    const rise = (c.high[i] as number) - (c.high[i - 1] as number);
    const fall = (c.low[i - 1] as number) - (c.low[i] as number);
    const keep = i < period ? 1 : 1 - 1 / period;
    up = up * keep + (rise > 0 && rise > fall ? rise : 0);
    down = down * keep + (fall > 0 && fall > rise ? fall : 0);
    total = total * keep + (range[i] as number);
    if (i < period) continue;
    const p = total > 0 ? (100 * up) / total : 0;
    const m = total > 0 ? (100 * down) / total : 0;
    plus[i] = p;
    minus[i] = m;
    if (p + m > 0) dx = (100 * Math.abs(p - m)) / (p + m);
    // Candles N .. 2N-1 give the N values whose mean is the seed.
    if (i < 2 * period) adxValue += dx / period;
    else adxValue = (adxValue * (period - 1) + dx) / period;
    if (i >= 2 * period - 1) adx[i] = adxValue;
  }
  return { adx, plus, minus };
}

/** Ultimate oscillator 7, 14, 28. */
export function ultimate(c: Columns, from: number): Series {
  const out = empty(c.close.length);
  for (let i = Math.max(from, 28); i < c.close.length; i++) {
    let pressure = 0, range = 0, sum = 0;
    for (let k = 0; k < 28; k++) {
      const before = c.close[i - k - 1] as number;
      const bottom = Math.min(c.low[i - k] as number, before);
      pressure += (c.close[i - k] as number) - bottom;
      range += Math.max(c.high[i - k] as number, before) - bottom;
      const weight = k === 6 ? 4 : k === 13 ? 2 : k === 27 ? 1 : 0;
      if (weight > 0 && range > 0) sum += (weight * pressure) / range;
    }
    out[i] = (100 * sum) / 7;
  }
  return out;
}

/** Candles by column. */
export interface Columns {
  readonly open: Series;
  readonly high: Series;
  readonly low: Series;
  readonly close: Series;
  readonly volume: Series;
}

export function columnsOf(candles: readonly Candle[]): Columns {
  const n = candles.length;
  const columns = { open: new Float64Array(n), high: new Float64Array(n), low: new Float64Array(n), close: new Float64Array(n), volume: new Float64Array(n) };
  // A plain loop: Float64Array.from with a function goes through an iterator and costs ten times as much.
  for (let i = 0; i < n; i++) {
    const c = candles[i] as Candle;
    columns.open[i] = c.open;
    columns.high[i] = c.high;
    columns.low[i] = c.low;
    columns.close[i] = c.close;
    columns.volume[i] = c.volume;
  }
  return columns;
}

/** a - b, from index `from` on. */
export function difference(a: Series, b: Series, from: number): Series {
  const out = empty(a.length);
  for (let i = from; i < a.length; i++) out[i] = (a[i] as number) - (b[i] as number);
  return out;
}

/** (a + b) / 2, from index `from` on. */
export function average(a: Series, b: Series, from: number): Series {
  const out = empty(a.length);
  for (let i = from; i < a.length; i++) out[i] = ((a[i] as number) + (b[i] as number)) / 2;
  return out;
}
