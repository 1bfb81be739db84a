import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LargeSnapshot } from '../../../server/connectors/coinbase/large';
import { listedInstrument } from '../../../server/connectors/base/listings';
import { CoinbaseMapper } from '../../../server/connectors/coinbase/mapper';
import { timeOf } from '../../../server/connectors/coinbase/raw';
import { readProducts, splitCoinbase } from '../../../server/connectors/coinbase/symbols';

const mapper = new CoinbaseMapper({ kind: 'live', route: 'socket', symbolOf: (p) => (/^(BTC|ETH|SKL)-(USD|BTC)$/.test(p) ? p.replace('-', '/') : null) });
const at = 1_786_309_548_631;
const map = (frame: object) => mapper.map(JSON.stringify(frame), at);
const envelope = (channel: string, events: readonly object[]) => ({ channel, timestamp: '2026-08-09T21:05:48.228568804Z', sequence_num: 3, events });

/** Payloads as the recordings show them (see raw.ts). */
const trade = { product_id: 'BTC-USD', trade_id: '1068572090', price: '65083.67', size: '0.002186', time: '2026-08-09T21:05:42.514318Z', side: 'SELL' };
const ticker = {
  type: 'ticker', product_id: 'BTC-USD', price: '65086.18', volume_24_h: '2867.54532609', low_24_h: '64675.22', high_24_h: '65252.99', low_52_w: '57717.55', high_52_w: '126296',
  price_percent_chg_24_h: '0.09601107287722', best_bid: '65083.66', best_ask: '65083.67', best_bid_quantity: '0.20371215', best_ask_quantity: '0.24290402',
};
const level = { side: 'offer', event_time: '2026-08-09T21:05:48.170326Z', price_level: '65083.67', new_quantity: '0' };

