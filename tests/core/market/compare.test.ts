import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { CompareReport, type BookStateName } from '@/core/contract';
import { compareMarkets, type CompareMarket, type CompareTerms } from '@/core/market/compare';
import { fill } from '@/core/market/compareFill';
import { findRate } from '@/core/market/compareRates';
import type { AssetClass, Instrument } from '@/core/market/instrument';
import type { VenueQuote } from '@/core/market/outputs';

const NOW = 1_780_000_000_000;
type Levels = readonly (readonly [string, string])[];
interface Leg {
  readonly venue: string;
  readonly symbol: string;
  readonly quote?: Partial<VenueQuote> | null;
  readonly book?: { bids: Levels; asks: Levels; state?: BookStateName; reason?: string; kind?: VenueQuote['kind']; age?: number | null } | null;
}

function instrument(symbol: string, assetClass: AssetClass = 'crypto'): Instrument {
  const [base = symbol, quote = 'USD'] = symbol.split('/');
  return { symbol, name: symbol, assetClass, base, quote, tickSize: 0.01, lotSize: 0.0001, venues: [] };
}
const quoteOf = ({ venue, symbol, quote }: Leg): VenueQuote => ({
  symbol, venue, kind: 'live', route: 'socket', last: 100, bid: 99, ask: 101, bidSize: 1, askSize: 1, volume24h: null, state: 'ok', activity: 'usual', perMinute: null,
  usualPerMinute: null, leads: false, note: '', venueTime: NOW - 60, receiveTime: NOW - 50, ...quote,
});

