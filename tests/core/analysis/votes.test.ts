import { describe, expect, it } from 'vitest';
import { Indicators } from '@/core/analysis/indicators';
import { LEAST_VOTES, newTally, rationale, tally, VOTES } from '@/core/analysis/votes';
import { walk } from './walk';

describe('votes of a rating', () => {
  it('counts as many as its reasons show, and refuses a label below 20', () => {
    const indicators = new Indicators();
    const counted = newTally();
    const seen = new Set<number>();
    for (const candle of walk('votes', 420)) {
      const frame = indicators.next(candle);
      const reasons = rationale(frame);
      seen.add(reasons.length);
      const mean = (group: string): number => {
        const cast = reasons.filter((reason) => reason.group === group).map(({ vote }) => vote);
        return cast.reduce<number>((sum, vote) => sum + vote, 0) / cast.length;
      };
      expect(tally(frame, counted)).toBe(reasons.length >= LEAST_VOTES);
      if (reasons.length < LEAST_VOTES) continue;
      expect([counted.ma, counted.osc, counted.score]).toEqual([mean('ma'), mean('osc'), (mean('ma') + mean('osc')) / 2]);
      expect(counted.buy + counted.sell + counted.neutral).toBe(reasons.length);
      for (const { value, prev } of reasons) expect(Number.isFinite((value ?? NaN) + (prev ?? 0))).toBe(true);
    }
    // Warm-up, the flat stretches of the walk and full ratings are all among them.
    expect([...seen].some((n) => n > 0 && n < LEAST_VOTES)).toBe(true);
    expect(Math.max(...seen)).toBe(VOTES.length);
  });

  it('a stochastic RSI of a price that stands still casts no vote', () => {
    // The place of a constant RSI in its own range was its rounding: 0 to 100 by chance, and it voted.
    const candles = walk('still', 300);
    const last = candles.at(-1);
    const indicators = new Indicators();
    for (const candle of candles) indicators.next(candle);
    for (let i = 1; i <= 60; i++) {
      const price = last?.close ?? NaN;
      const frame = indicators.next({ openTime: (last?.openTime ?? 0) + i * 60_000, open: price, high: price, low: price, close: price, volume: 0 });
      if (i < 20) continue;
      expect([frame.stochRsiK, frame.stochRsiD]).toEqual([50, 50]);
      expect(rationale(frame).find(({ k }) => k === 'stochrsi')?.vote).toBe(0);
    }
  });
});
