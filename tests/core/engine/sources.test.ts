import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Feed, T0 } from './feed';

const MINUTE = 60_000;
const okx = { venue: 'okx' };
const daily = { venue: 'frankfurter', kind: 'delayed', route: 'rest', symbol: 'EUR/USD' } as const;
/** Limits as the descriptors of a daily source and of sockets give them. */
const staleMsOf = (venue: string): number => (venue === 'frankfurter' ? 100 * 3_600_000 : 15_000);

const note = (feed: Feed, venue: string, symbol = 'BTC/USDT') => feed.engine.venueQuotes(symbol).find((q) => q.venue === venue)?.note;
const reference = (feed: Feed, ms: number, last: string, extra = {}) => feed.send({
  ...daily, type: 'ticker', last, open24h: null, high24h: null, low24h: null, volume24h: null, venueTime: T0 + ms, receiveTime: T0 + ms, ...extra,
});

describe('what each venue says', () => {
  it('tells values, state, lead and why a source does not lead', () => {
    const feed = new Feed();
    feed.quote(0, '100', '101');
    feed.quote(0, '200', '201', okx);
    const [first, second] = feed.engine.venueQuotes('BTC/USDT');
    expect(first).toMatchObject({ venue: 'binance', bid: 100, ask: 101, state: 'ok', leads: true, note: '', route: 'socket', receiveTime: T0 });
    expect(second).toMatchObject({ venue: 'okx', bid: 200, leads: false, note: expect.stringMatching(/^Less preferred than binance$/i) as string });
    feed.quote(16_000, '100', '101');
    expect(note(feed, 'okx')).toBe('Stale for 1 s');
    feed.status(16_500, 'okx', 'waiting');
    expect(note(feed, 'okx')).toBe('Not connected; last value 16 s old');
    expect(feed.engine.venueQuotes('NOPE')).toEqual([]);
  });

  it('says how long a preferred source has still to prove itself', () => {
    const feed = new Feed();
    feed.quote(0, '200', '201', okx);
    feed.quote(1000, '100', '101');
    feed.quote(3100, '100', '101');
    expect(note(feed, 'binance')).toBe('Healthy for 2 of 3 s');
  });

  it('a closed market is closed at every venue', () => {
    const feed = new Feed({}, 'live', undefined, Date.parse('2026-07-18T12:00:00Z'));
    feed.quote(0, '200', '201', { symbol: 'AAPL' });
    feed.clock(600_000);
    expect(feed.engine.venueQuotes('AAPL')).toMatchObject([{ state: 'closed', activity: 'unknown', note: 'Market closed' }]);
  });
});

describe('staleness by class', () => {
  it.each([['BTC/USDT', 15_000], ['EUR/USD', 30_000], ['AAPL', 60_000]])('%s is stale beyond %i ms', (symbol, limit) => {
    const feed = new Feed();
    feed.quote(0, '100', '101', { symbol });
    const state = (ms: number) => {
      feed.clock(ms);
      return feed.engine.quote(symbol)?.state;
    };
    expect([state(limit), state(limit + 1)]).toEqual(['ok', 'stale']);
  });
});

