import type { Candle } from '@/core/market/outputs';

/*
 * Every column of the reference set worked out over whole arrays, straight from its definition and without any of the product's
 * code: each window is cut out and computed anew. Slow, plain, and independent.
 */
type Series = number[];

const sum = (x: Series): number => x.reduce((total, v) => total + v, 0);
const zip = (a: Series, b: Series, f: (a: number, b: number) => number): Series => a.map((v, i) => f(v, b[i] ?? NaN));
/** f of each window of n, NaN before the first. */
const rolling = (x: Series, n: number, f: (window: Series) => number): Series => x.map((_, i) => (i + 1 < n ? NaN : f(x.slice(i + 1 - n, i + 1))));
const shift = (x: Series, n: number): Series => x.map((_, i) => x[i - n] ?? NaN);
const mean = (w: Series): number => sum(w) / w.length;
const sma = (x: Series, n: number): Series => rolling(x, n, mean);
const wma = (x: Series, n: number): Series => rolling(x, n, (w) => sum(w.map((v, k) => v * (k + 1))) / ((n * (n + 1)) / 2));
const highest = (x: Series, n: number): Series => rolling(x, n, (w) => Math.max(...w));
const lowest = (x: Series, n: number): Series => rolling(x, n, (w) => Math.min(...w));
const deviation = (w: Series): number => Math.sqrt(mean(w.map((v) => (v - mean(w)) ** 2)));
const cci = (x: Series, n: number): Series => rolling(x, n, (w) => {
  const spread = mean(w.map((v) => Math.abs(v - mean(w))));
  return spread <= 1e-13 * mean(w) ? 0 : ((w.at(-1) ?? NaN) - mean(w)) / (0.015 * spread);
});
const place = (x: Series, top: Series, bottom: Series): Series => x.map((v, i) => ((top[i] ?? NaN) > (bottom[i] ?? NaN) ? (100 * (v - (bottom[i] ?? NaN))) / ((top[i] ?? NaN) - (bottom[i] ?? NaN)) : NaN));
/** Hides the values before index i. */
const from = (x: Series, start: number): Series => x.map((v, i) => (i < start ? NaN : v));

/** Recursive mean, seeded with the plain mean of the first n numbers. */
function ema(x: Series, n: number, k = 2 / (n + 1)): Series {
  const first = x.findIndex((v) => !Number.isNaN(v));
  let value = NaN;
  return x.map((v, i) => {
    if (first === -1 || i < first + n - 1) return NaN;
    value = i === first + n - 1 ? mean(x.slice(first, i + 1)) : k * v + (1 - k) * value;
    return value;
  });
}
const wilder = (x: Series, n: number): Series => ema(x, n, 1 / n);

/** Sums of the first n - 1 numbers, then decay. */
function wilderSum(x: Series, n: number): Series {
  let total = 0;
  return x.map((v, i) => {
    if (i === 0) return NaN;
    total = i < n ? total + v : total * (1 - 1 / n) + v;
    return i < n ? NaN : total;
  });
}

function rsi(close: Series, n: number): Series {
  const change = zip(close, shift(close, 1), (a, b) => a - b);
  const gain = wilder(change.map((d) => (Number.isNaN(d) ? NaN : Math.max(d, 0))), n);
  const loss = wilder(change.map((d) => (Number.isNaN(d) ? NaN : Math.max(-d, 0))), n);
  return zip(gain, loss, (g, l) => (g + l === 0 ? 50 : 100 * (1 - l / (g + l))));
}

function directional(high: Series, low: Series, range: Series, n: number): Record<string, Series> {
  const rise = zip(high, shift(high, 1), (a, b) => a - b);
  const fall = zip(shift(low, 1), low, (a, b) => a - b);
  const total = wilderSum(range, n);
  const share = (x: Series): Series => zip(wilderSum(x, n), total, (v, t) => (t === 0 ? 0 : (100 * v) / t));
  const plus = share(zip(rise, fall, (r, f) => (r > f && r > 0 ? r : 0)));
  const minus = share(zip(fall, rise, (f, r) => (f > r && f > 0 ? f : 0)));
  let last = 0;
  const index = zip(plus, minus, (p, m) => (last = p + m === 0 ? last : (100 * Math.abs(p - m)) / (p + m)));
  return { adx_14: wilder(index, n), plus_di_14: plus, minus_di_14: minus };
}