function market(legs: readonly Leg[], instruments = [...new Set(legs.map((leg) => leg.symbol))].map((symbol) => instrument(symbol, /^(EUR|GBP)\//.test(symbol) ? 'fx' : 'crypto'))): CompareMarket {
  return {
    instruments: () => instruments,
    instrument: (symbol) => instruments.find((i) => i.symbol === symbol) ?? null,
    venueQuotes: (symbol) => legs.filter((leg) => leg.symbol === symbol && leg.quote !== null).map(quoteOf),
    books: () => legs.filter((leg) => leg.book).map(({ venue, symbol }) => ({ venue, symbol })),
    book(venue, symbol, depth) {
      const book = legs.find((leg) => leg.venue === venue && leg.symbol === symbol)?.book;
      if (!book) return null;
      const { bids, asks, state = 'ok', reason = '', kind = 'live', age = 50 } = book;
      return {
        state, reason, kind, receiveTime: age === null ? null : NOW - age, levels: [bids.length, asks.length],
        bids: bids.slice(0, depth).map(([p, s]) => [p, s] as const), asks: asks.slice(0, depth).map(([p, s]) => [p, s] as const),
      };
    },
  };
}
const around = (mid: number, half = 1, size = '10'): { bids: Levels; asks: Levels } => ({ bids: [[String(mid - half), size]], asks: [[String(mid + half), size]] });
const run = (legs: readonly Leg[], over: Partial<CompareTerms> = {}): CompareReport => {
  const report = compareMarkets(market(legs), { symbol: 'BTC/USDT', size: '1', now: NOW, speed: 1, fees: new Map(), ...over });
  if (!report) throw new Error('no report');
  return v.parse(CompareReport, JSON.parse(JSON.stringify(report)));
};
const leg = (venue: string, mid: number, symbol = 'BTC/USDT'): Leg => ({ venue, symbol, book: around(mid) });

describe('the price of a size', () => {
  it('is the average of the levels it takes, exactly, with the worst one told', () => {
    expect(fill([['0.1', '0.2'], ['0.3', '1']], '0.5')).toEqual({ price: 0.22, worst: 0.3, filled: 0.5, complete: true });
    expect(fill([['62000.10', '0.00000001'], ['62000.2', '5']], '0.00000002')).toMatchObject({ price: 62000.15, worst: 62000.2 });
    expect(fill([['2', '0.5'], ['3', '0.25']], '4')).toEqual({ price: 7 / 3, worst: 3, filled: 0.75, complete: false });
    expect(fill([], '1')).toBeNull();
    expect(fill([['5', '0']], '1')).toBeNull();
  });

  /** The same, one unit of 10^-30 after another in whole numbers, as slowly and plainly as can be. */
  function slowly(levels: Levels, size: string): { price: number; filled: number } | null {
    const whole = (text: string): bigint => {
      const [head = '', tail = ''] = text.split('.');
      return BigInt(head + tail.padEnd(30, '0'));
    };
    let [left, cost, taken] = [whole(size), 0n, 0n];
    for (const [price, held] of levels) {
      const part = whole(held) < left ? whole(held) : left;
      [left, taken, cost] = [left - part, taken + part, cost + part * whole(price)];
    }
    const shown = (value: bigint, scale: number): number => Number(`${String(value)}e-${scale}`);
    return taken === 0n ? null : { price: shown((cost * 10n ** 30n) / taken, 60), filled: shown(taken, 30) };
  }
  const digits = (most: number) => fc.tuple(fc.stringMatching(new RegExp(`^[1-9][0-9]{0,${most}}$`)), fc.option(fc.stringMatching(/^[0-9]{1,12}$/), { nil: null })).map(([head, tail]) => (tail === null ? head : `${head}.${tail}`));

  it('equals whole-number arithmetic to the last digit, for small and for huge numbers', () => {
    for (const most of [3, 8, 17]) {
      fc.assert(fc.property(fc.array(fc.tuple(digits(most), digits(most)), { maxLength: 12 }), digits(most), (levels, size) => {
        const fast = fill(levels, size);
        const slow = slowly(levels, size);
        expect(fast && { price: fast.price, filled: fast.filled }).toEqual(slow);
      }), { numRuns: 300 });
    }
  });

  const decimal = (most: number) => fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 0, max: 8 })).map(([n, scale]) => (n / 10 ** scale).toFixed(scale));
  const side = fc.array(fc.tuple(decimal(1_000_000), decimal(100_000)), { minLength: 1, maxLength: 30 })
    .map((levels) => levels.sort((a, b) => Number(a[0]) - Number(b[0])).map(([p, s]) => [p, s] as const));

  it('never gets better with a larger size, stays between best and worst, and is never not a number', () => {
    fc.assert(fc.property(side, decimal(10_000_000), decimal(10_000_000), (levels, a, b) => {
      const [small, large] = Number(a) <= Number(b) ? [a, b] : [b, a];
      const few = fill(levels, small);
      const many = fill(levels, large);
      if (!few || !many) throw new Error('levels with sizes always give something');
      expect(many.price).toBeGreaterThanOrEqual(few.price);
      for (const one of [few, many]) {
        expect(Number.isFinite(one.price)).toBe(true);
        expect(one.price).toBeGreaterThanOrEqual(Number(levels[0]?.[0]));
        expect(one.price).toBeLessThanOrEqual(one.worst);
      }
      expect(few.filled).toBeLessThanOrEqual(many.filled);
      const held = [...levels].reverse();
      expect(fill(held, large)?.price ?? 0).toBeLessThanOrEqual(fill(held, small)?.price ?? 0);
    }), { numRuns: 300 });
  });
});

