import { describe, expect, it } from 'vitest';
import { atr, cci, columnsOf, directional, ema, hull9, midRange, rangePosition, rsi, sma, ultimate, vwma } from './batch/indicators';
import { strengthOf } from '@/core/analysis/votes';

/** Values worked out by hand from the definitions; the reference test compares whole columns where the shared folder is present. */
const RISING = Float64Array.from({ length: 40 }, (_, i) => i + 1);
const FLAT = new Float64Array(40).fill(7);
const defined = (x: Float64Array): number => x.findIndex((v) => !Number.isNaN(v));
const candles = (close: Float64Array, range: number) => columnsOf([...close].map((c, i) => ({ openTime: i, open: c, high: c + range, low: c - range, close: c, volume: 2 })));

describe('indicators by hand', () => {
  it('averages of a straight line', () => {
    expect([defined(sma(RISING, 10)), sma(RISING, 10)[9], sma(RISING, 10)[39]]).toEqual([9, 5.5, 35.5]);
    // Seeded with 5.5 and following a line of slope 1, an EMA keeps the lag (N - 1) / 2 exactly.
    expect([defined(ema(RISING, 10)), ema(RISING, 10)[9]]).toEqual([9, 5.5]);
    expect(ema(RISING, 10)[39]).toBeCloseTo(35.5, 10);
    // A Hull average of 9 leads: WMA(N) lags (N - 1) / 3.
    expect(defined(hull9(RISING, 0))).toBe(10);
    expect(hull9(RISING, 0)[39]).toBeCloseTo(40 - (2 * 1 - 8 / 3) - 2 / 3, 10);
    expect(vwma(RISING, Float64Array.from(RISING, (_, i) => (i === 39 ? 1 : 0)), 20, 0)[39]).toBe(40);
    expect(defined(vwma(RISING, new Float64Array(40), 20, 0))).toBe(-1);
  });

  it('oscillators of a straight line and of a flat window', () => {
    expect([defined(rsi(RISING, 14)), rsi(RISING, 14)[39], rsi(FLAT, 14)[39]]).toEqual([14, 100, 50]);
    expect(cci(FLAT, 20, 0)[39]).toBe(0);
    // Distance to the mean 9.5, mean deviation 5: 9.5 / 0.075.
    expect(cci(RISING, 20, 0)[39]).toBeCloseTo(9.5 / 0.075, 9);
    expect(defined(rangePosition(FLAT, FLAT, FLAT, 14, 0))).toBe(-1);
    expect(rangePosition(RISING, RISING, RISING, 14, 0)[39]).toBe(100);
    expect(midRange(RISING, RISING, 9, 0)[39]).toBe(36);
    expect(ultimate(candles(FLAT, 1), 0)[39]).toBeCloseTo(50, 10);
    expect(ultimate(candles(FLAT, 0), 0)[39]).toBe(0);
  });

  it('range and direction', () => {
    const c = candles(RISING, 1);
    expect([defined(atr(c, 14)), atr(c, 14)[39]]).toEqual([14, expect.closeTo(2, 12)]);
    const d = directional(c, 14);
    expect([defined(d.plus), defined(d.adx)]).toEqual([14, 27]);
    // Every up move is 1 of a range of 2, and there is no down move.
    expect([d.plus[39], d.minus[39], d.adx[39]]).toEqual([expect.closeTo(50, 9), 0, expect.closeTo(100, 9)]);
    const flat = directional(candles(FLAT, 0), 14);
    expect([flat.plus[39], flat.minus[39], flat.adx[39]]).toEqual([0, 0, 0]);
  });

  it('class limits belong to the milder class', () => {
    expect([-0.51, -0.5, -0.1, 0.1, 0.11, 0.5, 0.51].map(strengthOf)).toEqual(['STRONG_SELL', 'SELL', 'NEUTRAL', 'NEUTRAL', 'BUY', 'BUY', 'STRONG_BUY']);
  });
});