describe('Coinbase mapper, Advanced Trade', () => {
  it('reads a trade: the side is the maker\'s, so the taker bought; texts and microseconds stay exact', () => {
    expect(map(envelope('market_trades', [{ type: 'update', trades: [trade] }]))).toMatchObject({
      type: 'data', sequence: 3, streams: ['market_trades:BTC-USD'], refusals: [],
      events: [{ type: 'trade', symbol: 'BTC/USD', venueTime: 1786309542514.318, receiveTime: at, id: '1068572090', price: '65083.67', size: '0.002186', side: 'buy' }],
    });
  });

  it('gives trades of one frame oldest first, although the venue sends the newest first', () => {
    const mapped = map(envelope('market_trades', [{ type: 'snapshot', trades: [{ ...trade, trade_id: '3' }, { ...trade, trade_id: '2' }, { ...trade, trade_id: '1' }] }]));
    expect(mapped.type === 'data' && mapped.events.map((e) => e.type === 'trade' && e.id)).toEqual(['1', '2', '3']);
  });

  it('reads quote and 24 h values from a ticker, the open from the change in percent', () => {
    expect(map(envelope('ticker', [{ type: 'snapshot', tickers: [ticker] }]))).toMatchObject({
      events: [
        { type: 'quote', bid: '65083.66', bidSize: '0.20371215', ask: '65083.67', askSize: '0.24290402', venueTime: 1786309548228.568 },
        { type: 'ticker', last: '65086.18', open24h: '65023.75', high24h: '65252.99', low24h: '64675.22', volume24h: '2867.54532609' },
      ],
    });
    const empty = map(envelope('ticker', [{ type: 'update', tickers: [{ ...ticker, best_bid: '0', best_bid_quantity: '0', price_percent_chg_24_h: '', high_24_h: '0' }] }]));
    expect(empty).toMatchObject({ events: [{ bid: null, bidSize: null, ask: '65083.67' }, { open24h: null, high24h: null }] });
  });

  it('keeps the good entries of a frame and refuses the others one by one', () => {
    const mapped = map(envelope('market_trades', [{ type: 'update', trades: [{ ...trade, price: '1e999' }, trade, null, { ...trade, product_id: 'XYZ-USD' }, { product_id: 'BTC-USD' }] }]));
    expect(mapped).toMatchObject({ events: [{ id: '1068572090' }], refusals: [{ code: 'bad_number' }, { code: 'bad_payload' }, { code: 'unknown_symbol' }, { code: 'bad_payload' }] });
  });

  it('one unreadable level spoils the whole change: a book with a hole is worth nothing', () => {
    expect(map(envelope('l2_data', [{ type: 'update', product_id: 'BTC-USD', updates: [level] }]))).toMatchObject({ books: [{ action: 'update', bids: [], asks: [['65083.67', '0']] }], refusals: [] });
    for (const wrong of [{ ...level, side: 'ask' }, { ...level, price_level: '0' }, { ...level, new_quantity: '-1' }, null]) {
      expect(map(envelope('l2_data', [{ type: 'update', product_id: 'BTC-USD', updates: [level, wrong] }]))).toMatchObject({ books: [{ action: 'broken', asks: [] }], refusals: [{ code: 'bad_payload' }] });
    }
  });

  it('reads a five-minute candle, closed by the time of the venue, and refuses one that contradicts itself', () => {
    const candle = { start: '1786309200', high: '1916.6', low: '1915.91', open: '1916.11', close: '1916.02', volume: '13.9044026', product_id: 'ETH-USD' };
    expect(map(envelope('candles', [{ type: 'update', candles: [candle] }]))).toMatchObject({ events: [{ interval: '5m', openTime: 1786309200000, open: 1916.11, closed: true }] });
    expect(map(envelope('candles', [{ type: 'update', candles: [{ ...candle, start: '1786309500' }] }]))).toMatchObject({ events: [{ closed: false }] });
    expect(map(envelope('candles', [{ type: 'update', candles: [{ ...candle, high: '1' }] }]))).toMatchObject({ events: [], refusals: [{ code: 'bad_payload' }] });
  });

  it.each([
    ['{"type":"error","message":"authentication failure"}', { type: 'error', words: 'authentication failure' }],
    ['{"type":"error","message":"Failed to subscribe","reason":"XYZ-USD is not a valid product"}', { type: 'error', words: 'Failed to subscribe: XYZ-USD is not a valid product' }],
    ['{"channel":"subscriptions","timestamp":"","sequence_num":2,"events":[{"subscriptions":{"market_trades":["BTC-USD","ETH-USD"]}}]}', { type: 'ack', sequence: 2, streams: ['market_trades:BTC-USD', 'market_trades:ETH-USD'] }],
    ['{"channel":"heartbeats","timestamp":"","sequence_num":9,"events":[{"current_time":"2026-08-09 21:05:48.854840045 +0000 UTC m=+41691.26","heartbeat_counter":41691}]}', { type: 'heartbeat', sequence: 9 }],
    ['{"channel":"status","sequence_num":4,"events":[]}', { type: 'ignored', sequence: 4 }],
    ['{"channel":"newest","sequence_num":5,"events":[{}]}', { type: 'bad', sequence: 5, refusals: [{ code: 'unknown_type' }] }],
    ['{"type":"newest"}', { type: 'bad', refusals: [{ code: 'unknown_type' }] }],
    ['', { type: 'bad', refusals: [{ code: 'bad_json' }] }],
    ['[]', { type: 'bad', refusals: [{ code: 'bad_payload' }] }],
  ])('understands %s', (raw, want) => {
    expect(mapper.map(raw, 0)).toMatchObject(want);
  });

  it('never throws and never lets a number pass that is not finite and positive, whatever comes', () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.constantFrom('NaN', 'Infinity', '-1', '0', '1e999', '0x10', ' 5', '5.0', null, true), fc.jsonValue());
    const product = fc.constantFrom('BTC-USD', 'Y', 5);
    const entry = fc.record({ product_id: product, trade_id: value, price: value, size: value, time: fc.oneof(value, fc.constant('2026-08-09T21:05:42Z')), side: value, start: value, open: value, high: value, low: value, close: value, volume: value }, { requiredKeys: [] });
    const event = fc.record({ type: fc.constantFrom('snapshot', 'update', 'x'), product_id: product, trades: fc.oneof(value, fc.array(entry)), tickers: fc.oneof(value, fc.array(entry)), candles: fc.array(fc.oneof(entry, value)), updates: fc.array(value), subscriptions: value }, { requiredKeys: [] });
    const frame = fc.record({ channel: fc.constantFrom('market_trades', 'ticker', 'candles', 'l2_data', 'subscriptions', 'heartbeats'), timestamp: value, sequence_num: value, events: fc.oneof(value, fc.array(fc.oneof(event, value))) });
    const old = fc.record({ type: fc.constantFrom('match', 'ticker', 'snapshot', 'l2update', 'subscriptions', 'toString', '__proto__'), product_id: product, price: value, size: value, trade_id: value, time: value, changes: value, bids: value, asks: value, channels: value });
    fc.assert(fc.property(fc.oneof(frame, old, fc.jsonValue()), (raw) => {
      const mapped = map(raw as object);
      if (mapped.type !== 'data') return;
      for (const e of mapped.events) if (e.type === 'trade') expect(Number(e.price) > 0 && Number.isFinite(Number(e.price)) && Number(e.size) > 0).toBe(true);
    }));
    fc.assert(fc.property(fc.string(), (raw) => void mapper.map(raw, 1)));
  });
});

// `String` threw at such an object, and a throw in a listener of a socket ends the process. Found by fuzzing.
it.each([[mapper, envelope('l2_data', [{ type: { toString: 1 }, product_id: 'BTC-USD', updates: [] }])], [mapper, { type: 'subscriptions', channels: [{ name: 'ticker', product_ids: [{ toString: 1 }] }] }]])(
  'a value that cannot be made a text is refused, not thrown at',
  (one, frame) => expect(() => one.map(JSON.stringify(frame), at)).not.toThrow(),
);

