import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionAt } from '@/core/market/calendar';
import type { Instrument } from '@/core/market/instrument';
import { createSimulator, syntheticInstruments, type SimEvent } from '@/core/simulator';
import { JUDGED } from '../../../bench/simulatorFacts';

const INSTRUMENTS = [...JUDGED.crypto, ...JUDGED.fx, ...JUDGED.equity];
/** Wednesday, 7 January 2026, 15:00 UTC: every class trades. */
const OPEN = Date.UTC(2026, 0, 7, 15);
const SATURDAY = Date.UTC(2026, 0, 10, 12);

function run(seed: number, seconds: number, instruments: readonly Instrument[] = INSTRUMENTS, startTime = OPEN): readonly SimEvent[] {
  const simulator = createSimulator({ seed, startTime, instruments });
  return Array.from({ length: seconds }, () => simulator.step()).flat();
}

function hash(events: readonly SimEvent[], count: number): string {
  const sha = createHash('sha256');
  for (const event of events.slice(0, count)) sha.update(JSON.stringify(event));
  return sha.digest('hex');
}

const isMultiple = (value: string, step: number): boolean => Math.abs(Number(value) / step - Math.round(Number(value) / step)) < 1e-6;

describe('simulator', () => {
  it('gives the same first 100,000 messages in every run and every process, and others with another seed', () => {
    const events = run(1, 4_000);
    expect(events.length).toBeGreaterThan(100_000);
    // Pinned: another process, another day, the same bytes. A change of the model is a deliberate change of this line.
    expect(hash(events.filter((e) => e.type !== 'book'), 100_000)).toBe('1d26f26afd5f773a42dfcf372921ec68f5eb3c6f02bb149e56c0193bc00c8137');
    expect(hash(events, 100_000)).toBe('e876086c4c97c5931e4737e568ea166542dc2fa9c3d343f2d62ba0285b1cc7c1');
    expect(hash(run(1, 4_000), 100_000)).toBe(hash(events, 100_000));
    expect(hash(run(2, 400), 1_000)).not.toBe(hash(events, 1_000));
  });

  it('a book has 20 levels a side with a hump behind the touch, keeps the size of most prices from second to second, and only the first instruments have one', () => {
    const books = run(4, 300).flatMap((e) => (e.type === 'book' && e.symbol === 'BTC/USDT' ? [e] : []));
    expect(new Set(books.slice(1).flatMap((b) => [b.bids.length, b.asks.length]))).toEqual(new Set([20]));
    const mean = (k: number): number => books.reduce((sum, b) => sum + Number(b.bids[k]?.[1]), 0) / books.length;
    expect(mean(7)).toBeGreaterThan(1.5 * mean(1));
    let same = 0;
    let kept = 0;
    books.slice(1).forEach((b, i) => {
      const before = new Map(books[i]?.asks.slice(1));
      for (const [price] of b.asks.slice(1)) if (before.has(price)) kept++;
      same += b.asks.length - 1;
    });
    expect(kept / same).toBeGreaterThan(0.6);
    const few = createSimulator({ seed: 4, startTime: OPEN, instruments: INSTRUMENTS, books: 2 });
    expect(new Set(few.step().flatMap((e) => (e.type === 'book' ? [e.symbol] : []))).size).toBe(2);
  });

  it('leaves the other instruments unchanged when one is added', () => {
    const of = (events: readonly SimEvent[], symbol: string): readonly SimEvent[] => events.filter((e) => e.symbol === symbol);
    const alone = run(3, 120);
    const more = run(3, 120, [...syntheticInstruments(3), ...INSTRUMENTS]);
    for (const { symbol } of INSTRUMENTS) expect(of(more, symbol)).toEqual(of(alone, symbol));
    expect(of(more, 'SIM0001/USD').length).toBeGreaterThan(100);
  });

  it('emits in time order, bid below ask, prices on tick, sizes on lot, trades at the touch, ids once', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 100_000 }), (seed, hours) => {
        const touch = new Map<string, { bid: string; ask: string }>();
        const ids = new Set<string>();
        let time = 0;
        for (const event of run(seed, 40, INSTRUMENTS, hours * 3_600_000 + OPEN)) {
          const { tickSize, lotSize } = INSTRUMENTS.find((i) => i.symbol === event.symbol) ?? { tickSize: NaN, lotSize: NaN };
          expect(event).toMatchObject({ venue: 'simulator', kind: 'simulated', route: 'simulator' });
          expect(event.receiveTime).toBeGreaterThanOrEqual(time);
          time = event.receiveTime;
          if (event.type === 'quote') {
            const [bid, ask] = [event.bid ?? '', event.ask ?? ''];
            expect(Number(bid)).toBeLessThan(Number(ask));
            expect(Number(bid)).toBeGreaterThan(0);
            expect([bid, ask].every((p) => isMultiple(p, tickSize))).toBe(true);
            expect([event.bidSize, event.askSize].every((s) => Number(s) >= lotSize * 0.999 && isMultiple(s ?? '', lotSize))).toBe(true);
            touch.set(event.symbol, { bid, ask });
          } else if (event.type === 'book') {
            for (const [side, sign] of [[event.bids, -1], [event.asks, 1]] as const) {
              const prices = side.map(([price]) => Number(price));
              expect(prices.every((p, k) => p > 0 && isMultiple(String(p), tickSize) && (k === 0 || (p - (prices[k - 1] ?? NaN)) * sign > 0))).toBe(true);
              expect(side.every(([, size]) => Number(size) >= lotSize * 0.999 && isMultiple(size, lotSize))).toBe(true);
            }
            expect([event.bids[0]?.[0], event.asks[0]?.[0]]).toEqual([touch.get(event.symbol)?.bid, touch.get(event.symbol)?.ask]);
          } else if (event.type === 'trade') {
            expect(event.price).toBe(event.side === 'buy' ? touch.get(event.symbol)?.ask : touch.get(event.symbol)?.bid);
            expect(Number(event.size) >= lotSize * 0.999 && isMultiple(event.size, lotSize)).toBe(true);
            expect(ids.has(`${event.symbol}|${event.id}`)).toBe(false);
            ids.add(`${event.symbol}|${event.id}`);
          } else {
            for (const value of [event.open24h, event.high24h, event.low24h, event.last]) expect(Number(value)).toBeGreaterThan(0);
            expect(Number(event.low24h)).toBeLessThanOrEqual(Number(event.last));
            expect(Number(event.high24h)).toBeGreaterThanOrEqual(Number(event.last));
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it('on a Saturday shows closed markets once, with the time of their last session, and trades only crypto', () => {
    const events = run(1, 60, INSTRUMENTS, SATURDAY);
    const shares = events.filter((e) => e.symbol === 'SPY');
    expect(shares.map((e) => e.type)).toEqual(['quote', 'book', 'ticker']);
    // Friday's close, 16:00 in New York.
    expect(shares.map((e) => e.venueTime)).toEqual(shares.map(() => Date.UTC(2026, 0, 9, 21)));
    expect(events.filter((e) => e.symbol === 'EUR/USD')).toHaveLength(3);
    expect(events.filter((e) => e.symbol === 'BTC/USDT').length).toBeGreaterThan(60);
  });

  it('opens a market again at its opening', () => {
    const events = run(1, 7_200, JUDGED.equity, Date.UTC(2026, 0, 12, 13, 30));
    const first = events.find((e) => e.type === 'trade');
    expect(first?.receiveTime).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 12, 14, 30));
    expect(events.filter((e) => e.receiveTime < Date.UTC(2026, 0, 12, 14, 30))).toHaveLength(6);
  });

  it('backfills closed minutes that join the start price, in sessions only', () => {
    const simulator = createSimulator({ seed: 5, startTime: OPEN, instruments: INSTRUMENTS, initialPrices: new Map([['BTC/USDT', 50_000]]) });
    const candles = simulator.backfill(4320);
    expect(candles.filter((c) => c.symbol === 'BTC/USDT')).toHaveLength(4320);
    for (const c of candles) {
      const { assetClass } = INSTRUMENTS.find((i) => i.symbol === c.symbol) ?? { assetClass: 'test' as const };
      expect(sessionAt(assetClass, c.openTime).state).toBe('open');
      expect(c.openTime + 60_000).toBeLessThanOrEqual(OPEN);
      expect(c.low <= Math.min(c.open, c.close) && c.high >= Math.max(c.open, c.close) && c.low > 0 && c.volume >= 0).toBe(true);
    }
    expect(candles.findLast((c) => c.symbol === 'BTC/USDT')?.close).toBe(50_000);
    const first = simulator.step().find((e) => e.type === 'quote' && e.symbol === 'BTC/USDT');
    expect(first?.type === 'quote' && Math.abs(Number(first.bid) / 50_000 - 1)).toBeLessThan(0.001);
  });

  it('ignores absurd initial prices', () => {
    for (const price of [NaN, -1, 0, Infinity]) {
      const simulator = createSimulator({ seed: 1, startTime: OPEN, instruments: JUDGED.crypto, initialPrices: new Map([['BTC/USDT', price]]) });
      const quote = simulator.step().find((e) => e.type === 'quote');
      expect(quote?.type === 'quote' && Number(quote.bid)).toBeGreaterThan(1_000);
    }
  });

  it('keeps 24-hour values equal to a recount over the day', () => {
    const simulator = createSimulator({ seed: 9, startTime: OPEN, instruments: JUDGED.crypto });
    const past = simulator.backfill(1440).filter((c) => c.symbol === 'ETH/USDT');
    const trades = Array.from({ length: 290 }, () => simulator.step()).flat().flatMap((e) => (e.type === 'trade' && e.symbol === 'ETH/USDT' ? [e] : []));
    // The first live bucket of five minutes replaces the oldest of the past.
    const kept = past.slice(5);
    const day = simulator.ticker24h('ETH/USDT');
    const prices = trades.map((t) => Number(t.price));
    expect(day?.high).toBe(Math.max(...kept.map((c) => c.high), ...prices));
    expect(day?.low).toBe(Math.min(...kept.map((c) => c.low), ...prices));
    expect(day?.open).toBe(kept[0]?.open);
    expect(day?.last).toBe(prices.at(-1));
    expect(day?.volume).toBeCloseTo(kept.reduce((a, c) => a + c.volume, 0) + trades.reduce((a, t) => a + Number(t.size), 0), 6);
    expect(simulator.ticker24h('NONE')).toBeNull();
  });
});
