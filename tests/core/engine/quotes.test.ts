import { describe, expect, it } from 'vitest';
import { Feed, T0 } from './feed';

describe('consolidated quote', () => {
  it('joins trade, quote and ticker of one venue and sends one output per input, only on change', () => {
    const feed = new Feed();
    expect(feed.of('quote', feed.quote(0, '100.0', '100.2'))).toHaveLength(1);
    expect(feed.of('quote', feed.trade(1, '100.1'))).toHaveLength(1);
    expect(feed.of('quote', feed.quote(2, '100.00', '100.20'))).toHaveLength(0);
    expect(feed.btc).toMatchObject({ last: 100.1, bid: 100, ask: 100.2, venue: 'binance', kind: 'live', state: 'ok' });
  });

  it('sends an unchanged quote again when it got a second fresher, so that its age stays true', () => {
    const feed = new Feed();
    feed.quote(0, '100', '101');
    feed.quote(600, '100', '101');
    expect(feed.of('quote', feed.clock(1000))).toHaveLength(0);
    feed.quote(1100, '100', '101');
    expect(feed.of('quote', feed.clock(2000)).map((o) => o.quote.receiveTime)).toEqual([T0 + 1100]);
  });

  it('last is the newest by venue time, not by arrival', () => {
    const feed = new Feed();
    feed.trade(100, '100');
    feed.trade(110, '99', '1', { venueTime: T0 + 50 });
    expect(feed.btc.last).toBe(100);
  });

  it('takes the mid where there is no public tape, to half a tick, until a trade is seen', () => {
    const feed = new Feed();
    feed.quote(0, '1.10001', '1.10002', { symbol: 'EUR/USD' });
    expect(feed.engine.quote('EUR/USD')?.last).toBe(1.100015);
    feed.quote(0, '100', '101');
    expect(feed.btc.last).toBeNull();
  });
});

describe('leader', () => {
  const okx = { venue: 'okx' };

  it('the preferred venue takes over only after three healthy seconds', () => {
    const feed = new Feed();
    feed.quote(0, '100', '101', okx);
    feed.quote(500, '200', '201');
    feed.quote(3400, '202', '203');
    expect(feed.btc).toMatchObject({ venue: 'okx', bid: 100 });
    feed.quote(3500, '204', '205');
    expect(feed.btc).toMatchObject({ venue: 'binance', bid: 204, ask: 205 });
  });

  it('a silent leader loses to the next one at the staleness limit, and gets the lead back after a pause', () => {
    const feed = new Feed();
    feed.quote(0, '100', '101');
    for (let t = 0; t <= 15_000; t += 1000) feed.quote(t, '200', '201', okx);
    feed.clock(15_000);
    expect(feed.btc.venue).toBe('binance');
    feed.clock(15_001);
    expect(feed.btc).toMatchObject({ venue: 'okx', state: 'ok' });
    feed.quote(16_000, '100', '101');
    feed.quote(18_900, '100', '101');
    expect(feed.btc.venue).toBe('okx');
    feed.clock(19_000);
    expect(feed.btc.venue).toBe('binance');
  });

  it('a lost connection takes the lead away at once; only fresh data takes the flag away', () => {
    const feed = new Feed();
    feed.quote(0, '100', '101');
    expect(feed.of('quote', feed.status(100, 'binance', 'waiting')).map((o) => o.quote.state)).toEqual(['stale']);
    feed.status(200, 'binance', 'live');
    expect(feed.btc.state).toBe('stale');
    feed.quote(300, '100', '101');
    expect(feed.btc.state).toBe('ok');
    feed.quote(400, '200', '201', okx);
    feed.status(500, 'binance', 'waiting');
    expect(feed.btc).toMatchObject({ venue: 'okx', bid: 200, state: 'ok' });
  });

  it('with equal priority nothing flaps', () => {
    const feed = new Feed({ venuePriority: [] });
    feed.quote(0, '100', '101', okx);
    for (let t = 0; t < 20_000; t += 1000) {
      feed.quote(t, '100', '101', okx);
      feed.quote(t, '100', '101');
    }
    expect(new Set(feed.of('quote').map((o) => o.quote.venue))).toEqual(new Set(['okx']));
  });
});