describe('conversion', () => {
  const terms = (legs: readonly Leg[], kind: VenueQuote['kind'] = 'live') => ({ market: market(legs), kind, now: NOW, speed: 1 });
  const fx = (symbol: string, bid: number, ask: number, quote: Partial<VenueQuote> = {}): Leg => ({ venue: 'kraken', symbol, quote: { bid, ask, ...quote } });

  it('uses the pair, its inverse, or both against US dollars, and says which', () => {
    const legs = [fx('EUR/USD', 1.1, 1.12), fx('USDT/USD', 0.999, 1.001, { venue: 'coinbase', receiveTime: NOW - 900 })];
    expect(findRate('EUR', 'USD', terms(legs))).toMatchObject({ rate: 1.11, venue: 'kraken', symbol: 'EUR/USD', age_ms: 50, state: 'ok', reason: '' });
    expect(findRate('USD', 'EUR', terms(legs)).rate).toBeCloseTo(1 / 1.11, 12);
    expect(findRate('EUR', 'USDT', terms(legs))).toMatchObject({ rate: 1.11, venue: 'kraken, coinbase', symbol: 'EUR/USD and USDT/USD', age_ms: 900 });
  });

  it('goes there and back to the same amount', () => {
    fc.assert(fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true }), (bid, spread) => {
      const t = terms([fx('EUR/USD', bid, bid * (1 + spread))]);
      const there = findRate('EUR', 'USD', t).rate ?? NaN;
      const back = findRate('USD', 'EUR', t).rate ?? NaN;
      expect(there * back).toBeCloseTo(1, 10);
    }));
  });

  it.each([
    ['a daily reference', { kind: 'delayed' as const }, /no live EUR\/USD rate: that of kraken is delayed/],
    ['a stale one', { state: 'stale' as const }, /is stale/],
    ['a closed market', { state: 'closed' as const }, /its market is closed/],
    ['an old one', { receiveTime: NOW - 31_000 }, /too old/],
    ['a crossed one without a last price', { bid: 1.2, ask: 1.1, last: null }, /not known/],
    ['one of unknown age', { receiveTime: null }, /too old/],
  ])('refuses %s', (_name, quote, words) => {
    const rate = findRate('EUR', 'USD', terms([fx('EUR/USD', 1.1, 1.12, quote)]));
    expect(rate.rate).toBeNull();
    expect(rate.reason).toMatch(words);
  });

  it('converts nothing it has no pair for, and no other currencies', () => {
    expect(findRate('GBP', 'USD', terms([])).reason).toBe('no live GBP/USD rate: GBP/USD is not on the list of symbols');
    expect(findRate('BTC', 'USD', terms([fx('BTC/USD', 1, 2)])).reason).toMatch(/BTC is not converted/);
    expect(findRate('USD', 'JPY', terms([])).reason).toMatch(/JPY is not converted/);
  });
});

