import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecondMaker, type SecondTrade } from '@/core/market/chartSeconds';

const trade = (seq: number, t: number, price: number, venue = 'okx'): SecondTrade => ({ seq, t, price: String(price), size: '0.5', venue });

describe('seconds made of trades', () => {
  it('count each trade once, take a late one in without moving the close, and leave the first second out', () => {
    const maker = new SecondMaker();
    const first = [trade(1, 900, 9), trade(2, 1_100, 10), trade(3, 1_900, 12), trade(4, 2_000, 11)];
    maker.add(first.slice(0, 2), 'okx');
    maker.add(first, 'okx');
    expect(maker.add([trade(5, 1_500, 8), trade(6, 2_100, 99, 'kraken')], 'okx')).toEqual([{ openTime: 1_000, open: 10, high: 12, low: 8, close: 12, volume: 1.5 }]);
  });

  it('begin anew when another venue leads', () => {
    const maker = new SecondMaker();
    maker.add([trade(1, 1_000, 10), trade(2, 2_000, 10)], 'okx');
    expect(maker.add([trade(1, 1_000, 20, 'kraken'), trade(2, 2_000, 21, 'kraken')], 'kraken')).toMatchObject([{ openTime: 2_000, open: 21 }]);
  });

  it('come out the same however the trades are cut into pieces', () => {
    fc.assert(fc.property(fc.array(fc.record({ dt: fc.nat(900), p: fc.integer({ min: 1, max: 50 }) }), { minLength: 3, maxLength: 80 }), fc.array(fc.nat(80), { maxLength: 10 }), (steps, cuts) => {
      let t = 0;
      const trades = steps.map(({ dt, p }, i) => trade(i, (t += dt), p));
      const whole = new Map(new SecondMaker().add(trades, 'okx').map((c) => [c.openTime, c]));
      const maker = new SecondMaker();
      const parts = new Map<number, unknown>();
      for (const cut of [...cuts.sort((a, b) => a - b), trades.length]) for (const c of maker.add(trades.slice(0, cut), 'okx')) parts.set(c.openTime, c);
      // A second that was the first of a shorter piece is left out there and not told again.
      for (const [time, candle] of parts) expect(candle).toEqual(whole.get(time));
    }));
  });
});