describe('state by time', () => {
  it('is stale just beyond the limit, and fresh again with data', () => {
    const feed = new Feed({ staleMs: 5000 });
    feed.trade(0, '100');
    expect(feed.of('quote', feed.clock(5000))).toHaveLength(0);
    expect(feed.of('quote', feed.clock(5001)).map((o) => [o.quote.state, o.quote.last])).toEqual([['stale', 100]]);
    feed.trade(6000, '100');
    expect(feed.btc.state).toBe('ok');
  });

  it('a closed market is closed, never stale', () => {
    const friday = Date.parse('2026-07-17T19:59:50Z');
    const feed = new Feed({}, 'simulated', undefined, friday);
    feed.trade(0, '200', '1', { symbol: 'AAPL' });
    const states = [5_000, 11_000, 61_000, 4 * 3_600_000 + 11_000, 30 * 3_600_000].map((ms) => {
      feed.clock(ms);
      return feed.engine.quote('AAPL')?.state;
    });
    expect(states).toEqual(['ok', 'ok', 'closed', 'closed', 'closed']);
  });
});

describe('bad input', () => {
  it.each([
    ['NaN price', { price: 'NaN' }, 'not_finite'], ['null price', { price: null }, 'not_finite'], ['1e999', { price: '1e999' }, 'not_finite'],
    ['zero', { price: '0' }, 'not_positive'], ['negative', { price: '-5' }, 'not_positive'], ['1000 times', { price: '100000' }, 'absurd_price'],
    ['a thousandth', { price: '0.1' }, 'absurd_price'], ['zero size', { size: '0.000' }, 'not_positive'], ['no id', { id: '' }, 'bad_payload'],
    ['unknown symbol', { symbol: 'NOPE/USD' }, 'unknown_symbol'], ['other kind', { kind: 'simulated' }, 'wrong_kind'],
  ])('%s is refused, the last good value stays', (_name, extra, code) => {
    const feed = new Feed();
    feed.trade(0, '100');
    expect(feed.codes(feed.trade(10, '101', '1', extra))).toEqual([code]);
    expect(feed.btc).toMatchObject({ last: 100, receiveTime: T0 });
    expect(feed.btc.state).toBe(['unknown_symbol', 'wrong_kind'].includes(code) ? 'ok' : 'suspect');
    feed.trade(20, '101');
    expect(feed.btc).toMatchObject({ last: 101, state: 'ok' });
  });

  it('a crossed quote and an empty size are refused, empty sides are not', () => {
    const feed = new Feed();
    expect(feed.codes(feed.quote(0, '101', '100'))).toEqual(['crossed']);
    expect(feed.codes(feed.quote(1, '100', '101', { bidSize: '0', askSize: '0' }))).toEqual(['not_positive']);
    expect(feed.codes(feed.quote(2, '100', null))).toEqual([]);
    expect(feed.btc).toMatchObject({ bid: 100, ask: null, askSize: null, state: 'ok' });
  });

  it.each([['1970', 1000], ['2038', 2_145_916_800_000]])('a venue time in %s is left out, the value is used', (_name, venueTime) => {
    const feed = new Feed();
    expect(feed.codes(feed.trade(0, '100', '1', { venueTime }))).toEqual(['time_range']);
    expect(feed.btc).toMatchObject({ last: 100, venueTime: null, state: 'ok' });
    expect(feed.engine.candles('BTC/USDT', '1m', 5).map((c) => c.openTime)).toEqual([T0]);
  });

  it('a new level that persists is believed; scattered garbage never is', () => {
    const feed = new Feed();
    feed.trade(0, '100');
    expect(feed.codes(['5000', '5001', '5002'].flatMap((price, i) => feed.trade(1000 + i * 900, price)))).toHaveLength(3);
    expect(feed.codes(feed.trade(3000, '5003'))).toEqual([]);
    expect(feed.btc.last).toBe(5003);
    const garbage = ['9', '900000', '8', '700000', '7', '800000'].flatMap((price, i) => feed.trade(4000 + i * 1000, price));
    expect(feed.codes(garbage)).toHaveLength(6);
    expect(feed.btc).toMatchObject({ last: 5003, state: 'suspect' });
  });

  it('a repeated trade is dropped and does not make the source look alive', () => {
    const feed = new Feed();
    feed.trade(0, '100', '1', { id: '7' });
    expect(feed.codes(feed.trade(10_000, '100', '1', { id: '7' }))).toEqual(['duplicate']);
    feed.clock(15_001);
    expect(feed.btc.state).toBe('stale');
    expect(feed.engine.tradeTotals()).toEqual([{ venue: 'binance', symbol: 'BTC/USDT', count: 1, volume: '1' }]);
  });

  it('a payload that the mapper refused makes the value suspect', () => {
    const feed = new Feed();
    feed.trade(0, '100');
    feed.send({ type: 'badInput', venue: 'binance', symbol: 'BTC/USDT', code: 'bad_number', detail: 'x', receiveTime: T0 + 1 });
    expect(feed.btc.state).toBe('suspect');
  });
});

