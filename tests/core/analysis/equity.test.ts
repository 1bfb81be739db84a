import { describe, expect, it } from 'vitest';
import { equityCurve } from '@/core/analysis/equity';
import type { RandomTrade, Trade } from '@/core/analysis/scorecardFigures';

const trade = (ts: number, r: number, hold: number, ret = r / 100): Trade => ({ tf: '1m', asOf: ts, ts, r, ret, hold, result: r > 0 ? 'target' : 'stop', bars: 3, mae: -0.5, mfe: 1 });

describe('equity curve', () => {
  it('has no points below 30 outcomes', () => {
    expect(equityCurve(Array.from({ length: 29 }, (_, i) => trade(i, 1, 0)), [])).toEqual([]);
  });

  it('adds up in the order of outcomes, whatever the order of the log, and holds in units of the same risk', () => {
    const trades = Array.from({ length: 40 }, (_, i) => trade(i, i % 2 === 0 ? 2 : -1, 0.01)).reverse();
    const points = equityCurve(trades, []);
    expect(points.map((p) => p[0])).toEqual(Array.from({ length: 40 }, (_, i) => i));
    // 1 R is 1% here; holding gained 1% each time, so 1 R, for longs and shorts alike.
    expect(points.at(-1)?.[1]).toBeCloseTo(20, 9);
    expect(points.at(-1)?.[3]).toBeCloseTo(40, 9);
  });

  it('compares with as many random entries, once 30 of them are known, and not with later ones', () => {
    const random: RandomTrade[] = Array.from({ length: 60 }, (_, i) => ({ tf: '1m', ts: i, ret: 0.001, r: 0.1 }));
    const points = equityCurve(Array.from({ length: 40 }, (_, i) => trade(i, 1, 0)), random);
    expect(points[28]?.[2]).toBe(null);
    expect(points[29]?.[2]).toBeCloseTo(3, 9);
    expect(points[39]?.[2]).toBeCloseTo(4, 9);
  });

  it('a trade that ended where it began adds nothing to holding', () => {
    const points = equityCurve(Array.from({ length: 30 }, (_, i) => trade(i, 0, 0.02, 0)), []);
    expect(points.at(-1)?.slice(1)).toEqual([0, null, 0]);
  });

  it('is thinned to 200 points and keeps its ends', () => {
    const points = equityCurve(Array.from({ length: 1_000 }, (_, i) => trade(i, 1, 0)), []);
    expect([points.length, points[0]?.[0], points.at(-1)?.[0], points.at(-1)?.[1]]).toEqual([200, 0, 999, 1_000]);
  });
});