describe('rule of the lead', () => {
  it('a source that lost the lead again and again waits longer each time, and is forgiven after five quiet minutes', () => {
    const feed = new Feed();
    let t = 0;
    const wait = (): number => {
      feed.status(t, 'binance', 'waiting');
      const from = t;
      do {
        t += 1000;
        feed.quote(t, '200', '201', okx);
        feed.quote(t, '100', '101');
      } while (feed.btc.venue !== 'binance');
      return (t - from) / 1000 - 1;
    };
    feed.quote(0, '100', '101');
    feed.quote(0, '200', '201', okx);
    expect([wait(), wait(), wait(), wait()]).toEqual([3, 6, 12, 24]);
    for (const end = t + 301_000; t < end; t += 1000) {
      feed.quote(t, '100', '101');
      feed.quote(t, '200', '201', okx);
    }
    expect(wait()).toBe(3);
  });

  it('pushed values lead before those asked for by REST, whatever the priority', () => {
    const feed = new Feed();
    feed.quote(0, '100', '101');
    feed.status(500, 'binance', 'waiting');
    feed.quote(1000, '102', '103', { route: 'rest' });
    expect(feed.btc).toMatchObject({ venue: 'binance', route: 'rest', state: 'ok' });
    for (let t = 1000; t <= 5000; t += 1000) feed.quote(t, '200', '201', okx);
    feed.quote(5000, '102', '103', { route: 'rest' });
    expect(feed.btc.venue).toBe('okx');
    expect(note(feed, 'binance')).toMatch(/^Asked for by REST; okx streams$/i);
    for (let t = 6000; t <= 9000; t += 1000) feed.quote(t, '104', '105');
    expect(feed.btc).toMatchObject({ venue: 'binance', route: 'socket' });
  });

  it('a delayed reference never beats a healthy live value, and gives way to one at once', () => {
    const feed = new Feed({ staleMsOf });
    reference(feed, 0, '1.10');
    expect(feed.engine.quote('EUR/USD')).toMatchObject({ venue: 'frankfurter', kind: 'delayed', last: 1.1, state: 'ok' });
    expect(note(feed, 'frankfurter', 'EUR/USD')).toBe('Delayed: daily reference');
    feed.quote(1000, '1.2', '1.3', { symbol: 'EUR/USD' });
    expect(feed.engine.quote('EUR/USD')).toMatchObject({ venue: 'binance', kind: 'live', bid: 1.2 });
    reference(feed, 2000, '1.11');
    expect(feed.engine.quote('EUR/USD')?.venue).toBe('binance');
  });

  it('the last live value stays, marked old, until the reference is newer and the value is an hour old', () => {
    const feed = new Feed({ staleMsOf });
    feed.quote(0, '1.2', '1.3', { symbol: 'EUR/USD' });
    const leads = (ms: number) => {
      feed.clock(ms);
      const quote = feed.engine.quote('EUR/USD');
      return [quote?.venue, quote?.state];
    };
    reference(feed, 600_000, '1.10', { venueTime: T0 - 86_400_000 });
    expect(leads(600_000)).toEqual(['binance', 'stale']);
    expect(note(feed, 'frankfurter', 'EUR/USD')).toBe('Delayed: daily reference; the last live value is kept for now');
    expect(leads(3_700_000)).toEqual(['binance', 'stale']);
    reference(feed, 3_701_000, '1.11');
    expect(leads(3_702_000)).toEqual(['frankfurter', 'ok']);
  });

  it('while the market is closed the last live price stays', () => {
    const friday = Date.parse('2026-07-17T19:00:00Z');
    const feed = new Feed({ staleMsOf }, 'live', undefined, friday);
    feed.quote(0, '1.2', '1.3', { symbol: 'EUR/USD' });
    const later = 30 * 3_600_000;
    reference(feed, 0, '1.11', { receiveTime: friday + later, venueTime: friday + later });
    feed.clock(later + 1000);
    expect(feed.engine.quote('EUR/USD')).toMatchObject({ venue: 'binance', state: 'closed' });
  });

  it('property: whenever a live source is healthy, a live one leads', () => {
    const step = fc.record({ gap: fc.integer({ min: 0, max: 20_000 }), who: fc.constantFrom('binance', 'okx', 'frankfurter', 'cut') });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const feed = new Feed({ staleMsOf });
      let t = 0;
      for (const { gap, who } of steps) {
        t += gap;
        if (who === 'cut') feed.status(t, 'binance', 'waiting');
        else if (who === 'frankfurter') reference(feed, t, '1.1');
        else feed.quote(t, '1.2', '1.3', { symbol: 'EUR/USD', venue: who });
        const all = feed.engine.venueQuotes('EUR/USD');
        const live = all.some((q) => q.kind === 'live' && q.state === 'ok');
        if (live) expect(all.find((q) => q.leads)).toMatchObject({ kind: 'live', state: 'ok' });
        expect(all.filter((q) => q.leads)).toHaveLength(all.length > 0 ? 1 : 0);
        for (const q of all) expect(q.leads || q.note !== '').toBe(true);
      }
    }), { numRuns: 100 });
  });
});