describe('mode', () => {
  it('a change of kind drops every value, resets the rows and refuses the other kind', () => {
    const feed = new Feed({}, 'simulated');
    feed.trade(0, '100');
    feed.book(0, 'snapshot', [['99', '1']], [['101', '1']]);
    feed.clock(70_000);
    const out = feed.send({ type: 'mode', mode: 'live', reason: 'a venue answers', receiveTime: T0 + 71_000 });
    expect(out[0]).toMatchObject({ type: 'mode', mode: 'live' });
    const rows = feed.of('quote', out);
    expect(rows).toHaveLength(feed.engine.instruments().length);
    expect(rows.every((o) => o.quote.state === 'none' && o.quote.last === null && o.quote.kind === 'live')).toBe(true);
    expect([feed.engine.tradeTotals(), feed.engine.books(), feed.engine.trades('BTC/USDT', 9), feed.engine.candles('BTC/USDT', '1m', 9)]).toEqual([[], [], [], []]);
    expect(feed.codes(feed.trade(72_000, '100', '1', { kind: 'simulated' }))).toEqual(['wrong_kind']);
    const quotes = feed.outputs.length;
    expect(feed.of('quote', feed.clock(73_000))).toEqual([]);
    expect(quotes).toBeLessThanOrEqual(feed.outputs.length);
  });

  it('live and mixed are one kind; a replay lies in the past', () => {
    const feed = new Feed();
    feed.trade(0, '100');
    feed.send({ type: 'mode', mode: 'mixed', reason: '', receiveTime: T0 + 1 });
    expect(feed.btc.last).toBe(100);
    const past = T0 - 1e10;
    feed.send({ type: 'mode', mode: 'replay', reason: '', receiveTime: past });
    feed.trade(0, '50', '1', { receiveTime: past + 5, venueTime: past + 5 });
    expect(feed.btc).toMatchObject({ last: 50, receiveTime: past + 5, kind: 'replay' });
  });

  it('keeps the time since which a venue is in its state', () => {
    const feed = new Feed();
    expect(feed.of('feedStatus', [...feed.status(5, 'binance', 'waiting'), ...feed.status(9, 'binance', 'waiting'), ...feed.status(12, 'binance', 'live')])
      .map((o) => o.since - T0)).toEqual([5, 5, 12]);
  });
});

it('instruments: new facts replace, new symbols get a row, nonsense is refused', () => {
  const feed = new Feed();
  const instrument = { ...feed.engine.instruments()[0], symbol: 'NKN/USDT', base: 'NKN', tickSize: 0.0001 } as never;
  const out = feed.send({ type: 'instrument', venue: 'binance', instrument, receiveTime: T0 });
  expect(out.map((o) => o.type)).toEqual(['instrument', 'quote']);
  expect(feed.send({ type: 'instrument', venue: 'binance', instrument, receiveTime: T0 })).toEqual([]);
  expect(feed.codes(feed.send({ type: 'instrument', venue: 'binance', instrument: { symbol: '<b>' } as never, receiveTime: T0 }))).toEqual(['bad_payload']);
});

it('instruments: steps of several venues do not fight, the finest holds; newer facts of one venue replace its own', () => {
  const feed = new Feed();
  const base = { ...feed.engine.instruments()[0]!, venues: ['binance'] };
  const tell = (venue: string, tickSize: number, venues: readonly string[]) => {
    feed.send({ type: 'instrument', venue, instrument: { ...base, tickSize, venues }, receiveTime: T0 });
    const { tickSize: tick, venues: listed } = feed.engine.instrument(base.symbol) ?? base;
    return [tick, listed];
  };
  expect(tell('binance', 0.01, ['binance'])).toEqual([0.01, ['binance']]);
  expect(tell('okx', 0.1, ['binance', 'okx'])).toEqual([0.01, ['binance', 'okx']]);
  expect(tell('binance', 0.5, ['binance'])).toEqual([0.1, ['binance', 'okx']]);
});
