import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinanceMapper } from '../../../server/connectors/binance/mapper';
import { listedInstrument } from '../../../server/connectors/base/listings';
import { readExchangeInfo, splitBinance } from '../../../server/connectors/binance/symbols';

const mapper = new BinanceMapper({ kind: 'live', route: 'socket', symbolOf: (s) => (s === 'NKNUSDT' || s === 'BTCUSDT' ? `${s.slice(0, 3)}/USDT` : null) });
const events = (raw: object, at = 1_700_000_000_000) => {
  const mapped = mapper.map(JSON.stringify(raw), at);
  return mapped.type === 'events' ? mapped.events : mapped;
};

/** Payloads as the documentation and recordings show them (see raw.ts). */
const kline = { e: 'kline', E: 1633998523963, s: 'NKNUSDT', k: { t: 1633998480000, T: 1633998539999, s: 'NKNUSDT', i: '1m', o: '0.35270000', c: '0.35280000', h: '0.35280000', l: '0.35220000', v: '25877.00000000', n: 30, x: false } };
const trade = { e: 'trade', E: 1723161255343, s: 'BTCUSDT', t: 3735683259, p: '61837.63000000', q: '0.02000000', T: 1723161255342, m: true, M: true };

describe('Binance mapper', () => {
  it('reads a trade: the taker sold when the buyer was the maker; texts stay exact', () => {
    expect(events({ stream: 'btcusdt@trade', data: trade })).toEqual([
      { type: 'trade', venue: 'binance', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: 1723161255342, receiveTime: 1_700_000_000_000, id: '3735683259', price: '61837.63000000', size: '0.02000000', side: 'sell' },
    ]);
  });

  it('accepts unknown fields, both frame forms, and microsecond times', () => {
    expect(events({ ...trade, future: [1] })).toMatchObject([{ id: '3735683259' }]);
    expect(events({ ...trade, T: 1723161255342123 })).toMatchObject([{ venueTime: 1723161255342.123 }]);
  });

  it('reads a candle and refuses one that contradicts itself', () => {
    expect(events({ stream: 'nknusdt@kline_1m', data: kline })).toMatchObject([{ type: 'candle', interval: '1m', openTime: 1633998480000, open: 0.3527, high: 0.3528, low: 0.3522, close: 0.3528, volume: 25877, closed: false }]);
    expect(events({ ...kline, k: { ...kline.k, h: '0.35000000' } })).toMatchObject({ type: 'bad' });
    expect(events({ ...kline, k: { ...kline.k, i: '3m' } })).toMatchObject({ type: 'ignored' });
  });

  it('an empty side of the book is null, not zero', () => {
    expect(events({ u: 1, s: 'BTCUSDT', b: '0.00000000', B: '0.00000000', a: '5.00', A: '1.00' })).toMatchObject([{ bid: null, bidSize: null, ask: '5.00' }]);
  });

  it('reads the all-market array, leaving out what is not wanted', () => {
    const mini = (s: string) => ({ e: '24hrMiniTicker', E: 1, s, c: '2', o: '1', h: '3', l: '1', v: '0' });
    expect(events({ stream: '!miniTicker@arr', data: [mini('BTCUSDT'), mini('XYZUSDT'), 7] })).toMatchObject([{ type: 'ticker', symbol: 'BTC/USDT', last: '2', open24h: '1' }]);
  });

  it.each([
    ['{"result":null,"id":7}', { type: 'ack', id: 7 }],
    ['{"code":2,"msg":"Invalid request","id":3}', { type: 'error', code: 2, id: 3 }],
    ['{"error":{"code":3,"msg":"Invalid JSON"},"id":3}', { type: 'error', code: 3, id: 3 }],
    ['{"stream":"x","data":{"result":null,"id":9}}', { type: 'ack', id: 9 }],
    ['{"e":"serverShutdown","E":1770123456789}', { type: 'shutdown' }],
    ['{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}', { type: 'shutdown' }],
    ['{"stream":"btcusdt@avgPrice","data":{"e":"avgPrice","s":"BTCUSDT"}}', { type: 'ignored' }],
    ['{"stream":"btcusdt@depth5","data":{"lastUpdateId":160,"bids":[],"asks":[]}}', { type: 'ignored' }],
    ['{"e":"trade","s":"BTCUSDT","t":1,"p":"1e999","q":"1","T":1,"m":true}', { type: 'bad', code: 'bad_number' }],
    ['{"e":"trade","s":"BTCUSDT","t":1,"p":1.5,"q":"1","T":1,"m":true}', { type: 'bad', code: 'bad_number' }],
    ['{"e":"trade","s":"BTCUSDT","t":1,"p":null,"q":"1","T":1,"m":true}', { type: 'bad', code: 'bad_number' }],
    ['{"__proto__":{"e":"trade"},"x":1}', { type: 'bad', code: 'unknown_type' }],
    ['', { type: 'bad', code: 'bad_json' }],
  ])('understands %s', (raw, want) => {
    expect(mapper.map(raw, 0)).toMatchObject(want);
  });

  it('never throws and never lets a number pass that is not finite and positive, whatever comes', () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.constantFrom('NaN', 'Infinity', '-1', '0', '1e999', '0x10', ' 5', '5.0', null, true), fc.jsonValue());
    const frame = fc.record({ e: fc.constantFrom('trade', 'aggTrade', 'kline', '24hrMiniTicker', 'depthUpdate', 'x'), s: fc.constantFrom('BTCUSDT', 'Y'), p: value, q: value, t: value, a: value, b: value, B: value, A: value, u: value, U: value, T: fc.oneof(value, fc.nat()), E: fc.oneof(value, fc.nat()), m: fc.boolean(), k: value, c: value, o: value, h: value, l: value, v: value });
    fc.assert(fc.property(fc.oneof(frame, fc.jsonValue(), fc.record({ stream: fc.string(), data: frame })), (raw) => {
      const mapped = mapper.map(JSON.stringify(raw), 1);
      if (mapped.type !== 'events') return;
      for (const event of mapped.events) if (event.type === 'trade') expect(Number(event.price) > 0 && Number.isFinite(Number(event.price)) && Number(event.size) > 0).toBe(true);
    }));
    fc.assert(fc.property(fc.string(), (raw) => void mapper.map(raw, 1)));
  });
});

