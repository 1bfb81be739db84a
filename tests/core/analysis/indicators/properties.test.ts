import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indicatorOf, INDICATORS, type Indicator, type IndicatorSpec } from '@/core/analysis/indicators/registry';
import type { Candle } from '@/core/market/outputs';
import { walk } from '../walk';

const CANDLES = walk('properties', 1_200);
const GARBAGE: Candle = { openTime: 9e12, open: 3, high: 1e7, low: 0.5, close: 1e6, volume: 1e12 };
/** As JSON would carry it. */
const carried = (indicator: Indicator): unknown => JSON.parse(JSON.stringify(indicator.snapshot()));
const text = (row: ArrayLike<number>): string => Array.from(row, String).join(' ');
const fed = (spec: IndicatorSpec, candles: readonly Candle[]): Indicator => {
  const made = spec.create();
  for (const candle of candles) made.next(candle);
  return made;
};
const KINDS = INDICATORS.map((spec) => [spec.name, spec] as const);

describe.each(KINDS)('%s', (_, spec) => {
  const width = spec.columns().length;

  it('peek is next on a copy and leaves no trace, at 500 places', () => {
    const indicator = spec.create();
    const ahead = new Float64Array(width);
    const traces: number[] = [];
    CANDLES.slice(0, 500).forEach((candle, i) => {
      const before = JSON.stringify(indicator.snapshot());
      const looked = text(indicator.peek(i % 7 === 3 ? GARBAGE : candle, ahead));
      const same = JSON.stringify(indicator.snapshot()) === before;
      if (!same || text(spec.create().restore(JSON.parse(before)).next(i % 7 === 3 ? GARBAGE : candle)) !== looked) traces.push(i);
      indicator.next(candle);
    });
    expect(traces).toEqual([]);
  });

  it('goes on from a snapshot as if nothing had happened, whatever comes after', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 900 }), (n) => {
      const whole = fed(spec, CANDLES.slice(0, n));
      const copy = spec.create().restore(carried(whole));
      // What the first one sees later is nothing to the copy.
      const other = spec.create().restore(carried(whole));
      other.next(GARBAGE);
      for (const candle of CANDLES.slice(n, n + 80)) expect(text(copy.next(candle))).toBe(text(whole.next(candle)));
    }), { numRuns: 15 });
  });

  it('gives one number per column, finite or absent, on flat, gapping, tiny and huge prices', () => {
    for (const level of [100, 7e-6, 9e8]) {
      const indicator = spec.create();
      let defined = 0;
      for (const candle of walk('finite', 400, level)) {
        const row = indicator.next(candle);
        expect(row).toHaveLength(width);
        for (const value of row) {
          if (Number.isFinite(value)) defined++;
          else expect(value).toBeNaN();
        }
      }
      expect(defined).toBeGreaterThan(250);
    }
  });

  it('takes every parameter from its least to its largest and refuses others', () => {
    const [first] = CANDLES as [Candle, ...Candle[]];
    for (const [key, { min, max, step }] of Object.entries(spec.params)) {
      for (const value of [min, max]) expect(spec.create({ [key]: value }).next(first)).toHaveLength(width);
      for (const value of [min - step, max + step, NaN, ...(step === 1 ? [min + 0.5] : [])]) expect(() => spec.create({ [key]: value })).toThrow(RangeError);
    }
    expect(() => spec.create({ nonsense: 1 })).toThrow(RangeError);
  });

  it('refuses a snapshot of something else', () => {
    const right = Object.entries(spec.create().snapshot());
    const [[name] = ['']] = right;
    for (const state of [null, 7, 'x', [], Object.fromEntries([...right, [name, 'x']]), Object.fromEntries(right.slice(1))]) expect(() => spec.create().restore(state)).toThrow(TypeError);
  });
});

describe('windows of any length', () => {
  it.each(['sma', 'wma', 'donchian', 'aroon', 'willr', 'mom', 'roc', 'cci', 'vwma', 'mfi'])('%s: what has left the window has no part in it', (name) => {
    const spec = indicatorOf(name);
    fc.assert(fc.property(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 0, max: 300 }), (period, lead) => {
      const indicators = [spec?.create({ period }), spec?.create({ period })];
      for (const candle of [GARBAGE, ...CANDLES.slice(0, lead)]) indicators[0]?.next(candle);
      for (const candle of CANDLES.slice(lead, lead + period + 1)) indicators.forEach((one) => one?.next(candle));
      const [long, short] = indicators.map((one) => Array.from(one?.next(CANDLES[lead + period + 1] as Candle) ?? []));
      expect(short).not.toHaveLength(0);
      expect(long).toEqual(short?.map((v) => (Number.isNaN(v) ? NaN : expect.closeTo(v, 6) as unknown)));
    }), { numRuns: 25 });
  });
});
