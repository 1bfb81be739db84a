import type { Candle } from '../../market/outputs';
import { Frame } from '../frame';
import { Indicators } from '../indicators';
import { newTally, tally } from '../votes';

/** Names of the features, as drivers show them. Volume and time of day are left out: on real minutes they help nothing. */
export const CANDLE_FEATURES = [
  'return_1', 'return_2', 'return_3', 'return_5', 'return_15', 'return_60', 'rsi_14', 'macd_histogram', 'bollinger_position', 'stoch_k', 'direction_adx',
  'distance_ema_20', 'distance_ema_50', 'close_location', 'body', 'volatility_ratio', 'average_votes',
] as const;
const LAGS = [1, 2, 3, 5, 15, 60] as const;
/** Candles behind the longest window: 100 returns. */
const LEAST = 101;
const RING = 128;
const EMA_20 = 1;
const EMA_50 = 3;

const usable = (c: Candle): boolean => Number.isFinite(c.open + c.high + c.low + c.close + c.volume) && c.low > 0 && c.volume >= 0;

/** What the minutes of one symbol say at their close: momentum, reversion and state, in units of the symbol's own volatility. */
export class CandleFeatures {
  private indicators = new Indicators();
  private readonly closes = new Float64Array(RING);
  private readonly ahead = new Frame();
  private readonly tally = newTally();
  private count = 0;
  /** The newest features; NaN where not defined. */
  readonly raw = new Float64Array(CANDLE_FEATURES.length).fill(NaN);

  /** Takes a closed candle in. true: `raw` has its features; false while there are too few candles. */
  next(c: Candle): boolean {
    if (!usable(c)) {
      this.restart();
      return false;
    }
    const frame = this.indicators.next(c);
    this.closes[this.count % RING] = c.close;
    this.count++;
    return this.read(c, frame, this.count - 1);
  }

  /** The features if this candle closed now, in `raw`; the next closed one is taken in as if it had not been asked. */
  peek(c: Candle): boolean {
    if (!usable(c)) return false;
    // The place written here is the next candle's own.
    this.closes[this.count % RING] = c.close;
    return this.read(c, this.indicators.peek(c, this.ahead), this.count);
  }

  restart(): void {
    this.indicators = new Indicators();
    this.count = 0;
  }

  private close(index: number): number {
    return this.closes[(index + RING) % RING] as number;
  }

  private read(c: Candle, f: Readonly<Frame>, i: number): boolean {
    if (i + 1 < LEAST) return false;
    const { raw } = this;
    const [short, long] = [this.volatility(i, 10), this.volatility(i, 100)];
    LAGS.forEach((lag, k) => (raw[k] = Math.log(c.close / this.close(i - lag)) / (long * Math.sqrt(lag))));
    raw[6] = f.rsi - 50;
    raw[7] = (f.macd - f.macdSignal) / f.atr;
    raw[8] = this.bandPosition(c.close, i);
    raw[9] = f.stochK - 50;
    raw[10] = ((f.plusDi - f.minusDi) * f.adx) / 100;
    raw[11] = (c.close - (f.ema[EMA_20] as number)) / f.atr;
    raw[12] = (c.close - (f.ema[EMA_50] as number)) / f.atr;
    raw[13] = c.high > c.low ? (2 * c.close - c.high - c.low) / (c.high - c.low) : 0;
    raw[14] = (c.close - c.open) / f.atr;
    raw[15] = Math.log(short / long);
    raw[16] = tally(f, this.tally) ? this.tally.ma : NaN;
    return true;
  }

  /** Root mean square of the last returns. */
  private volatility(i: number, bars: number): number {
    let sum = 0;
    for (let k = 0; k < bars; k++) {
      const before = this.close(i - k - 1);
      const r = (this.close(i - k) - before) / before;
      sum += r * r;
    }
    return Math.sqrt(sum / bars);
  }

  /** Distance from the mean of 20 closes in two standard deviations. */
  private bandPosition(close: number, i: number): number {
    let mean = 0, squares = 0;
    for (let k = 0; k < 20; k++) mean += this.close(i - k) / 20;
    for (let k = 0; k < 20; k++) squares += (this.close(i - k) - mean) ** 2;
    return (close - mean) / (2 * Math.sqrt(squares / 20));
  }
}
