import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { replayReport } from '../../../server/cli/replayReport';
import { twelveDataVenue } from '../../../server/connectors/twelvedata';
import { TwelveDataMapper } from '../../../server/connectors/twelvedata/mapper';
import { faultOf, symbolsIn } from '../../../server/connectors/twelvedata/raw';
import { toTwelveData } from '../../../server/connectors/twelvedata/symbols';

const excerpt = fileURLToPath(new URL('../../fixtures/twelvedata/frames.jsonl', import.meta.url));
const frames = readFileSync(excerpt, 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { raw?: string }).raw ?? '');
const [, , ack = '', price = '', heartbeat = '', series = ''] = frames;

const instrumentOf = (name: string) => BUILT_IN_INSTRUMENTS.find((i) => i.symbol === name) ?? null;
const mapper = new TwelveDataMapper({ kind: 'live', route: 'socket', instrumentOf });

describe('Twelve Data mapper', () => {
  it('reads the documented messages', () => {
    expect(mapper.map(ack, 7)).toEqual({ type: 'answer', success: ['AAPL'], fails: ['GBP/USD'], words: '' });
    expect(mapper.map(price, 7)).toMatchObject({ type: 'price', venueSymbol: 'AAPL', events: [{ type: 'ticker', last: '172.87', venueTime: 1_643_972_766_000, receiveTime: 7, route: 'socket', volume24h: null }] });
    expect(mapper.map(heartbeat, 7)).toEqual({ type: 'ignored' });
    expect(mapper.map('{"status":"error","code":401,"message":"apikey parameter is incorrect"}', 7)).toEqual({ type: 'error', code: 401, words: 'apikey parameter is incorrect' });
  });

  it.each([[undefined], [null], [[]], [[{ exchange: 'NASDAQ' }, 5, null]], ['AAPL']])('a list of an ack that holds no symbol (%j) is empty', (list) => {
    expect(symbolsIn(list)).toEqual([]);
  });

  it('names in an ack are read as objects and as bare texts', () => {
    expect(symbolsIn([{ symbol: 'AAPL' }, 'EUR/USD'])).toEqual(['AAPL', 'EUR/USD']);
  });

  it.each([
    ['{"code":429,"message":"You have run out of API credits","status":"error"}', { code: 429, words: 'You have run out of API credits' }],
    ['{"code":404,"message":"missing"}', { code: 404, words: 'missing' }],
    ['{"status":"error"}', { code: null, words: 'no reason given' }],
    ['{"status":"ok","values":[]}', null],
    ['{"price":"200.99"}', null],
    ['[]', null],
  ])('an error is told from data whatever the HTTP status: %s', (body, fault) => {
    expect(faultOf(JSON.parse(body))).toEqual(fault);
  });

  it('half a touch is none', () => {
    const frame = (more: object) => mapper.map(JSON.stringify({ event: 'price', symbol: 'EUR/USD', timestamp: 1_643_972_766, price: 1.1, ...more }), 7);
    expect(frame({ bid: 1.09, ask: 1.11 })).toMatchObject({ events: [{ type: 'quote', bid: '1.09', ask: '1.11' }, { type: 'ticker' }] });
    for (const more of [{}, { bid: 1.09 }, { bid: 1.09, ask: null }, { bid: 0, ask: 1.1 }]) expect(frame(more)).toMatchObject({ events: [{ type: 'ticker', last: '1.1' }] });
  });

  it('the time of a quote is that of its price, never the beginning of the day', () => {
    const quote = { symbol: 'AAPL', currency: 'USD', close: '335.59000', timestamp: 1_789_738_200, last_quote_at: 1_789_761_540 };
    expect(mapper.quote(quote, 'AAPL', 7)).toMatchObject({ last: '335.59000', venueTime: 1_789_761_540_000, route: 'rest' });
    expect(mapper.quote({ ...quote, last_quote_at: undefined }, 'AAPL', 7)).toMatchObject({ venueTime: null });
    expect(mapper.quote({ ...quote, symbol: 'MSFT' }, 'AAPL', 7)).toMatchObject({ type: 'bad', code: 'bad_payload' });
    expect(mapper.quote({ ...quote, currency: 'EUR' }, 'AAPL', 7)).toMatchObject({ type: 'bad' });
    expect(mapper.quote({ ...quote, close: 'NaN' }, 'AAPL', 7)).toMatchObject({ type: 'bad', code: 'bad_number' });
  });

  it('candles are turned round, in UTC, the forming one open; hours from half past are refused', () => {
    const { values } = JSON.parse(series) as { values: unknown };
    const at = Date.UTC(2021, 7, 26, 15, 59, 30);
    expect(mapper.candles(values, 'AAPL', '1m', at, at)).toMatchObject({ refused: 0, events: [
      { openTime: Date.UTC(2021, 7, 26, 15, 58), close: 148.372, closed: true }, { openTime: Date.UTC(2021, 7, 26, 15, 59), open: 148.372, high: 148.405, low: 148.365, close: 148.39, volume: 2206, closed: false, route: 'rest' },
    ] });
    const bar = { open: '1', high: '2', low: '1', close: '2' };
    expect(mapper.candles([{ ...bar, datetime: '2021-08-26' }], 'AAPL', '1d', at, at)).toMatchObject({ refused: 0, events: [{ openTime: Date.UTC(2021, 7, 26), volume: 0 }] });
    for (const datetime of ['2021-08-26 13:30:00', '2021-13-45 00:00:00', 'yesterday', 5]) expect(mapper.candles([{ ...bar, datetime }], 'AAPL', '1h', at, at)).toEqual({ events: [], refused: 1 });
    expect(mapper.candles([{ ...bar, datetime: '2021-08-26 13:00:00', high: '1', low: '2' }], 'AAPL', '1h', at, at).refused).toBe(1);
    expect(mapper.candles('x', 'AAPL', '1m', at, at)).toEqual({ events: [], refused: 1 });
  });

  it('no text throws, and every refusal is a code', () => {
    const anything = fc.oneof(fc.string(), fc.json(), fc.json().map((x) => `{"event":"price","symbol":"AAPL","timestamp":1643972766,"price":${x}}`), fc.json().map((x) => `{"event":"subscribe-status","success":${x},"fails":${x}}`));
    fc.assert(fc.property(anything, (text) => {
      expect(['price', 'answer', 'error', 'ignored', 'bad']).toContain(mapper.map(text, 7).type);
    }), { numRuns: 500 });
  });

  it('the fixture replays to its price and its candles, errors counted', async () => {
    const result = await replayReport(excerpt, 20);
    if (!result.ok) throw new Error(result.error);
    expect(result.value.quotes.AAPL).toMatchObject({ last: 172.87, venue: 'twelvedata', kind: 'replay' });
    expect(result.value.refused).toEqual({ bad_payload: 1 });
    expect(twelveDataVenue.recognises(price)).toBe(true);
    expect(twelveDataVenue.recognises('{"event":"heartbeat","status":"ok"}')).toBe(false);
  });

  it('serves shares in dollars, currencies and metals; crypto only when asked', () => {
    const named = (crypto: boolean) => BUILT_IN_INSTRUMENTS.filter((i) => toTwelveData(i, crypto) !== null).map((i) => i.assetClass);
    expect([...new Set(named(false))]).toEqual(['equity', 'fx', 'metal']);
    expect(named(true).length).toBe(BUILT_IN_INSTRUMENTS.length);
  });
});
