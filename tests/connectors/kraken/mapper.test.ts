import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalSymbol } from '@/core/market/instruments';
import { KrakenMapper } from '../../../server/connectors/kraken/mapper';
import { listedInstrument } from '../../../server/connectors/base/listings';
import { fromOldName, readAssetPairs, readPairs, toRestName } from '../../../server/connectors/kraken/symbols';
import { isHttpFault, rowsOf } from '../../../server/connectors/kraken/rest';
import { sharedPath } from '../../support/shared';

const mapper = new KrakenMapper({ kind: 'live', route: 'socket', symbolOf: (s) => (['BTC/USD', 'DOGE/USDT', 'XMR/USD'].includes(s) ? s : null) });
const part = (raw: string) => {
  const mapped = mapper.map(raw, 7);
  return mapped.type === 'data' ? mapped.parts[0] : mapped;
};
const trade = (fields: string) => `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD",${fields},"ord_type":"limit","timestamp":"2026-08-12T19:29:00.921195Z"}]}`;
const ticker = (fields: string) => `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD",${fields},"volume":1020.88391276,"vwap":63685.7,"low":63250.0,"high":64409.2,"change_pct":0.00,"trades":47536}]}`;

describe('Kraken mapper', () => {
  it('keeps the digits of numbers, trailing zeros and ids above 2^53 among them; the side is the taker\'s; times keep microseconds', () => {
    expect(part(trade('"side":"sell","price":63297.80,"qty":0.00031250,"trade_id":17408390984690501469'))).toEqual({
      type: 'trade', venueSymbol: 'BTC/USD', snapshot: false, order: Number('17408390984690501469'),
      event: { type: 'trade', venue: 'kraken', kind: 'live', route: 'socket', symbol: 'BTC/USD', venueTime: Date.parse('2026-08-12T19:29:00.921Z') + 0.195, receiveTime: 7, id: '17408390984690501469', price: '63297.80', size: '0.00031250', side: 'sell' },
    });
  });

  it('reads numbers with an exponent and leaves digits inside texts alone', () => {
    expect(part(trade('"side":"buy","price":5e-05,"qty":1.0,"trade_id":1,"note":"a \\"5.0\\" b"'))).toMatchObject({ event: { price: '0.00005' } });
  });

  it.each(['01', '1.', '.5', '1.2.3', '1e', '+1', '0x10'])('a message with the number %s is no JSON', (price) => {
    expect(part(trade(`"side":"buy","price":${price},"qty":1.0,"trade_id":1`))).toMatchObject({ type: 'bad', code: 'bad_json' });
  });

  it('what a message means does not depend on the order of its keys', () => {
    const usual = trade('"side":"buy","price":63297.80,"qty":0.0100,"trade_id":1');
    const other = usual.replace('"channel":"trade","type":"update",', '"type":"update","channel":"trade",');
    expect(mapper.map(other, 7)).toEqual(mapper.map(usual, 7));
  });

  it('a ticker is quote and statistics; the price of 24 h ago is last minus change, exactly', () => {
    const best = '"bid":63297.7,"bid_qty":5.45673101,"ask":63297.8,"ask_qty":0.36974422,"last":63297.8,"timestamp":"2026-08-12T19:29:02.066592Z"';
    expect(part(ticker(`${best},"change":0.7`))).toMatchObject({ events: [
      { type: 'quote', bid: '63297.7', bidSize: '5.45673101', ask: '63297.8', askSize: '0.36974422', updateId: null },
      { type: 'ticker', last: '63297.8', open24h: '63297.1', high24h: '64409.2', low24h: '63250.0', volume24h: '1020.88391276' },
    ] });
    expect(part(ticker(`${best},"change":-0.25`))).toMatchObject({ events: [{}, { open24h: '63298.05' }] });
    expect(part(ticker(best))).toMatchObject({ events: [{}, { open24h: null }] });
  });

  it('zeros and the year 1970 are no data; an empty side is null', () => {
    expect(part(ticker('"bid":0.0,"bid_qty":0,"ask":0.0,"ask_qty":0,"last":0.0,"change":0.0,"timestamp":"1970-01-01T00:00:00"'))).toEqual({ type: 'ticker', venueSymbol: 'BTC/USD', events: [] });
    expect(part(ticker('"bid":0.0,"bid_qty":0,"ask":5.0,"ask_qty":1.0,"last":5.0,"change":0.0,"timestamp":"2026-08-12T19:29:02Z"'))).toMatchObject({ events: [{ bid: null, bidSize: null, ask: '5.0' }, {}] });
  });

  it('reads a candle by the minute it begins in and refuses one that contradicts itself', () => {
    const ohlc = (high: string) => `{"channel":"ohlc","type":"update","timestamp":"2026-08-12T19:28:44.084233010Z","data":[{"symbol":"BTC/USD","open":63301.6,"high":${high},"low":63297.7,"close":63297.7,"trades":27,"volume":0.04121249,"vwap":63298.2,"interval_begin":"2026-08-12T19:28:00.000000000Z","interval":1}]}`;
    expect(part(ohlc('63301.6'))).toMatchObject({ event: { interval: '1m', openTime: Date.parse('2026-08-12T19:28:00Z'), open: 63301.6, close: 63297.7, volume: 0.04121249, closed: false } });
    expect(part(ohlc('63300.0'))).toMatchObject({ type: 'bad' });
  });

  it.each([
    ['{"channel":"heartbeat"}', { type: 'ignored' }],
    ['{"method":"pong","req_id":101,"time_in":"x","time_out":"y"}', { type: 'ignored' }],
    ['{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"maintenance","connection_id":17408390984690501469}]}', { type: 'status', system: 'maintenance' }],
    ['{"method":"subscribe","result":{"channel":"book","depth":25,"snapshot":true,"symbol":"BTC/USD","warnings":["x"]},"success":true,"req_id":1}', { type: 'ack', channel: 'book', venueSymbol: 'BTC/USD', depth: 25 }],
    ['{"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,"symbol":"XBT/USD","req_id":3}', { type: 'refused', id: 3, venueSymbol: 'XBT/USD', words: 'Currency pair not supported XBT/USD' }],
    [trade('"side":"unknown","price":1.0,"qty":1.0,"trade_id":1'), { type: 'data', parts: [{ type: 'bad', code: 'bad_payload' }] }],
    [trade('"side":"buy","price":1e999,"qty":1.0,"trade_id":1'), { type: 'data', parts: [{ type: 'bad', code: 'bad_number' }] }],
    ['{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":1.0}],"asks":[]}]}', { type: 'data', parts: [{ type: 'bad', book: 'BTC/USD' }] }],
    ['{"channel":"trade","type":"update","data":[7]}', { type: 'data', parts: [{ type: 'bad' }] }],
    ['{"x":1}', { type: 'bad', code: 'unknown_type' }],
    ['[1,2]', { type: 'bad', code: 'unknown_type' }],
    ['', { type: 'bad', code: 'bad_json' }],
  ])('understands %s', (raw, want) => {
    expect(mapper.map(raw, 0)).toMatchObject(want);
  });

  it('reads the old protocol of recordings: names, books in one payload or two, trades without numbers', () => {
    expect(part('[992,{"a":[["355.0","1.0","2.5"]]},{"b":[["354.12000000","0.00000000","1618678133.366461"],["354.0","1.0","1700000000.0","r"]],"c":"1822697057"},"book-1000","XMR/USD"]')).toMatchObject({
      type: 'book', depth: 1_000, symbol: 'XMR/USD', message: { snapshot: false, asks: [['355.0', '1.0']], bids: [['354.12000000', '0.00000000'], ['354.0', '1.0']], checksum: 1822697057, time: 1618678133366.461 },
    });
    const two = mapper.map('[993,[["0.25","10.0","1618678142.557535","s","l",""],["0.26","10.0","1618678142.557535","b","m",""]],"trade","XDG/USDT"]', 7);
    expect(two).toMatchObject({ parts: [{ order: null, event: { symbol: 'DOGE/USDT', side: 'sell', price: '0.25', venueTime: 1618678142557.535 } }, { event: { side: 'buy' } }] });
    const ids = two.type === 'data' ? two.parts.map((p) => (p.type === 'trade' ? p.event.id : '')) : [];
    expect(new Set(ids).size).toBe(2);
    expect(part('[1,{"a":["7.5",1,"1.0"],"b":["7.4",6,"2.0"],"c":["7.5","1.0"],"v":["1","20"],"l":["7","6"],"h":["8","9"],"o":["7.1","6.9"]},"ticker","XBT/USD"]')).toMatchObject({
      events: [{ symbol: 'BTC/USD', bid: '7.4', askSize: '1.0' }, { last: '7.5', open24h: '6.9', high24h: '9', low24h: '6', volume24h: '20' }],
    });
    expect(mapper.map('{"errorMessage":"Currency pair not supported","event":"subscriptionStatus","pair":"XBT/ABC","status":"error"}', 0)).toMatchObject({ type: 'refused', venueSymbol: 'BTC/ABC' });
  });

  it('REST candles: the last one is forming, rows that contradict themselves are counted', () => {
    const body = { error: [], result: { XXBTZUSD: [[60, '1', '3', '1', '2', '1.5', '4', 9], [120, '2', '1', '2', '2', '2', '1', 1], [180, '2', '2', '2', '2', '2', '0.00000000', 0]], last: 120 } };
    expect(isHttpFault(body)).toBe(false);
    const { events, refused } = mapper.candles(rowsOf(body) ?? [], 'BTC/USD', '1m', 200_000, 200_000);
    expect(refused).toBe(1);
    expect(events).toMatchObject([{ openTime: 60_000, high: 3, volume: 4, closed: true, route: 'rest' }, { openTime: 180_000, volume: 0, closed: false }]);
  });

  const sample = sharedPath('recordings/rest-samples/kraken-ohlc-XBTUSDT-1m-20251110.json.gz');
  it.skipIf(!sample)('reads every row of a real OHLC answer; minutes without trades have volume 0 (needs ../shared/recordings)', () => {
    const rows = rowsOf(JSON.parse(gunzipSync(readFileSync(sample ?? '')).toString('utf8'))) ?? [];
    const { events, refused } = mapper.candles(rows, 'BTC/USDT', '1m', 1_762_820_250_000, 1_762_820_250_000);
    expect([events.length, refused]).toEqual([721, 0]);
    expect(events.slice(1).every((e, i) => e.openTime - (events[i]?.openTime ?? 0) === 60_000)).toBe(true);
    expect(events.filter((e) => !e.closed).map((e) => e.openTime)).toEqual([1_762_820_220_000]);
    expect(events[0]).toMatchObject({ openTime: 1_762_777_020_000, open: 106038.2, volume: 0 });
  });

  it('never throws and lets no number pass that is not finite and positive, whatever comes', () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.constantFrom('NaN', '-1', '0', '1e999', '5.0', null, true), fc.jsonValue());
    const entry = fc.record({ symbol: fc.constantFrom('BTC/USD', 'X'), side: fc.constantFrom('buy', 'sell'), price: value, qty: value, trade_id: value, timestamp: fc.oneof(value, fc.constant('2026-08-12T19:29:00Z')), bids: value, asks: value, checksum: value, bid: value, ask: value });
    const frame = fc.record({ channel: fc.constantFrom('trade', 'ticker', 'book', 'ohlc', 'instrument', 'status', 'x'), type: fc.constantFrom('snapshot', 'update'), data: fc.oneof(fc.array(entry), value) });
    const old = fc.tuple(value, value, fc.constantFrom('trade', 'ticker', 'book-10'), fc.constantFrom('XBT/USD', 'XMR/USD'));
    fc.assert(fc.property(fc.oneof(frame, old, fc.jsonValue()), (raw) => {
      const mapped = mapper.map(JSON.stringify(raw), 1);
      for (const p of mapped.type === 'data' ? mapped.parts : []) if (p.type === 'trade') expect(Number(p.event.price) > 0 && Number.isFinite(Number(p.event.price)) && Number(p.event.size) > 0).toBe(true);
    }));
    fc.assert(fc.property(fc.string(), (raw) => void mapper.map(raw, 1)));
  });
});