/** Parabolic stop, long and short written out each. */
function sar(high: Series, low: Series): Series {
  const at = (x: Series, i: number): number => x[i] ?? NaN;
  const out: Series = high.map(() => NaN);
  const falls = at(low, 0) - at(low, 1), rises = at(high, 1) - at(high, 0);
  let long = !(falls > 0 && falls > rises), speed = 0.02;
  let stop = long ? at(low, 0) : at(high, 0), best = long ? at(high, 1) : at(low, 1);
  for (let i = 1; i < high.length; i++) {
    const lows = [at(low, Math.max(1, i - 1)), at(low, i)], highs = [at(high, Math.max(1, i - 1)), at(high, i)];
    const crossed = long ? at(low, i) <= stop : at(high, i) >= stop;
    if (crossed) {
      stop = long ? Math.max(best, ...highs) : Math.min(best, ...lows);
      long = !long;
      speed = 0.02;
      best = long ? at(high, i) : at(low, i);
    }
    out[i] = stop;
    if (!crossed && (long ? at(high, i) > best : at(low, i) < best)) {
      best = long ? at(high, i) : at(low, i);
      speed = Math.min(0.2, speed + 0.02);
    }
    stop += speed * (best - stop);
    stop = long ? Math.min(stop, ...lows) : Math.max(stop, ...highs);
  }
  return out;
}

function supertrend(high: Series, low: Series, close: Series, range: Series): Record<string, Series> {
  const atr = wilder(range, 10);
  const line: Series = [], side: Series = [];
  let upper = NaN, lower = NaN, up = true;
  close.forEach((c, i) => {
    const middle = ((high[i] ?? NaN) + (low[i] ?? NaN)) / 2, half = 3 * (atr[i] ?? NaN);
    if (i >= 10) {
      if (i === 10) [upper, lower, up] = [middle + half, middle - half, c >= middle];
      if (middle + half < upper || (close[i - 1] ?? NaN) > upper) upper = middle + half;
      if (middle - half > lower || (close[i - 1] ?? NaN) < lower) lower = middle - half;
      up = up ? c > lower : c > upper;
    }
    line.push(i < 10 ? NaN : up ? lower : upper);
    side.push(i < 10 ? NaN : up ? 1 : -1);
  });
  return { supertrend_10_3: line, supertrend_dir: side };
}

function volumes(c: readonly Candle[], close: Series): Record<string, Series> {
  const volume = c.map((x) => x.volume);
  const typical = c.map((x) => (x.high + x.low + x.close) / 3);
  const flow = typical.map((p, i) => (i === 0 ? NaN : Math.sign(p - (typical[i - 1] ?? NaN)) * p * (volume[i] ?? NaN)));
  let obv = 0, ad = 0;
  return {
    obv: close.map((p, i) => (obv += (i === 0 ? 1 : Math.sign(p - (close[i - 1] ?? NaN))) * (volume[i] ?? NaN))),
    mfi_14: rolling(flow, 14, (w) => {
      const all = sum(w.map(Math.abs));
      return all === 0 ? 50 : (100 * sum(w.map((v) => (Number.isNaN(v) ? NaN : Math.max(v, 0))))) / all;
    }),
    ad: c.map((x) => (ad += x.high > x.low ? ((2 * x.close - x.low - x.high) / (x.high - x.low)) * x.volume : 0)),
    vwma_20: c.map((_, i) => {
      const window = c.slice(Math.max(0, i - 19), i + 1);
      const traded = sum(window.map((x) => x.volume));
      return i < 19 || traded === 0 ? NaN : sum(window.map((x) => x.close * x.volume)) / traded;
    }),
    vwap_utcday: c.map((x, i) => {
      const day = c.slice(0, i + 1).filter((y) => Math.floor(y.openTime / 86_400_000) === Math.floor(x.openTime / 86_400_000));
      const traded = sum(day.map((y) => y.volume));
      return traded === 0 ? NaN : sum(day.map((y) => ((y.high + y.low + y.close) / 3) * y.volume)) / traded;
    }),
  };
}

