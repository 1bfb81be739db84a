import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { calibrationErrors, equalCountBins, equalWidthBins, isotonic, murphy, platt, type Scored } from '@/core/analysis/mix/calibration';
import { logit } from '@/core/analysis/mix/kalman';
import { auc, evaluate, neweyWest, scores, spiegelhalterZ } from '@/core/analysis/mix/metrics';
import { wilson } from '@/core/analysis/statistics';
import { sharedPath } from '../../../support/shared';

const file = sharedPath('reference/metrics/binary.json');
const numbers = v.array(v.number());
const Binary = v.object({
  p: numbers, y: v.array(v.picklist([0, 1])),
  expect: v.object({
    n: v.number(), baseRate: v.number(), brier: v.number(), brierSkillVsBaseRate: v.number(), brierSkillVsHalf: v.number(), logLoss: v.number(), logLossBaseRate: v.number(),
    auc: v.number(), hitRate: v.number(), hits: v.number(), wilson95: numbers, ece10: v.number(), mce10: v.number(),
    bins10: v.array(v.object({ bin: v.number(), n: v.number(), meanP: v.optional(v.number()), freq: v.optional(v.number()) })),
    murphy10: v.object({ reliability: v.number(), resolution: v.number(), uncertainty: v.number() }),
    plattA: v.number(), plattB: v.number(), spiegelhalterZ: v.number(), isotonicGrid: numbers, isotonic: numbers,
  }),
});
const near = (own: number | undefined, expected: number, tolerance = 1e-9): void => expect(Math.abs((own ?? NaN) - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));

describe('scores of probabilities', () => {
  it.skipIf(!file)('equal the reference metrics (left out without the shared reference folder)', () => {
    const { p, y, expect: e } = v.parse(Binary, JSON.parse(readFileSync(file ?? '', 'utf8')));
    const items = p.map((x, i): Scored => ({ p: x, y: y[i] ?? 0 }));
    const s = scores(items);
    near(s.baseRate, e.baseRate);
    near(s.brier, e.brier);
    near(s.skillVsBase, e.brierSkillVsBaseRate);
    near(s.skillVsHalf, e.brierSkillVsHalf);
    near(s.logLoss, e.logLoss);
    near(s.logLossBase, e.logLossBaseRate);
    near(auc(items), e.auc);
    expect(s.hits).toBe(e.hits);
    near(s.hits / s.called, e.hitRate);
    const interval = wilson(s.hits / s.called, s.called);
    near(interval?.lo, e.wilson95[0] ?? NaN);
    near(interval?.hi, e.wilson95[1] ?? NaN);
    const bins = equalWidthBins(items);
    for (const { bin, n, meanP, freq } of e.bins10) {
      expect(bins[bin]?.n).toBe(n);
      if (meanP !== undefined) near(bins[bin]?.meanP, meanP);
      if (freq !== undefined) near(bins[bin]?.freq, freq);
    }
    near(calibrationErrors(bins).ece, e.ece10);
    near(calibrationErrors(bins).mce, e.mce10);
    const parts = murphy(bins);
    near(parts.reliability, e.murphy10.reliability);
    near(parts.resolution, e.murphy10.resolution);
    near(parts.uncertainty, e.murphy10.uncertainty);
    const { a, b } = platt(p.map(logit), y);
    near(a, e.plattA);
    near(b, e.plattB);
    near(spiegelhalterZ(items), e.spiegelhalterZ);
    const fit = isotonic(items);
    e.isotonicGrid.forEach((x, i) => near(fit(x), e.isotonic[i] ?? NaN, 1e-6));
  });

  it('give values worked out by hand', () => {
    const items: Scored[] = [{ p: 0.2, y: 0 }, { p: 0.4, y: 1 }, { p: 0.6, y: 1 }, { p: 0.5, y: 0 }];
    expect(scores(items)).toMatchObject({ n: 4, baseRate: 0.5, called: 3, hits: 2 });
    expect(scores(items).brier).toBeCloseTo((0.04 + 0.36 + 0.16 + 0.25) / 4, 12);
    // Pairs of an up with a down: (0.4, 0.2) and (0.6, 0.2), (0.6, 0.5) are right, (0.4, 0.5) is wrong.
    expect(auc(items)).toBe(0.75);
    expect(equalCountBins(items, 2)).toEqual([{ n: 2, meanP: expect.closeTo(0.3, 12), freq: 0.5 }, { n: 2, meanP: 0.55, freq: 0.5 }]);
    expect(calibrationErrors(equalCountBins(items, 2)).ece).toBeCloseTo(0.125, 12);
    // 1, 0 out of order pool to one half.
    const fit = isotonic([{ p: 0.1, y: 0 }, { p: 0.2, y: 1 }, { p: 0.3, y: 0 }, { p: 0.4, y: 1 }]);
    expect([0, 0.1, 0.15, 0.25, 0.35, 0.9].map(fit)).toEqual([0, 0, expect.closeTo(0.25, 12), 0.5, expect.closeTo(0.75, 12), 1]);
    // Mean 0.5, variance 0.25, lag-1 autocovariance -0.1875 with weight 1/2.
    const { mean, se } = neweyWest([0, 1, 0, 1], 1);
    expect([mean, se * se]).toEqual([0.5, expect.closeTo((0.25 - 0.1875) / 4, 12)]);
  });

  it('divide what overlaps: ten forecasts in one horizon are one', () => {
    const items = Array.from({ length: 1000 }, (_, i): Scored => ({ p: 0.6, y: Math.floor(i / 10) % 2 === 0 ? 1 : 0 }));
    const [apart, together] = [evaluate(60, items, 1, 0, 0), evaluate(600, items, 10, 3, 4)];
    expect(apart.hit).toBe(together.hit);
    expect((together.hitHi ?? 0) - (together.hitLo ?? 0)).toBeGreaterThan(3 * ((apart.hitHi ?? 0) - (apart.hitLo ?? 0)));
    expect(together).toMatchObject({ flat: 3, void: 4, n: 1000 });
  });
});
