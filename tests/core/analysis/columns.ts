import type { Frame } from '@/core/analysis/frame';
import type { RatingInputs } from './batch/ratingInputs';

/** Reference column -> value in a frame. */
export const COLUMNS: Readonly<Record<string, (f: Readonly<Frame>) => number>> = {
  ...Object.fromEntries([10, 20, 30, 50, 100, 200].flatMap((n, k) => [[`sma_${n}`, (f: Readonly<Frame>) => f.sma[k] ?? NaN], [`ema_${n}`, (f: Readonly<Frame>) => f.ema[k] ?? NaN]])),
  hma_9: (f) => f.hma, vwma_20: (f) => f.vwma, ichi_tenkan: (f) => f.conversion, ichi_kijun: (f) => f.base, ichi_senkou_a: (f) => f.spanA, ichi_senkou_b: (f) => f.spanB,
  rsi_14: (f) => f.rsi, stoch_k: (f) => f.stochK, stoch_d: (f) => f.stochD, cci_20_close: (f) => f.cci, adx_14: (f) => f.adx, plus_di_14: (f) => f.plusDi, minus_di_14: (f) => f.minusDi,
  ao: (f) => f.ao, mom_10: (f) => f.momentum, macdc: (f) => f.macd, macdc_signal: (f) => f.macdSignal, stochrsi_k: (f) => f.stochRsiK, stochrsi_d: (f) => f.stochRsiD,
  willr_14: (f) => f.williams, bull_power_13: (f) => f.bull, bear_power_13: (f) => f.bear, ultosc: (f) => f.ultimate, atr_14: (f) => f.atr,
};

/** The same columns computed over whole arrays. */
export function batchColumns(x: RatingInputs): Record<string, Float64Array | undefined> {
  return {
    ...Object.fromEntries([10, 20, 30, 50, 100, 200].flatMap((n, k) => [[`sma_${n}`, x.sma[k]], [`ema_${n}`, x.ema[k]]])),
    hma_9: x.hma, vwma_20: x.vwma, ichi_tenkan: x.tenkan, ichi_kijun: x.kijun, ichi_senkou_a: x.senkouA, ichi_senkou_b: x.senkouB,
    rsi_14: x.rsi, stoch_k: x.stochK, stoch_d: x.stochD, cci_20_close: x.cci, adx_14: x.adx, plus_di_14: x.plusDi, minus_di_14: x.minusDi,
    ao: x.ao, mom_10: x.momentum, macdc: x.macd, macdc_signal: x.macdSignal, stochrsi_k: x.stochRsiK, stochrsi_d: x.stochRsiD,
    willr_14: x.williams, bull_power_13: x.bull, bear_power_13: x.bear, ultosc: x.ultimate, atr_14: x.atr,
  };
}

/** Differences of two numbers the size of a price: near zero their own rounding (a few ulp of the price) exceeds any relative tolerance. */
export const DIFFERENCE = /^(macdc|bull|bear|ao$)/;
/** Compared by their absolute difference. */
export const ABSOLUTE = /^(stoch|willr|cci|adx)/;
