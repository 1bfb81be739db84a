import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TradeIds } from '@/core/market/trades';
import { VenueClock } from '@/core/market/venueClock';

describe('TradeIds', () => {
  it('takes each id once, in any order a reconnect with backfill brings', () => {
    const ids = fc.array(fc.integer({ min: 1000, max: 1030 }), { maxLength: 80 });
    fc.assert(fc.property(ids, (list) => {
      const seen = new Set<number>();
      const known = new TradeIds();
      for (const id of list) {
        expect(known.take(String(id))).toBe(!seen.has(id));
        seen.add(id);
      }
    }));
  });

  it('remembers ids that are not numbers, the newest 512 of them', () => {
    const known = new TradeIds();
    const id = (n: number): string => `a-${n}`;
    for (let n = 0; n < 512; n += 1) expect(known.take(id(n))).toBe(true);
    expect([known.take(id(0)), known.take(id(511)), known.take(id(512)), known.take(id(0))]).toEqual([false, false, true, true]);
  });
});

describe('VenueClock', () => {
  it('finds the offset by the fastest message, through any delay of the others', () => {
    fc.assert(fc.property(fc.integer({ min: -1e7, max: 1e7 }), fc.array(fc.nat(5000), { maxLength: 50 }), (skew, delays) => {
      const clock = new VenueClock();
      const t0 = 1e12;
      for (const delay of [0, 0, ...delays]) clock.observe(t0 - skew - delay, t0);
      expect(clock.at(t0)).toBe(t0 - skew);
    }));
  });

  it('forgets an old offset within two minutes, and knows nothing before the first message', () => {
    const clock = new VenueClock();
    expect(clock.at(5000)).toBe(5000);
    for (let t = 0; t <= 10_000; t += 1000) clock.observe(t - 100, t);
    for (let t = 11_000; t <= 140_000; t += 1000) clock.observe(t - 4000, t);
    expect(clock.at(140_000)).toBe(136_000);
  });
});
