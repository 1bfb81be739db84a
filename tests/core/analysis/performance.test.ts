import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { normalCdf, normalQuantile, performance, quantile, unitRiskDrawdown } from '@/core/analysis/performance';
import { sharedPath } from '../../support/shared';

const path = sharedPath('reference/metrics/performance.json');
const near = (a: number | null | undefined, b: number): void => expect(Math.abs((a ?? NaN) - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(b)));

describe('figures of trades', () => {
  it.skipIf(!path)('equal the reference (left out without the shared reference folder)', () => {
    const Expect = v.object({ returns: v.array(v.number()), expect: v.record(v.string(), v.unknown()) });
    const { returns, expect: e } = v.parse(Expect, JSON.parse(readFileSync(path ?? '', 'utf8')));
    const got = performance(returns, 50);
    const pairs: [string, number | null][] = [
      ['n', got.n], ['mean', got.mean], ['std', got.std], ['sharpePerTrade', got.sharpe], ['sortinoPerTrade', got.sortino], ['skew', got.skew], ['kurtosis', got.kurtosis],
      ['psr0', got.psr0], ['profitFactor', got.profitFactor], ['winRate', got.winRate], ['maxDrawdown', got.maxDrawdown], ['totalReturn', got.totalReturn],
      ['expectancy', got.expectancy], ['sqn', got.sqn],
    ];
    for (const [name, value] of pairs) near(value, v.parse(v.number(), e[name]));
    const dsr = v.parse(v.record(v.string(), v.number()), e['dsr']);
    near(got.dsr?.varTrialSharpe, dsr['varTrialSharpe'] ?? NaN);
    near(got.dsr?.expectedMaxSharpe, dsr['expectedMaxSharpe'] ?? NaN);
    near(got.dsr?.value, dsr['value'] ?? NaN);
    const [lo, hi] = v.parse(v.array(v.number()), e['wilson95']);
    near(got.wilson95?.[0], lo ?? NaN);
    near(got.wilson95?.[1], hi ?? NaN);
  });

  it('are those worked out by hand', () => {
    const got = performance([0.1, -0.05, -0.05, 0.2], 1);
    near(got.mean, 0.05);
    near(got.std, Math.sqrt((0.0025 + 0.01 + 0.01 + 0.0225) / 3));
    near(got.profitFactor, 3);
    near(got.maxDrawdown, 0.95 * 0.95 - 1);
    near(got.totalReturn, 1.1 * 0.95 * 0.95 * 1.2 - 1);
    expect(got).toMatchObject({ winRate: 0.5, longestLosingRun: 2 });
    expect(unitRiskDrawdown([1, -1, -1, 3, -0.5])).toBe(2);
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([], 0.5)).toBeNull();
  });

  it('are absent, never NaN, where they are not defined', () => {
    expect(performance([], 10)).toMatchObject({ n: 0, mean: null, sharpe: null, psr0: null, dsr: null, profitFactor: null, winRate: null, maxDrawdown: null });
    expect(performance([0.01, 0.01], 10)).toMatchObject({ sharpe: null, psr0: null, profitFactor: null, winRate: 1 });
    fc.assert(fc.property(fc.array(fc.integer({ min: -990_000, max: 5_000_000 }).map((x) => x / 1e6), { maxLength: 60 }), fc.integer({ min: 1, max: 500 }), (returns, trials) => {
      const { wilson95: _, dsr, ...rest } = performance(returns, trials);
      for (const value of [...Object.values(rest), ...Object.values(dsr ?? {})]) expect(value === null || Number.isFinite(value)).toBe(true);
    }), { numRuns: 200 });
  });

  it('the normal quantile turns its distribution round', () => {
    near(normalQuantile(0.975), 1.959963984540054);
    near(normalCdf(1.959963984540054), 0.975);
    for (const p of [1e-6, 0.01, 0.3, 0.5, 0.98, 1 - 1e-6]) near(normalCdf(normalQuantile(p)), p);
  });
});