describe('Binance symbols', () => {
  it.each([['BTCUSDT', 'BTC/USDT'], ['LRCBTC', 'LRC/BTC'], ['BTCFDUSD', 'BTC/FDUSD'], ['RUNEEUR', 'RUNE/EUR'], ['POLUSDT', 'POL/USDT'], ['ETHBTC', 'ETH/BTC'], ['USDT', null], ['ABC', null]])('%s is %s', (raw, want) => {
    const split = splitBinance(raw);
    expect(split && `${split.base}/${split.quote}`).toBe(want);
  });

  it('takes steps from the filters and skips entries it cannot read', () => {
    const filters = [{ filterType: 'PRICE_FILTER', tickSize: '0.00000100' }, { filterType: 'LOT_SIZE', stepSize: '0.00010000' }];
    const body = { symbols: [{ symbol: 'ETHBTC', status: 'TRADING', baseAsset: 'ETH', quoteAsset: 'BTC', filters }, { symbol: 'BAD' }, null, { symbol: 'X', status: 'TRADING', baseAsset: 'X', quoteAsset: 'Y', filters: [] }] };
    const found = readExchangeInfo(body);
    expect([...(found?.keys() ?? [])]).toEqual(['ETHBTC']);
    expect(listedInstrument(found!.get('ETHBTC')!, null, 'binance')).toMatchObject({ symbol: 'ETH/BTC', tickSize: 0.000001, lotSize: 0.0001, venues: ['binance'] });
    expect(readExchangeInfo({ rows: [] })).toBeNull();
  });
});
