import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GENESIS, type ChainBody } from '@/core/analysis/chain';
import { clusteredMean, clusterInflation, t95 } from '@/core/analysis/clusters';
import { ScorecardBook } from '@/core/analysis/scorecardBook';
import { mean } from '@/core/analysis/statistics';
import type { ScorecardReport } from '@/core/contract';
import { simulatedScorecard } from '../../support/simulatedSignals';

const MINUTE = 60_000;
const T0 = Date.parse('2026-03-10T00:00:00Z');

describe('intervals of what moves together', () => {
  it('knows Student\'s t: table values to three decimals', () => {
    for (const [df, value] of [[1, 12.706], [2, 4.303], [4, 2.776], [5, 2.571], [10, 2.228], [30, 2.042], [1e9, 1.96]] as const) expect(t95(df)).toBeCloseTo(value, 2);
    expect(t95(3)).toBeCloseTo(3.182, 1);
    expect(t95(0)).toBe(Infinity);
  });

  it('copies of a case are no further cases, and never narrow an interval', () => {
    const values = fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 3, maxLength: 40 }).filter((x) => new Set(x).size > 1);
    fc.assert(fc.property(values, fc.integer({ min: 2, max: 9 }), (x, copies) => {
      const single = clusteredMean(x.map((value, k) => ({ value, cluster: String(k) })));
      const many = clusteredMean(x.flatMap((value, k) => Array.from({ length: copies }, () => ({ value, cluster: String(k) }))));
      expect(many?.mean).toBeCloseTo(single?.mean ?? NaN, 9);
      expect(many?.variance ?? 0).toBeGreaterThan((single?.variance ?? 1) * 0.999);
      expect(many?.clusters).toBe(single?.clusters);
    }));
  });

  it('says the same from sums, and nothing from one stretch of time', () => {
    const items = Array.from({ length: 60 }, (_, k) => ({ value: Math.sin(k * 12.9898) + (Math.floor(k / 6) % 2), cluster: String(Math.floor(k / 6)) }));
    const sums = Array.from({ length: 10 }, (_, c) => {
      const own = items.slice(6 * c, 6 * c + 6).map(({ value }) => value);
      return { n: 6, sum: own.reduce((a, b) => a + b, 0), squares: own.reduce((a, b) => a + b * b, 0) };
    });
    expect(clusteredMean(items)?.inflation).toBeGreaterThan(1.5);
    expect(clusterInflation(sums)).toBeCloseTo(clusteredMean(items)?.inflation ?? 0, 9);
    expect(clusteredMean(items.slice(0, 6))).toBeNull();
  });
});

describe('which outcomes count', () => {
  const read = (bodies: readonly ChainBody[], now: number): ScorecardReport['signals'][number] | undefined => {
    const book = new ScorecardBook();
    bodies.forEach((body, k) => book.read({ body: { ...body, seq: k + 1 }, seq: k + 1, prev: GENESIS, hash: String(k) }));
    return book.report({ window: 'all', symbol: null, tf: null, now, open: [] }).signals[0];
  };
  const outcome = (asOf: number, bars: number): ChainBody => ({
    type: 'outcome', method: 'tr26@1', symbol: 'BTC/USDT', tf: '1m', asOf, ts: asOf + bars * MINUTE, result: 'stop', bars, ret: -0.001, hold: 0, r: -1, mae: -1, mfe: 0.1,
  });

  it('each from the end of the time it was given, or early losses would be seen before late gains', () => {
    const bodies = Array.from({ length: 40 }, (_, k) => outcome(T0 + k * MINUTE, 1));
    expect(read(bodies, T0 + 19 * MINUTE)).toMatchObject({ n: 0, pending: 40, enough: false });
    expect(read(bodies, T0 + 29 * MINUTE)).toMatchObject({ n: 10, pending: 30, enough: false });
    expect(read(bodies, T0 + 59 * MINUTE)).toMatchObject({ n: 40, pending: 0, enough: true, hit: 0, avgR: -1 });
  });
});

describe('signals on a market without any edge', () => {
  it('are worth nothing, nor are the random entries beside them: ten simulated markets', { timeout: 120_000 }, () => {
    const symbols = ['BTC/USDT', 'EUR/USD'];
    const cells = Array.from({ length: 10 }, (_, seed) => simulatedScorecard(seed + 1, symbols, 480).pooledSignals.find((c) => c.tf === '1m'));
    const own = cells.map((c) => c?.avgR ?? NaN);
    const random = cells.map((c) => c?.random?.avgR ?? NaN);
    // Runs are independent: the mean over them lies within three of its own standard errors of 0.
    for (const x of [own, random]) expect(Math.abs(mean(x)) / Math.sqrt(x.reduce((sum, r) => sum + (r - mean(x)) ** 2, 0) / 90)).toBeLessThan(3);
    const holds = cells.filter((c) => c?.random && c.random.aboveLo <= 0 && c.random.aboveHi >= 0);
    expect(holds.length).toBeGreaterThanOrEqual(8);
    expect(cells.every((c) => (c?.clusters ?? 0) > 10)).toBe(true);
  });
});