describe('Coinbase mapper, Exchange feed', () => {
  const match = { type: 'match', trade_id: 280232, side: 'sell', size: '985', price: '0.00001305', product_id: 'SKL-BTC', sequence: 177100030, time: '2021-04-17T16:43:37.089723Z' };

  it('reads a match with the taker\'s side; the last one before the subscription is no trade of ours', () => {
    expect(map(match)).toMatchObject({ sequence: null, events: [{ type: 'trade', id: '280232', side: 'buy', price: '0.00001305' }], contiguous: [{ id: 280232 }] });
    expect(map({ ...match, type: 'last_match' })).toMatchObject({ events: [], contiguous: [{ id: 280232 }] });
  });

  it('reads changes by side, and a broken one breaks the book', () => {
    expect(map({ type: 'l2update', product_id: 'SKL-BTC', changes: [['sell', '0.00001306', '660.5'], ['buy', '0.00001300', '0.00000000']], time: '2021-04-17T16:43:37.075687Z' }))
      .toMatchObject({ books: [{ action: 'update', bids: [['0.00001300', '0.00000000']], asks: [['0.00001306', '660.5']] }] });
    expect(map({ type: 'l2update', product_id: 'SKL-BTC', changes: [['hold', '1', '2']], time: '' })).toMatchObject({ books: [{ action: 'broken' }] });
  });
});

describe('Coinbase symbols, times and the large snapshot', () => {
  it.each([['BTC-USD', 'BTC/USD'], ['EURC-USDC', 'EURC/USDC'], ['00-USD', '00/USD'], ['BTCUSD', null], ['btc-usd', null], ['BTC-USD-PERP', null]])('%s is %s', (raw, want) => {
    const split = splitCoinbase(raw);
    expect(split && `${split.base}/${split.quote}`).toBe(want);
  });

  it('takes steps from the list of products, tells halted ones and skips what it cannot read', () => {
    const btc = { product_id: 'BTC-USD', price_increment: '0.01', base_increment: '0.00000001', status: 'online', trading_disabled: false, alias: '' };
    const found = readProducts({ products: [btc, { ...btc, product_id: 'BTC-USDC', alias: 'BTC-USD' }, { ...btc, product_id: 'X-USD', status: 'delisted' }, { ...btc, product_id: 'Y-USD', price_increment: '0' }, null, 5] });
    expect([...(found?.values() ?? [])].map((p) => [p.productId, p.trading, p.alias])).toEqual([['BTC-USD', true, ''], ['BTC-USDC', true, 'BTC-USD'], ['X-USD', false, '']]);
    expect(listedInstrument(found!.get('BTC-USD')!, null, 'coinbase')).toMatchObject({ symbol: 'BTC/USD', tickSize: 0.01, lotSize: 1e-8, venues: ['coinbase'] });
    expect(readProducts({ rows: [] })).toBeNull();
  });

  it.each([['2026-08-09T21:05:48.228568804Z', 1786309548228.568], ['2026-08-09T21:05:48Z', 1786309548000], ['2026-08-09 21:05:48', null], ['2026-13-09T21:05:48Z', null], ['', null], [5, null]])('time %s is %s', (text, want) => {
    expect(timeOf(text)).toBe(want);
  });

  it('slices give exactly what parsing in one go gives, near the price', () => {
    const updates = Array.from({ length: 6_000 }, (_, i) => ({ ...level, side: i < 3_000 ? 'bid' : 'offer', price_level: (i < 3_000 ? 100 - i * 0.03 : 97 + i * 0.0011).toFixed(4), new_quantity: String(i + 1) }));
    const raw = JSON.stringify(envelope('l2_data', [{ type: 'snapshot', product_id: 'BTC-USD', updates }]));
    const large = LargeSnapshot.open(raw);
    let turns = 1;
    while (large?.next() === 'more') turns += 1;
    const whole = mapper.map(raw, at);
    const part = whole.type === 'data' ? whole.books[0] : null;
    expect(turns).toBeGreaterThan(5);
    expect(large).toMatchObject({ productId: 'BTC-USD', sequence: 3, venueTime: 1786309548228.568, window: { low: 95, high: 105 } });
    expect(large?.bids).toEqual(part?.bids.filter(([p]) => Number(p) >= 95));
    expect(large?.asks).toEqual(part?.asks.filter(([p]) => Number(p) <= 105));
    expect(LargeSnapshot.open(raw.slice(0, 1_000))).toBeNull();
    expect(LargeSnapshot.open(raw.replace('"l2_data"', '"other"'))).toBeNull();
  });
});