/** Name of the column -> its values. */
export function naiveColumns(c: readonly Candle[]): Record<string, Series> {
  const high = c.map((x) => x.high), low = c.map((x) => x.low), close = c.map((x) => x.close);
  const middle = c.map((x) => (x.high + x.low) / 2), typical = c.map((x) => (x.high + x.low + x.close) / 3);
  const before = shift(close, 1);
  const range = c.map((x, i) => Math.max(x.high - x.low, Math.abs(x.high - (before[i] ?? NaN)), Math.abs(x.low - (before[i] ?? NaN))));
  const minus = (a: Series, b: Series): Series => zip(a, b, (x, y) => x - y);
  const half = (n: number): Series => zip(highest(high, n), lowest(low, n), (a, b) => (a + b) / 2);
  const strength = rsi(close, 14);
  const rawRsi = zip(zip(highest(strength, 14), lowest(strength, 14), (t, b) => t - b), place(strength, highest(strength, 14), lowest(strength, 14)), (r, p) => (r < 1e-9 ? 50 : p));
  const stochK = sma(place(close, highest(high, 14), lowest(low, 14)), 3);
  const late = minus(ema(from(close, 14), 12), ema(close, 26));
  const classic = minus(ema(close, 12), ema(close, 26));
  const atr = wilder(range, 14);
  const aroon = (x: Series, best: (...v: Series) => number): Series => rolling(x, 15, (w) => (100 * w.lastIndexOf(best(...w))) / 14);
  const pressure = minus(close, zip(low, before, (a, b) => Math.min(a, b)));
  const reach = minus(zip(high, before, (a, b) => Math.max(a, b)), zip(low, before, (a, b) => Math.min(a, b)));
  const part = (n: number): Series => zip(rolling(pressure, n, sum), rolling(reach, n, sum), (p, r) => (r === 0 ? 0 : p / r));
  return {
    ...Object.fromEntries([10, 20, 30, 50, 100, 200].flatMap((n) => [[`sma_${n}`, sma(close, n)], [`ema_${n}`, ema(close, n)]])),
    wma_9: wma(close, 9), hma_9: wma(zip(wma(close, 4), wma(close, 9), (a, b) => 2 * a - b), 3), rsi_14: strength,
    macd: from(late, 33), macd_signal: ema(late, 9), macd_hist: minus(late, ema(late, 9)),
    macdc: classic, macdc_signal: ema(classic, 9), macdc_hist: minus(classic, ema(classic, 9)),
    bb_upper: rolling(close, 20, (w) => mean(w) + 2 * deviation(w)), bb_middle: sma(close, 20), bb_lower: rolling(close, 20, (w) => mean(w) - 2 * deviation(w)), stddev_20: rolling(close, 20, deviation),
    trange: range, atr_14: atr, natr_14: zip(atr, close, (a, p) => (100 * a) / p), ...directional(high, low, range, 14),
    stoch_k: from(stochK, 17), stoch_d: sma(stochK, 3), stochrsi_raw: from(rawRsi, 29), stochrsi_k: sma(rawRsi, 3), stochrsi_d: sma(sma(rawRsi, 3), 3),
    cci_20: cci(typical, 20), cci_20_close: cci(close, 20), willr_14: place(close, highest(high, 14), lowest(low, 14)).map((v) => v - 100),
    mom_10: minus(close, shift(close, 10)), roc_10: zip(close, shift(close, 10), (a, b) => (100 * (a - b)) / b),
    ultosc: zip(zip(part(7), part(14), (a, b) => 4 * a + 2 * b), part(28), (a, b) => (100 * (a + b)) / 7), ao: minus(sma(middle, 5), sma(middle, 34)),
    bull_power_13: minus(high, ema(close, 13)), bear_power_13: minus(low, ema(close, 13)), sar: sar(high, low), aroon_up_14: aroon(high, Math.max), aroon_down_14: aroon(low, Math.min),
    ichi_tenkan: half(9), ichi_kijun: half(26), ichi_senkou_a: shift(zip(half(9), half(26), (a, b) => (a + b) / 2), 26), ichi_senkou_b: shift(half(52), 26),
    ...supertrend(high, low, close, range), donchian_high_20: highest(high, 20), donchian_low_20: lowest(low, 20), ...volumes(c, close),
  };
}
