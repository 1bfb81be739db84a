import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OkxMapper } from '../../../server/connectors/okx/mapper';
import { listedInstrument } from '../../../server/connectors/base/listings';
import { readInstruments, splitOkx } from '../../../server/connectors/okx/symbols';

const mapper = new OkxMapper({ kind: 'live', route: 'socket', symbolOf: (id) => (id === 'BTC-USDT' ? 'BTC/USDT' : null) });
const frame = (channel: string, data: unknown, more: object = {}) => mapper.map(JSON.stringify({ arg: { channel, instId: 'BTC-USDT' }, ...more, data }), 7);

/** Payloads as the recordings of 2026 show them (see raw.ts). */
const trade = { instId: 'BTC-USDT', tradeId: '1040968613', px: '64040.2', sz: '0.00240857', side: 'buy', ts: '1786538760218', count: '2', source: '0', seqId: 79706765242 };
const ticker = { instType: 'SPOT', instId: 'BTC-USDT', last: '64028.6', lastSz: '0.0011553', askPx: '64028.7', askSz: '2.31126955', bidPx: '64028.6', bidSz: '0.00503393', open24h: '64324', high24h: '64496.9', low24h: '63237.6', volCcy24h: '374703695.177360964', vol24h: '5874.19398956', ts: '1786538789464' };
const depth = { asks: [['64073.1', '1.07909367', '0', '8']], bids: [['64073', '0.58849577', '0', '44']], instId: 'BTC-USDT', ts: '1786538744703', seqId: 79706756139 };
const candle = ['1786538760000', '64040.2', '64040.2', '64025.7', '64033.5', '2.16787395', '138825.2', '138825.2', '0'];

