import { describe, expect, it } from 'vitest';
import { indicatorOf, type ParamValues } from '@/core/analysis/indicators/registry';
import { strengthOf } from '@/core/analysis/votes';
import type { Candle } from '@/core/market/outputs';

/** Values worked out by hand from the definitions. */
const line = Array.from({ length: 40 }, (_, i) => i + 1);
const flat = line.map(() => 7);
const around = (close: readonly number[], range: number, volume = 2): Candle[] => close.map((c, i) => ({ openTime: i, open: c, high: c + range, low: c - range, close: c, volume }));

/** Values of one column at all candles. */
function column(name: string, candles: readonly Candle[], params: ParamValues = {}, k = 0): number[] {
  const indicator = indicatorOf(name)?.create(params);
  return candles.map((candle) => indicator?.next(candle)[k] ?? NaN);
}
const defined = (x: readonly number[]): number => x.findIndex((v) => !Number.isNaN(v));
const last = (x: readonly number[]): number => x.at(-1) ?? NaN;

describe('indicators by hand', () => {
  it('averages of a straight line', () => {
    const rising = around(line, 1);
    const sma = column('sma', rising, { period: 10 });
    expect([defined(sma), sma[9], last(sma)]).toEqual([9, 5.5, 35.5]);
    // Seeded with 5.5 and following a line of slope 1, an EMA keeps the lag (N - 1) / 2 exactly.
    const ema = column('ema', rising, { period: 10 });
    expect([defined(ema), ema[9], last(ema)]).toEqual([9, 5.5, expect.closeTo(35.5, 10)]);
    // A Hull average of 9 leads: WMA(N) lags (N - 1) / 3.
    const hull = column('hma', rising, { period: 9 });
    expect([defined(hull), last(hull)]).toEqual([10, expect.closeTo(40 - (2 * 1 - 8 / 3) - 2 / 3, 10)]);
    expect(last(column('vwma', rising.map((c, i) => ({ ...c, volume: i === 39 ? 1 : 0 }))))).toBe(40);
    expect(defined(column('vwma', around(line, 1, 0)))).toBe(-1);
  });

  it('oscillators of a straight line and of a flat window', () => {
    const [rising, still, narrow] = [around(line, 0), around(flat, 0), around(flat, 1)];
    const rsi = column('rsi', rising);
    expect([defined(rsi), last(rsi), last(column('rsi', still))]).toEqual([14, 100, 50]);
    expect(last(column('cci_close', still))).toBe(0);
    // Distance to the mean 9.5, mean deviation 5: 9.5 / 0.075.
    expect(last(column('cci_close', rising))).toBeCloseTo(9.5 / 0.075, 9);
    expect([defined(column('willr', still)), defined(column('stoch', still)), last(column('willr', rising))]).toEqual([-1, -1, 0]);
    // The place of an RSI that stands still is chance: it counts as the middle.
    expect(last(column('stochrsi', rising))).toBe(50);
    expect([last(column('ultosc', narrow)), last(column('ultosc', still))]).toEqual([expect.closeTo(50, 10), 0]);
    expect([last(column('mfi', rising)), last(column('mfi', still)), last(column('mfi', around(line, 0, 0)))]).toEqual([100, 50, 50]);
    expect([last(column('aroon', rising, {}, 1)), last(column('aroon', rising, {}, 0)), last(column('aroon', still, {}, 0))]).toEqual([100, 0, 100]);
  });

  it('range, direction and bands', () => {
    const rising = around(line, 1);
    const atr = column('atr', rising);
    expect([defined(atr), last(atr)]).toEqual([14, expect.closeTo(2, 12)]);
    const [adx, plus, minus] = [0, 1, 2].map((k) => column('adx', rising, {}, k)) as [number[], number[], number[]];
    expect([defined(plus), defined(adx)]).toEqual([14, 27]);
    // Every up move is 1 of a range of 2, and there is no down move.
    expect([last(plus), last(minus), last(adx)]).toEqual([expect.closeTo(50, 9), 0, expect.closeTo(100, 9)]);
    expect([0, 1, 2].map((k) => last(column('adx', around(flat, 0), {}, k)))).toEqual([0, 0, 0]);
    // Variance of 1..N is (N^2 - 1) / 12.
    expect(last(column('bb', rising, { width: 1 }, 0))).toBeCloseTo(30.5 + Math.sqrt(399 / 12), 9);
    expect([last(column('donchian', rising, {}, 0)), last(column('donchian', rising, {}, 1))]).toEqual([41, 20]);
    expect([last(column('ichi', rising, {}, 0)), last(column('ichi', rising, {}, 1))]).toEqual([36, 27.5]);
    expect([last(column('supertrend', rising, {}, 1)), last(column('supertrend', around(line.toReversed(), 1), {}, 1))]).toEqual([1, -1]);
  });

  it('the price of the day starts anew at midnight in UTC', () => {
    const day = 86_400_000;
    const candles = [10, 20, 40].map((c, i) => ({ ...(around([c], 0)[0] as Candle), openTime: 5 * day - 120_000 + i * 60_000 }));
    expect(column('vwap', candles)).toEqual([10, 15, 40]);
    expect(column('obv', candles)).toEqual([2, 4, 6]);
  });

  it('class limits belong to the milder class', () => {
    expect([-0.51, -0.5, -0.1, 0.1, 0.11, 0.5, 0.51].map(strengthOf)).toEqual(['STRONG_SELL', 'SELL', 'NEUTRAL', 'NEUTRAL', 'BUY', 'BUY', 'STRONG_BUY']);
  });
});