describe('a change of the lead within a minute', () => {
  /** Binance trades at 100, is cut at 20 s; OKX trades at 200 all the time. */
  function story(): Feed {
    const feed = new Feed();
    for (const s of [1, 5, 10]) feed.trade(s * 1000, '100', '1');
    for (const s of [2, 6, 11]) feed.trade(s * 1000, '200', '2', okx);
    feed.status(20_000, 'binance', 'waiting');
    return feed;
  }

  it('keeps the old leader\'s candle until the new one trades, then shows that venue\'s own minute alone', () => {
    const feed = story();
    expect(feed.engine.candles('BTC/USDT', '1m', 9)).toMatchObject([{ open: 100, high: 100, volume: 3 }]);
    feed.trade(25_000, '201', '2', okx);
    expect(feed.engine.candles('BTC/USDT', '1m', 9)).toEqual([{ openTime: T0, open: 200, high: 201, low: 200, close: 201, volume: 8 }]);
    expect(feed.of('candle', feed.clock(26_000)).find((c) => c.interval === '1m')).toMatchObject({ venue: 'okx', closed: false });
    expect(feed.engine.venueCandles('binance', 'BTC/USDT')).toMatchObject([{ high: 100, volume: 3 }]);
    expect(feed.engine.venueCandles('okx', 'BTC/USDT')).toMatchObject([{ high: 201, volume: 8 }]);
    expect(feed.engine.venueCandles('kraken', 'BTC/USDT')).toEqual([]);
  });

  it('a minute that was over before belongs to the venue that led in it, and is named so', () => {
    const feed = new Feed();
    feed.trade(50_000, '100');
    feed.trade(51_000, '200', '1', okx);
    feed.status(60_500, 'binance', 'waiting');
    feed.trade(60_900, '205', '1', { ...okx, venueTime: T0 + 59_000 });
    feed.trade(61_000, '201', '1', okx);
    const closed = feed.of('candle', feed.clock(63_000)).filter((c) => c.closed && c.interval === '1m');
    expect(closed).toMatchObject([{ venue: 'binance', candle: { openTime: T0, close: 100, high: 100, volume: 1 } }]);
    expect(feed.engine.candles('BTC/USDT', '1m', 9)).toMatchObject([{ openTime: T0 }, { openTime: T0 + MINUTE, open: 201, volume: 1 }]);
  });

  it('property: with any switching no minute mixes two venues, told by their prices', () => {
    const step = fc.record({ gap: fc.integer({ min: 0, max: 12_000 }), who: fc.constantFrom('binance', 'okx'), cut: fc.boolean() });
    fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
      const feed = new Feed();
      let t = 0;
      for (const { gap, who, cut } of steps) {
        t += gap;
        feed.clock(t);
        if (cut) feed.status(t, who, 'waiting');
        else feed.trade(t, who === 'okx' ? '200' : '100', '1', { venue: who });
        for (const c of feed.engine.candles('BTC/USDT', '1m', 99)) expect(c.high).toBe(c.low);
        for (const c of feed.of('candle')) if (c.interval === '1m') expect(c.venue).toBe(c.candle.close === 200 ? 'okx' : 'binance');
      }
    }), { numRuns: 60 });
  });
});

describe('a venue as a whole', () => {
  it('counts what it leads, its books by state, its repaired gaps, its clock, and what is silent', () => {
    const feed = new Feed();
    for (let s = 0; s <= 90; s += 1) {
      if (s <= 70) feed.quote(s * 1000, '200', '201', okx);
      feed.quote(s * 1000 + 500, '100', '101', { venueTime: T0 + s * 1000 + 800 });
    }
    feed.book(90_600, 'snapshot', [['1', '1']], [['2', '1']]);
    const state = { venue: 'binance', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: null, receiveTime: T0 + 90_700, type: 'bookState' } as const;
    feed.send({ ...state, state: 'gap', reason: 'x' });
    feed.send({ ...state, state: 'syncing', reason: 'x' });
    expect(feed.engine.venueFacts().get('binance')).toMatchObject({ books: { syncing: 1, ok: 0 }, gapsRepaired: 0 });
    feed.book(91_000, 'snapshot', [['1', '1']], [['2', '1']]);
    expect(feed.engine.venueFacts().get('binance')).toMatchObject({ books: { ok: 1, gap: 0, syncing: 0, crossed: 0, stale: 0 }, gapsRepaired: 1, leads: 1, clockOffsetMs: 300, silent: [] });
    expect(feed.engine.venueFacts().get('okx')).toMatchObject({ leads: 0, silent: ['BTC/USDT'], clockOffsetMs: 0 });
    expect(feed.engine.venueQuotes('BTC/USDT').map((q) => [q.venue, q.activity])).toEqual([['binance', 'usual'], ['okx', 'silent']]);
    feed.status(91_500, 'okx', 'waiting');
    expect(feed.engine.venueFacts().get('okx')?.silent).toEqual([]);
  });
});
