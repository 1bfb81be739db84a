import { describe, expect, it } from 'vitest';
import { REFERENCE_SET } from '@/core/analysis/indicators/registry';
import { DIFFERENCE, registryColumns } from '../columns';
import { naiveColumns } from '../naive';
import { candlesOf, compare, DRIFT_SET, EDGE_SET, folder, largestOf, REAL_SETS, table, tolerance } from '../referenceSet';
import { walk } from '../walk';

const HEADER = 'sma_10,sma_20,sma_30,sma_50,sma_100,sma_200,ema_10,ema_20,ema_30,ema_50,ema_100,ema_200,wma_9,hma_9,rsi_14,macd,macd_signal,macd_hist,macdc,macdc_signal,macdc_hist,'
  + 'bb_upper,bb_middle,bb_lower,trange,atr_14,natr_14,adx_14,plus_di_14,minus_di_14,stoch_k,stoch_d,stochrsi_raw,stochrsi_k,stochrsi_d,cci_20,cci_20_close,willr_14,mom_10,roc_10,ultosc,ao,'
  + 'bull_power_13,bear_power_13,sar,aroon_down_14,aroon_up_14,ichi_tenkan,ichi_kijun,ichi_senkou_a,ichi_senkou_b,supertrend_10_3,supertrend_dir,donchian_high_20,donchian_low_20,stddev_20,'
  + 'obv,mfi_14,ad,vwma_20,vwap_utcday';

describe('columns of the indicators', () => {
  it('are those of the reference set, in its order', () => {
    expect(REFERENCE_SET.flatMap(({ spec, params }) => spec.columns(params).map(({ name }) => name)).join(',')).toBe(HEADER);
  });

  it('do not change with what comes after', () => {
    const candles = walk('prefix', 500);
    const whole = registryColumns(candles);
    for (const n of [1, 30, 77, 250, 499]) {
      const garbage = candles.slice(n).map((c, k) => ({ ...c, open: 1, high: 1e7, low: 0.5, close: k % 2 === 0 ? 1e6 : 2, volume: 1e12 }));
      for (const [name, values] of Object.entries(registryColumns([...candles.slice(0, n), ...garbage]))) expect(values.slice(0, n), name).toEqual(whole[name]?.slice(0, n));
    }
  });

  it.each([['usual', 100], ['tiny', 7e-6], ['huge', 9e8]])('equal what their definitions give over whole arrays: %s prices, flat runs, gaps, no trades', (_, level) => {
    const candles = walk('naive', 700, level);
    const naive = naiveColumns(candles);
    const wrong: string[] = [];
    for (const [name, values] of Object.entries(registryColumns(candles))) {
      const expected = naive[name] ?? [];
      const largest = largestOf(expected);
      values.forEach((value, i) => {
        const v = expected[i] ?? NaN;
        // Sums of squares of deviations and money flows are told to a few ulp of what they are made of.
        const rounding = DIFFERENCE.test(name) ? 1e-13 * Math.max(largest, name.startsWith('roc') ? 100 : candles[i]?.close ?? 0) : 0;
        const same = Number.isNaN(v) ? Number.isNaN(value) : Math.abs(value - v) <= (name === 'stddev_20' ? 1e-5 * v : tolerance(name, v, largest)) + rounding;
        if (!same) wrong.push(`${name} ${i}: ${value}, expected ${v}`);
      });
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});

describe.skipIf(!folder)('columns against the reference set (left out without the shared reference folder)', () => {
  it.each(REAL_SETS)('%s: every column within its tolerance, warm-up included', (set) => {
    const rows = table(`${set}.ref.csv`);
    const columns = registryColumns(candlesOf(set));
    expect(Object.keys(rows[0] ?? {}).filter((name) => name !== 'i' && name !== 't' && !(name in columns))).toEqual([]);
    expect(compare(columns, rows, true).wrong.slice(0, 5)).toEqual([]);
  });

  it('12,000 candles: no drift in the last hundred', () => {
    expect(compare(registryColumns(candlesOf(DRIFT_SET)), table(`${DRIFT_SET}.ref.csv`), true).wrong.slice(0, 5)).toEqual([]);
  });

  it('flat, gapping and tiny prices: finite or absent, and equal where the reference gives a value', () => {
    expect(compare(registryColumns(candlesOf(EDGE_SET)), table(`${EDGE_SET}.ref.csv`), false).wrong.slice(0, 5)).toEqual([]);
  });
});
