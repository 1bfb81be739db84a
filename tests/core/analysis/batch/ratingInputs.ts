import { atr, average, cci, columnsOf, difference, directional, ema, hull9, midRange, rangePosition, rsi, sma, ultimate, vwma, type Columns, type Series } from './indicators';
import type { Candle } from '@/core/market/outputs';

/** Periods of the simple and exponential averages. */
export const AVERAGE_PERIODS = [10, 20, 30, 50, 100, 200] as const;

/** Candles before the rated one that the voting rules look at (awesome oscillator). */
export const LOOK_BACK = 3;
/** Displacement of the Ichimoku spans, candles. */
const DISPLACEMENT = 26;

/** Every series the rating votes on; names are those of the reference columns. */
export interface RatingInputs {
  readonly close: Series;
  readonly sma: readonly Series[];
  readonly ema: readonly Series[];
  readonly hma: Series;
  readonly vwma: Series;
  readonly tenkan: Series;
  readonly kijun: Series;
  readonly senkouA: Series;
  readonly senkouB: Series;
  readonly rsi: Series;
  readonly stochK: Series;
  readonly stochD: Series;
  readonly cci: Series;
  readonly adx: Series;
  readonly plusDi: Series;
  readonly minusDi: Series;
  readonly ao: Series;
  readonly momentum: Series;
  readonly macd: Series;
  readonly macdSignal: Series;
  readonly stochRsiK: Series;
  readonly stochRsiD: Series;
  readonly williams: Series;
  readonly bull: Series;
  readonly bear: Series;
  readonly ultimate: Series;
  readonly atr: Series;
}

/** Moves a series `DISPLACEMENT` candles forward. */
function displaced(x: Series): Series {
  const out = new Float64Array(x.length).fill(NaN);
  out.set(x.subarray(0, Math.max(0, x.length - DISPLACEMENT)), Math.min(DISPLACEMENT, x.length));
  return out;
}

function momentumOf(close: Series, from: number): Series {
  const out = new Float64Array(close.length).fill(NaN);
  for (let i = Math.max(10, from); i < close.length; i++) out[i] = (close[i] as number) - (close[i - 10] as number);
  return out;
}

function williamsOf(c: Columns, from: number): Series {
  const out = rangePosition(c.close, c.high, c.low, 14, from);
  for (let i = from; i < out.length; i++) out[i] = (out[i] as number) - 100;
  return out;
}

/** Computes the inputs for rating the candles from index `first` on; earlier values of windowed series may be left out. */
export function ratingInputs(candles: readonly Candle[], first: number): RatingInputs {
  const c = columnsOf(candles);
  const { high, low, close } = c;
  const from = Math.max(0, first - LOOK_BACK);
  const spanFrom = Math.max(0, from - DISPLACEMENT);
  const tenkan = midRange(high, low, 9, spanFrom);
  const kijun = midRange(high, low, 26, spanFrom);
  const middle = average(high, low, Math.max(0, from - 34));
  const slowK = sma(rangePosition(close, high, low, 14, Math.max(0, from - 4)), 3, Math.max(0, from - 2));
  const stochD = sma(slowK, 3, from);
  const strength = rsi(close, 14);
  // Undefined where the window still holds undefined RSI values: NaN never wins a comparison, so it is cut off by index.
  const stochRsi = rangePosition(strength, strength, strength, 14, Math.max(27, from - 4));
  const stochRsiK = sma(stochRsi, 3, Math.max(29, from - 2));
  // From its beginning: the signal line is recursive.
  const macd = difference(ema(close, 12), ema(close, 26), 0);
  const ema13 = ema(close, 13);
  const movement = directional(c, 14);
  return {
    close,
    sma: AVERAGE_PERIODS.map((n) => sma(close, n, from)),
    ema: AVERAGE_PERIODS.map((n) => ema(close, n)),
    hma: hull9(close, from),
    vwma: vwma(close, c.volume, 20, from),
    tenkan,
    kijun,
    senkouA: displaced(average(tenkan, kijun, spanFrom)),
    senkouB: displaced(midRange(high, low, 52, spanFrom)),
    rsi: strength,
    // K is only used together with D.
    stochK: slowK.fill(NaN, 0, Math.min(slowK.length, 17)),
    stochD,
    cci: cci(close, 20, from),
    adx: movement.adx,
    plusDi: movement.plus,
    minusDi: movement.minus,
    ao: difference(sma(middle, 5, from), sma(middle, 34, from), from),
    momentum: momentumOf(close, from),
    macd,
    macdSignal: ema(macd, 9),
    stochRsiK,
    stochRsiD: sma(stochRsiK, 3, Math.max(31, from)),
    williams: williamsOf(c, from),
    bull: difference(high, ema13, from),
    bear: difference(low, ema13, from),
    ultimate: ultimate(c, from),
    atr: atr(c, 14),
  };
}
