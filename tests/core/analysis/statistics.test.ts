import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { autocorrelation, chiSquareTail, correlation, hillExponent, ljungBox, moments, slope, wilson } from '@/core/analysis/statistics';
import { sharedPath } from '../../support/shared';

const file = sharedPath('reference/metrics/stylised.json');
const Sets = v.array(v.object({
  name: v.string(), logReturns: v.array(v.number()),
  expect: v.object({
    std: v.number(), skew: v.number(), excessKurtosis: v.number(), hillAlpha5pct: v.number(), acfReturns: v.array(v.number()), acfAbs: v.array(v.number()),
    acfSq: v.array(v.number()), ljungBox20Returns: v.number(), ljungBox20Sq: v.number(), leverageLag: v.array(v.number()), leverage: v.array(v.number()),
  }),
}));

const near = (own: number, expected: number): void => expect(Math.abs(own - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

describe('statistics', () => {
  it.skipIf(!file)('equal the reference on real returns (left out without the shared reference folder)', () => {
    for (const { logReturns: r, expect: e } of v.parse(Sets, JSON.parse(readFileSync(file ?? '', 'utf8')))) {
      const m = moments(r);
      near(m.skew, e.skew);
      near(m.excessKurtosis, e.excessKurtosis);
      // The reference's standard deviation may be the sample's or the population's.
      expect(Math.min(Math.abs(m.sd - e.std), Math.abs(m.sd * Math.sqrt(r.length / (r.length - 1)) - e.std))).toBeLessThan(1e-12);
      near(hillExponent(r) ?? NaN, e.hillAlpha5pct);
      e.acfReturns.forEach((value, i) => near(autocorrelation(r, i + 1), value));
      e.acfAbs.forEach((value, i) => near(autocorrelation(r.map(Math.abs), i + 1), value));
      e.acfSq.forEach((value, i) => near(autocorrelation(r.map((x) => x * x), i + 1), value));
      near(ljungBox(r, 20).q, e.ljungBox20Returns);
      near(ljungBox(r.map((x) => x * x), 20).q, e.ljungBox20Sq);
      e.leverageLag.forEach((lag, i) => near(correlation(r.slice(0, -lag), r.slice(lag).map((x) => x * x)), e.leverage[i] ?? NaN));
    }
  });

  it('give values worked out by hand', () => {
    expect(moments([1, 2, 3, 4])).toEqual({ sd: Math.sqrt(1.25), skew: 0, excessKurtosis: (2 * 1.5 ** 4 + 2 * 0.5 ** 4) / 4 / 1.25 ** 2 - 3 });
    expect(autocorrelation([1, 2, 3, 4], 1)).toBeCloseTo(1.25 / 5, 12);
    expect(correlation([1, 2, 3], [6, 4, 2])).toBeCloseTo(-1, 12);
    expect(slope([0, 1, 2], [1, 3, 5])).toBeCloseTo(2, 12);
    // One value above the threshold of 1: 1 / ln 2.
    expect(hillExponent([1, -2, 1, 1], 0.25)).toBeCloseTo(1 / Math.log(2), 12);
    // Tables of the chi-square distribution: 5% points of 1, 10 and 20 degrees of freedom.
    expect(chiSquareTail(3.841459, 1)).toBeCloseTo(0.05, 6);
    expect(chiSquareTail(18.307038, 10)).toBeCloseTo(0.05, 6);
    expect(chiSquareTail(31.410433, 20)).toBeCloseTo(0.05, 6);
    expect(wilson(0.5, 100)).toEqual({ lo: expect.closeTo(0.4038315, 6), hi: expect.closeTo(0.5961685, 6) });
  });

  it('have no NaN for empty and constant series', () => {
    expect(moments([])).toEqual({ sd: 0, skew: 0, excessKurtosis: 0 });
    expect(moments([2, 2])).toEqual({ sd: 0, skew: 0, excessKurtosis: 0 });
    expect(autocorrelation([1, 1, 1], 1)).toBe(0);
    expect(correlation([1, 1], [1, 2])).toBe(0);
    expect(hillExponent([0, 0])).toBeNull();
    expect(wilson(0.5, 0)).toBeNull();
  });
});
