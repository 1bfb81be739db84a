/** Periods of the simple and exponential averages. */
export const AVERAGE_PERIODS = [10, 20, 30, 50, 100, 200] as const;

/** Numbers not yet defined. */
export const nans = (count: number): Float64Array => new Float64Array(count).fill(NaN);

/**
 * Every value a rating is made of at one candle, and what the next candle needs of it. Definitions and seeding are TA-Lib's or,
 * where TA-Lib has none, the usual ones, as fixed in the reference set's column list. NaN = not defined (warm-up, flat window);
 * it never leaves this folder. A name ending in 1 or 2 is the value one or two candles before.
 */
export class Frame {
  close = NaN;
  high = NaN;
  low = NaN;
  /** By `AVERAGE_PERIODS`. */
  sma = nans(AVERAGE_PERIODS.length);
  ema = nans(AVERAGE_PERIODS.length);
  ema12 = NaN;
  ema13 = NaN;
  ema26 = NaN;
  /** 2 WMA(4) - WMA(9), what the Hull average smooths. */
  lead = NaN;
  lead1 = NaN;
  hma = NaN;
  vwma = NaN;
  conversion = NaN;
  base = NaN;
  /** Ichimoku spans as displayed here: made `DISPLACEMENT` candles before. */
  spanA = NaN;
  spanB = NaN;
  gain = 0;
  loss = 0;
  rsi = NaN;
  rsi1 = NaN;
  /** Place of the close in the range of 14 candles, 0..100. */
  place = NaN;
  place1 = NaN;
  slow = NaN;
  slow1 = NaN;
  stochK = NaN;
  stochD = NaN;
  /** Place of the RSI in its own range of 14. */
  rsiPlace = NaN;
  rsiPlace1 = NaN;
  stochRsiK = NaN;
  stochRsiK1 = NaN;
  stochRsiD = NaN;
  cci = NaN;
  cci1 = NaN;
  up = 0;
  down = 0;
  range = 0;
  dx = 0;
  /** Running mean that becomes `adx` when it is seeded. */
  dxMean = 0;
  plusDi = NaN;
  minusDi = NaN;
  adx = NaN;
  adx1 = NaN;
  ao = NaN;
  ao1 = NaN;
  ao2 = NaN;
  momentum = NaN;
  momentum1 = NaN;
  macd = NaN;
  /** Sum of the first values of `macd`, the seed of its signal line. */
  macdSum = 0;
  macdSignal = NaN;
  williams = NaN;
  williams1 = NaN;
  bull = NaN;
  bull1 = NaN;
  bear = NaN;
  bear1 = NaN;
  ultimate = NaN;
  /** Running mean that becomes `atr` when it is seeded. */
  rangeMean = 0;
  atr = NaN;
}