describe('OKX mapper', () => {
  it('reads a trade: taker side and exact texts', () => {
    expect(frame('trades', [trade])).toEqual({
      type: 'events', stream: 'trades:BTC-USDT', instId: 'BTC-USDT', family: 'trade', bad: null,
      events: [{ type: 'trade', venue: 'okx', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: 1786538760218, receiveTime: 7, id: '1040968613', price: '64040.2', size: '0.00240857', side: 'buy' }],
    });
  });

  it('puts the trades of one message in the order of their numbers and keeps the good ones beside a bad one', () => {
    const mapped = frame('trades', [{ ...trade, tradeId: '9' }, { ...trade, tradeId: '8' }, { ...trade, px: 'NaN' }]);
    expect(mapped).toMatchObject({ type: 'events', events: [{ id: '8' }, { id: '9' }], bad: { code: 'bad_number', symbol: 'BTC/USDT' } });
  });

  it('reads ticker, touch, and candle', () => {
    expect(frame('tickers', [ticker])).toMatchObject({ events: [
      { type: 'ticker', last: '64028.6', open24h: '64324', volume24h: '5874.19398956', venueTime: 1786538789464 },
      { type: 'quote', bid: '64028.6', bidSize: '0.00503393', ask: '64028.7', askSize: '2.31126955', updateId: null },
    ] });
    for (const channel of ['books5', 'bbo-tbt']) expect(frame(channel, [depth])).toMatchObject({ family: 'touch', events: [{ type: 'quote', bid: '64073', ask: '64073.1', updateId: 79706756139 }] });
    expect(frame('candle1m', [candle])).toMatchObject({ events: [{ type: 'candle', interval: '1m', openTime: 1786538760000, high: 64040.2, volume: 2.16787395, closed: false }] });
    expect(frame('candle1Dutc', [[...candle.slice(0, 8), '1']])).toMatchObject({ events: [{ interval: '1d', closed: true }] });
  });

  it('a day that begins at midnight UTC+8 is no day of ours', () => {
    expect(frame('candle1D', [candle])).toEqual({ type: 'ignored' });
  });

  it('an empty price is none, not zero', () => {
    expect(frame('tickers', [{ ...ticker, last: '', bidPx: '', bidSz: '', open24h: '0' }])).toMatchObject({ events: [{ last: null, open24h: null }, { bid: null, bidSize: null, ask: '64028.7' }] });
    expect(frame('bbo-tbt', [{ ...depth, asks: [] }])).toMatchObject({ events: [{ ask: null, askSize: null, bid: '64073' }] });
  });

  it('reads the book with its numbers; checksum 0 is none', () => {
    expect(frame('books', [{ ...depth, checksum: 0, prevSeqId: -1 }], { action: 'snapshot' })).toMatchObject({ type: 'book', action: 'snapshot', data: { bids: [['64073', '0.58849577']], seqId: 79706756139, prevSeqId: -1, checksum: null } });
    expect(frame('books', [{ ...depth, checksum: -5, prevSeqId: 1 }], { action: 'update' })).toMatchObject({ data: { checksum: -5 } });
    expect(frame('books', [{ ...depth, asks: [['1', 'x']] }], { action: 'update' })).toMatchObject({ type: 'bad', code: 'bad_payload' });
    expect(frame('books', [depth], { action: 'other' })).toMatchObject({ type: 'bad' });
  });

  it.each([
    ['pong', { type: 'pong' }],
    ['{"event":"subscribe","arg":{"channel":"tickers","instId":"BTC-USDT"},"connId":"503b4b32"}', { type: 'ack', op: 'subscribe', stream: 'tickers:BTC-USDT' }],
    ['{"event":"error","msg":"Wrong URL or channel:ticker,instId:BTC-USDT doesn\'t exist.","code":"60018","connId":"a"}', { type: 'error', code: '60018', stream: 'ticker:BTC-USDT' }],
    ['{"event":"error","msg":"Illegal request","code":"60012"}', { type: 'error', stream: null, words: 'Illegal request' }],
    ['{"event":"notice","code":"64008","msg":"The connection will soon be closed"}', { type: 'shutdown' }],
    ['{"event":"notice","code":"99","msg":""}', { type: 'ignored' }],
    ['{"event":"channel-conn-count","channel":"tickers","connCount":"2","connId":"a"}', { type: 'ignored' }],
    ['{"arg":{"channel":"tickers","instId":"BTC-USDT-SWAP"},"data":[{}]}', { type: 'ignored' }],
    ['{"arg":{"channel":"tickers","instId":"XYZ-USDT"},"data":[{}]}', { type: 'bad', code: 'unknown_symbol' }],
    ['{"arg":{"channel":"tickers"},"data":[{}]}', { type: 'bad', code: 'unknown_symbol' }],
    ['{"x":1}', { type: 'bad', code: 'unknown_type' }],
    ['', { type: 'bad', code: 'bad_json' }],
    ['ping', { type: 'bad', code: 'bad_json' }],
  ])('understands %s', (raw, want) => {
    expect(mapper.map(raw, 0)).toMatchObject(want);
  });

  it('REST candles come newest first and out ascending; rows that contradict themselves are counted', () => {
    const body = { code: '0', data: [['60000', '1', '2', '1', '2', '5', '5', '5', '0'], ['0', '1', '2', '1', '2', '5', '5', '5', '1'], ['0', '5', '4', '6', '5', '1', '1', '1', '1'], null] };
    expect(mapper.restCandles(body, 'BTC/USDT', '1m', 9)).toMatchObject({ refused: 2, events: [{ openTime: 0, closed: true, route: 'rest' }, { openTime: 60_000, closed: false }] });
    expect(mapper.restCandles([], 'BTC/USDT', '1m', 9)).toEqual({ events: [], refused: 1 });
  });

  it('never throws and never lets a number pass that is not finite and positive, whatever comes', () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.constantFrom('NaN', 'Infinity', '-1', '0', '1e999', '0x10', ' 5', '5.0', null, true), fc.jsonValue());
    const row = fc.record({ px: value, sz: value, tradeId: value, side: fc.constantFrom('buy', 'sell', 'x'), ts: fc.constantFrom('1', 'x'), bids: value, asks: value, seqId: value, last: value, bidPx: value });
    const any = fc.record({ arg: fc.record({ channel: fc.constantFrom('trades', 'tickers', 'books', 'bbo-tbt', 'candle1m', 'x'), instId: fc.constantFrom('BTC-USDT', 'Y') }), action: value, data: fc.array(fc.oneof(row, value)) });
    fc.assert(fc.property(fc.oneof(any, fc.jsonValue()), (raw) => {
      const mapped = mapper.map(JSON.stringify(raw), 1);
      if (mapped.type !== 'events') return;
      for (const event of mapped.events) if (event.type === 'trade') expect(Number(event.price) > 0 && Number.isFinite(Number(event.price)) && Number(event.size) > 0).toBe(true);
    }));
    fc.assert(fc.property(fc.string(), (raw) => void mapper.map(raw, 1)));
  });
});

describe('OKX symbols', () => {
  it.each([['BTC-USDT', 'BTC/USDT'], ['1INCH-USDC', '1INCH/USDC'], ['BTC-USDT-SWAP', null], ['BTC-USD-220527', null], ['btc-usdt', null], ['BTC', null]])('%s is %s', (raw, want) => {
    const split = splitOkx(raw);
    expect(split && `${split.base}/${split.quote}`).toBe(want);
  });

  it('takes steps from the list and skips entries it cannot read', () => {
    const entry = { instId: 'ETH-USDT', baseCcy: 'ETH', quoteCcy: 'USDT', tickSz: '0.01', lotSz: '0.000001', state: 'live' };
    const found = readInstruments({ code: '0', data: [entry, { ...entry, instId: 'X-Y', tickSz: '' }, null, { ...entry, instId: 'ETH-USDT-SWAP' }] });
    expect([...(found?.keys() ?? [])]).toEqual(['ETH-USDT']);
    expect(listedInstrument(found!.get('ETH-USDT')!, null, 'okx')).toMatchObject({ symbol: 'ETH/USDT', tickSize: 0.01, lotSize: 0.000001, venues: ['okx'] });
    expect(readInstruments({ rows: [] })).toBeNull();
  });
});