describe('Kraken symbols', () => {
  it.each([['XBT/USD', 'BTC/USD'], ['ETH/XBT', 'ETH/BTC'], ['XDG/XBT', 'DOGE/BTC'], ['ADA/EUR', 'ADA/EUR']])('%s of the old protocol is %s', (old, want) => {
    expect(fromOldName(old)).toBe(want);
    expect(fromOldName(want)).toBe(want);
  });

  it('REST has names of its own', () => {
    expect(['BTC/USDT', 'DOGE/USD', 'ETH/BTC', 'ADA/EUR'].map(toRestName)).toEqual(['XBTUSDT', 'XDGUSD', 'ETHXBT', 'ADAEUR']);
  });

  it('takes steps from the instrument list and skips entries it cannot read', () => {
    const pair = { symbol: 'BTC/USD', base: 'BTC', quote: 'USD', status: 'online', qty_increment: 1e-8, price_increment: 0.1 };
    const pairs = readPairs({ assets: [], pairs: [pair, { ...pair, symbol: 'X' }, null, { ...pair, price_increment: 0 }] });
    expect(pairs).toEqual([{ symbol: 'BTC/USD', base: 'BTC', quote: 'USD', status: 'online', tickSize: 0.1, lotSize: 1e-8 }]);
    expect(listedInstrument(pairs[0]!, null, 'kraken')).toMatchObject({ symbol: 'BTC/USD', tickSize: 0.1, venues: ['kraken'] });
    expect(readPairs('x')).toEqual([]);
  });

  const list = sharedPath('recordings/kraken/AssetPairs-20210417.json.gz');
  it.skipIf(!list)('names every pair of a real AssetPairs answer canonically, with tick and lot (needs ../shared/recordings)', () => {
    const body: unknown = JSON.parse(gunzipSync(readFileSync(list ?? '')).toString('utf8'));
    const pairs = readAssetPairs(body);
    // 304 pairs, of which some "dark pool" ones have no name on the socket.
    expect(pairs.length).toBeGreaterThan(280);
    expect(pairs.filter((p) => canonicalSymbol(p.symbol) !== p.symbol || p.tickSize <= 0 || p.lotSize !== 1e-8)).toEqual([]);
    expect(pairs.find((p) => p.symbol === 'BTC/USD')).toMatchObject({ base: 'BTC', quote: 'USD', tickSize: 0.1 });
    expect(pairs.some((p) => p.symbol.includes('XBT') || p.symbol.includes('XDG'))).toBe(false);
  });
});