describe('comparison', () => {
  it('finds where to buy and where to sell, before and after both fees', () => {
    const report = run([leg('okx', 100), leg('kraken', 110), leg('binance', 105)], { fees: new Map([['okx', 0.001], ['kraken', 0.004], ['binance', 0.001]]) });
    expect(report.legs.map((l) => [l.venue, l.buy?.price, l.sell?.price, l.comparable])).toEqual([['okx', 101, 99, true], ['kraken', 111, 109, true], ['binance', 106, 104, true]]);
    expect(report.best).toMatchObject({ buy: { venue: 'okx' }, sell: { venue: 'kraken' }, gross: 8, older_leg_age_ms: 50 });
    expect(report.best?.net).toBeCloseTo(109 * 0.996 - 101 * 1.001, 10);
    expect(report.best?.percent).toBeCloseTo(((109 * 0.996 - 101 * 1.001) / (101 * 1.001)) * 100, 10);
    expect(report.note).toMatch(/Transfers/);
  });

  it('converts other quote currencies with the live rate, and compares nothing without one', () => {
    const usd: Leg = { venue: 'coinbase', symbol: 'BTC/USD', book: around(120) };
    const rated = run([leg('okx', 100), usd, { venue: 'kraken', symbol: 'USDT/USD', quote: { bid: 1.99, ask: 2.01 }, book: null }]);
    expect(rated.reference).toBe('USDT');
    expect(rated.rates).toMatchObject([{ from: 'USD', to: 'USDT', rate: 0.5, venue: 'kraken', symbol: 'USDT/USD', age_ms: 50 }]);
    expect(rated.legs.find((l) => l.venue === 'coinbase')).toMatchObject({ quote: 'USD', comparable: true, buy: { price: 121, converted: 60.5 } });
    expect(rated.best).toMatchObject({ buy: { venue: 'coinbase', symbol: 'BTC/USD' }, sell: { venue: 'okx' }, gross: 38.5 });
    const bare = run([leg('okx', 100), usd]);
    expect(bare.legs.find((l) => l.venue === 'coinbase')).toMatchObject({ comparable: false, reason: 'no live USD/USDT rate: USD/USDT is not on the list of symbols', buy: { price: 121, converted: null, net: null } });
    expect(bare.best).toBeNull();
  });

  it.each([
    ['an old book', { book: { ...around(150), age: 11_000 } }, /11 s old; the limit is 10 s/],
    ['a gap', { book: { ...around(150), state: 'gap' as const, reason: 'update 7 is missing' } }, /not good \(gap: update 7 is missing\)/],
    ['no book', { book: null }, /no order book of BTC\/USDT from bad/],
    ['a closed market', { quote: { state: 'closed' as const }, book: around(150) }, /the market is closed/],
    ['a stale quote and a book of unknown age', { quote: { state: 'stale' as const }, book: { ...around(150), age: null } }, /its price is stale/],
    ['a refused value', { quote: { state: 'suspect' as const }, book: around(150) }, /its price is suspect/],
    ['simulated prices', { quote: { kind: 'simulated' as const }, book: { ...around(150), kind: 'simulated' as const } }, /its data is simulated; only live data/],
    ['delayed prices', { quote: { kind: 'delayed' as const }, book: null }, /its data is delayed/],
    ['unknown age', { quote: { receiveTime: null }, book: { ...around(150), age: null } }, /age is not known/],
  ])('leaves a leg with %s out of the best pair and says why', (_name, over, words) => {
    const report = run([leg('okx', 100), leg('kraken', 101), { venue: 'bad', symbol: 'BTC/USDT', ...over }]);
    const bad = report.legs.find((l) => l.venue === 'bad');
    expect(bad?.comparable).toBe(false);
    expect(bad?.reason).toMatch(words);
    expect([report.best?.buy.venue, report.best?.sell.venue]).not.toContain('bad');
  });

  it('takes a fresh book for good although its ticker rests', () => {
    const report = run([leg('okx', 100), { ...leg('kraken', 110), quote: { state: 'stale', receiveTime: NOW - 40_000 } }]);
    expect(report.legs[1]).toMatchObject({ comparable: true, age_ms: 50 });
  });

  it('computes no figures from a book that is not good', () => {
    const report = run([{ venue: 'okx', symbol: 'BTC/USDT', book: { ...around(100), state: 'crossed', reason: 'x' } }]);
    expect(report.legs[0]).toMatchObject({ buy: null, sell: null, book: { state: 'crossed', reason: 'x' } });
  });

  it('says how much of the size a book holds and takes such a side for nothing', () => {
    const report = run([leg('okx', 100), { venue: 'kraken', symbol: 'BTC/USDT', book: { bids: [['200', '0.25']], asks: [['201', '9']] } }], { size: '1' });
    expect(report.legs[1]).toMatchObject({ comparable: true, reason: 'only 0.25 of 1 BTC can be sold', sell: { filled: 0.25 } });
    expect(report.best).toMatchObject({ buy: { venue: 'kraken' }, sell: { venue: 'okx' } });
  });

  it('asks for more levels only when the first hundred do not hold the size', () => {
    const asks: Levels = Array.from({ length: 300 }, (_, i) => [String(101 + i), '0.01']);
    const report = run([{ venue: 'okx', symbol: 'BTC/USDT', book: { bids: [['99', '9']], asks } }], { size: '2' });
    expect(report.legs[0]?.buy).toMatchObject({ filled: 2, worst: 300 });
  });

  it('never pairs a leg with itself, nor lists what is no market', () => {
    const alone = run([leg('okx', 100)]);
    expect([alone.best, alone.note]).toEqual([null, expect.stringMatching(/Only one source has BTC/)]);
    const average = run([leg('okx', 100), leg('coingecko', 500)]);
    expect(average.legs.map((l) => l.venue)).toEqual(['okx']);
    expect(run([leg('coingecko', 500)]).note).toMatch(/No source has BTC/);
  });

  it('compares simulated prices only among themselves and says what they are', () => {
    const sim = (venue: string): Leg => ({ venue, symbol: 'BTC/USDT', quote: { kind: 'simulated' }, book: { ...around(100), kind: 'simulated' } });
    const report = run([sim('simulator')]);
    expect(report.note).toMatch(/^Simulated prices of one source: not a market\./);
    expect(report.legs[0]?.quality).toBe('simulated');
  });

  it('says which figures are before fees', () => {
    const report = run([leg('binance', 100), leg('coinbase', 110)]);
    expect(report.best).toMatchObject({ net: null, gross: 8 });
    expect(report.best?.percent).toBeCloseTo((8 / 101) * 100, 10);
    expect(report.note).toMatch(/Taker fee not known for binance, coinbase/);
  });

  it('prefers a pair whose fees are known to a better-looking one whose fees are not', () => {
    const report = run([leg('okx', 100), leg('kraken', 102), leg('binance', 130)], { fees: new Map([['okx', 0.001], ['kraken', 0.001]]) });
    expect(report.best).toMatchObject({ buy: { venue: 'okx' }, sell: { venue: 'kraken' } });
  });

  it('tells ages in real time while the feed runs faster', () => {
    const report = run([{ venue: 'okx', symbol: 'BTC/USDT', book: { ...around(100), age: 5_000 } }], { speed: 10 });
    expect(report.legs[0]).toMatchObject({ age_ms: 500, book: { age_ms: 500 } });
  });

  it('does not know an unknown symbol', () => {
    expect(compareMarkets(market([]), { symbol: 'NOPE', size: '1', now: NOW, speed: 1, fees: new Map() })).toBeNull();
  });

  const price = fc.integer({ min: 1, max: 10_000_000 }).map((n) => n / 100);
  const anyLeg = fc.record({
    venue: fc.constantFrom('binance', 'okx', 'coinbase', 'kraken', 'coingecko'), symbol: fc.constantFrom('BTC/USDT', 'BTC/USD', 'BTC/EUR', 'EUR/USD', 'USDT/USD', 'BTC/ETH'),
    mid: price, half: fc.integer({ min: 1, max: 100 }).map((n) => n / 1_000), size: fc.constantFrom('0.001', '0.5', '3', '1000'),
    state: fc.constantFrom('ok' as const, 'ok' as const, 'gap' as const, 'stale' as const), age: fc.constantFrom(10, 5_000, 20_000, null),
    kind: fc.constantFrom('live' as const, 'live' as const, 'delayed' as const, 'simulated' as const), quoted: fc.boolean(),
  });

  it('holds for any market: net at most gross, selling back at the same venue is a loss, best among the comparable, nothing is not a number', () => {
    fc.assert(fc.property(fc.uniqueArray(anyLeg, { selector: (l) => `${l.venue} ${l.symbol}`, maxLength: 12 }), fc.constantFrom('0.0001', '0.7', '12', '99999'), fc.double({ min: 0, max: 0.05, noNaN: true }), (made, size, fee) => {
      const legs = made.map(({ venue, symbol, mid, half, size: held, state, age, kind, quoted }): Leg => ({
        venue, symbol, quote: quoted ? { kind, bid: mid - half * mid, ask: mid + half * mid } : null,
        book: { bids: [[(mid * (1 - half)).toFixed(6), held], [(mid * (1 - half) * 0.9).toFixed(6), held]], asks: [[(mid * (1 + half)).toFixed(6), held], [(mid * (1 + half) * 1.1).toFixed(6), held]], state, age, kind },
      }));
      const symbols = ['BTC/USDT', 'BTC/USD', 'BTC/EUR', 'EUR/USD', 'USDT/USD', 'BTC/ETH'].map((s) => instrument(s, s === 'EUR/USD' ? 'fx' : 'crypto'));
      const made2 = compareMarkets(market(legs, symbols), { symbol: 'BTC/USDT', size, now: NOW, speed: 1, fees: new Map([['binance', fee], ['okx', 0]]) });
      if (!made2) throw new Error('no report');
      const text = JSON.stringify(made2, (_key, value: unknown) => {
        if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('not a finite number');
        return value;
      });
      const report = v.parse(CompareReport, JSON.parse(text));
      for (const { buy, sell, comparable, reason, venue } of report.legs) {
        expect(venue).not.toBe('coingecko');
        if (!comparable) expect(reason).not.toBe('');
        if (buy && buy.net !== null) expect(buy.net).toBeGreaterThanOrEqual(buy.converted ?? Infinity);
        if (sell && sell.net !== null) expect(sell.net).toBeLessThanOrEqual(sell.converted ?? -Infinity);
        if (buy && sell) expect(sell.price - buy.price).toBeLessThan(0);
      }
      const { best } = report;
      if (!best) return;
      expect(best.buy).not.toEqual(best.sell);
      if (best.net !== null) expect(best.net).toBeLessThanOrEqual(best.gross);
      for (const side of [best.buy, best.sell]) expect(report.legs.find((l) => l.venue === side.venue && l.symbol === side.symbol)?.comparable).toBe(true);
    }), { numRuns: 200 });
  });
});
