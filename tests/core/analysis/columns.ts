import type { Frame } from '@/core/analysis/frame';
import { REFERENCE_SET } from '@/core/analysis/indicators/registry';
import type { Candle } from '@/core/market/outputs';

/** Column -> value in a frame of the fused rating inputs. */
export const FRAME_COLUMNS: Readonly<Record<string, (f: Readonly<Frame>) => number>> = {
  ...Object.fromEntries([10, 20, 30, 50, 100, 200].flatMap((n, k) => [[`sma_${n}`, (f: Readonly<Frame>) => f.sma[k] ?? NaN], [`ema_${n}`, (f: Readonly<Frame>) => f.ema[k] ?? NaN]])),
  hma_9: (f) => f.hma, vwma_20: (f) => f.vwma, ichi_tenkan: (f) => f.conversion, ichi_kijun: (f) => f.base, ichi_senkou_a: (f) => f.spanA, ichi_senkou_b: (f) => f.spanB,
  rsi_14: (f) => f.rsi, stoch_k: (f) => f.stochK, stoch_d: (f) => f.stochD, cci_20_close: (f) => f.cci, adx_14: (f) => f.adx, plus_di_14: (f) => f.plusDi, minus_di_14: (f) => f.minusDi,
  ao: (f) => f.ao, mom_10: (f) => f.momentum, macdc: (f) => f.macd, macdc_signal: (f) => f.macdSignal, stochrsi_k: (f) => f.stochRsiK, stochrsi_d: (f) => f.stochRsiD,
  willr_14: (f) => f.williams, bull_power_13: (f) => f.bull, bear_power_13: (f) => f.bear, ultosc: (f) => f.ultimate, atr_14: (f) => f.atr,
};

/** Every column of the registry's reference set at every candle. */
export function registryColumns(candles: readonly Candle[]): Record<string, number[]> {
  const parts = REFERENCE_SET.map(({ spec, params }) => ({ names: spec.columns(params).map(({ name }) => name), indicator: spec.create(params) }));
  const columns: Record<string, number[]> = Object.fromEntries(parts.flatMap(({ names }) => names.map((name) => [name, []])));
  for (const candle of candles) {
    for (const { names, indicator } of parts) {
      const row = indicator.next(candle);
      names.forEach((name, k) => columns[name]?.push(row[k] ?? NaN));
    }
  }
  return columns;
}

/** Differences of numbers the size of a price: near zero their own rounding (some ulp of the price) exceeds any relative tolerance. */
export const DIFFERENCE = /^(macd|bull|bear|ao|mom|roc|stddev|ad$)/;
