import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Feed, T0 } from './feed';

const side = (prices: fc.Arbitrary<number>) => fc.array(
  fc.tuple(prices.map((p) => (p / 100).toFixed(2)), fc.nat(3).map(String)), { maxLength: 12 },
);

describe('order book', () => {
  it('equals a naive rebuild after any changes', () => {
    const change = fc.record({ bids: side(fc.integer({ min: 1, max: 60 })), asks: side(fc.integer({ min: 40, max: 99 })), snapshot: fc.boolean() });
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
      const feed = new Feed();
      let bids = new Map<string, string>();
      let asks = new Map<string, string>();
      changes.forEach((next, i) => {
        const action = i === 0 || next.snapshot ? 'snapshot' : 'delta';
        if (action === 'snapshot') [bids, asks] = [new Map(), new Map()];
        for (const [map, levels] of [[bids, next.bids], [asks, next.asks]] as const) {
          for (const [price, size] of levels) if (size === '0') map.delete(price); else map.set(price, size);
        }
        const [output] = feed.of('book', feed.book(i, action, next.bids, next.asks));
        const best = [Math.max(...[...bids.keys()].map(Number)), Math.min(...[...asks.keys()].map(Number))] as const;
        expect(output?.state).toBe(best[0] >= best[1] ? 'crossed' : 'ok');
        const order = (a: readonly [string, string], b: readonly [string, string]): number => Number(a[0]) - Number(b[0]);
        expect(feed.engine.book('binance', 'BTC/USDT', 1000)).toMatchObject({
          levels: [bids.size, asks.size], bids: [...bids].sort(order).reverse(), asks: [...asks].sort(order), updateId: i,
        });
      });
    }), { numRuns: 80 });
  });

  it('keeps texts, tells prices apart that doubles cannot, joins spellings of one price', () => {
    const feed = new Feed();
    feed.book(0, 'snapshot', [['12345678901234567.1', '1.50'], ['12345678901234567.2', '2'], ['5.10', '1'], ['5.1', '3']], []);
    expect(feed.engine.book('binance', 'BTC/USDT', 9)?.bids).toEqual([['12345678901234567.2', '2'], ['12345678901234567.1', '1.50'], ['5.1', '3']]);
  });

  it('after a gap only a snapshot helps', () => {
    const feed = new Feed();
    expect(feed.book(0, 'delta', [['1', '1']], [])).toEqual([]);
    feed.book(1, 'snapshot', [['1', '1']], [['2', '1']]);
    const state = { venue: 'binance', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: null, receiveTime: T0 + 2, type: 'bookState' } as const;
    expect(feed.of('book', feed.send({ ...state, state: 'gap', reason: 'ids jumped' }))).toMatchObject([{ action: 'state', state: 'gap', reason: 'ids jumped' }]);
    expect([...feed.book(3, 'delta', [['1', '5']], []), ...feed.send({ ...state, state: 'ok', reason: '' })]).toEqual([]);
    expect(feed.of('book', feed.book(4, 'snapshot', [['1', '5']], [])).map((o) => o.state)).toEqual(['ok']);
  });

  it.each(['gap', 'syncing'] as const)('a %s that grows old is not made good by a word', (broken) => {
    const feed = new Feed();
    feed.book(0, 'snapshot', [['1', '1']], [['2', '1']]);
    const state = { venue: 'binance', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: null, receiveTime: T0 + 2, type: 'bookState', reason: '' } as const;
    for (const name of [broken, 'stale', 'ok'] as const) feed.send({ ...state, state: name });
    expect(feed.engine.book('binance', 'BTC/USDT', 1)?.state).toBe(broken);
  });

  it.each([['-1', '1'], ['0', '1'], ['1', 'NaN'], ['1', '-1'], ['1', '']])('level %s x %s breaks the book visibly', (price, size) => {
    const feed = new Feed();
    feed.book(0, 'snapshot', [['1', '1']], [['2', '1']]);
    const out = feed.book(1, 'delta', [[price, size]], []);
    expect(out.map((o) => o.type)).toEqual(['book', 'refused', 'quote']);
    expect(feed.btc.state).toBe('suspect');
    expect(feed.engine.book('binance', 'BTC/USDT', 1)).toMatchObject({ state: 'gap', bids: [['1', '1']] });
  });
});
