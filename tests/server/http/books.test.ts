import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { CompareReport, OrderBookAnswer, QuotesAnswer } from '@/core/contract';
import type { InputEvent, LevelChange } from '@/core/market/events';
import { codeOf, HttpRig, marketOf, NOW } from './rig';

let rig = new HttpRig();
afterEach(async () => {
  await rig.close();
  rig = new HttpRig();
});

const feed = (events: readonly InputEvent[]): void => {
  for (const event of events) rig.engine.step(event, () => undefined);
};
const origin = (venue: string, symbol = 'BTC/USDT', back = 40) => ({ venue, symbol, kind: 'live' as const, route: 'socket' as const, venueTime: NOW - back - 10, receiveTime: NOW - back });
const book = (venue: string, bids: readonly LevelChange[], asks: readonly LevelChange[]): InputEvent => ({ type: 'book', action: 'snapshot', ...origin(venue), bids, asks, updateId: 7 });
const quote = (venue: string, bid: string, ask: string, symbol?: string): InputEvent => ({ type: 'quote', ...origin(venue, symbol), bid, bidSize: '1', ask, askSize: '1', updateId: null });
const trade = (venue: string, id: string): InputEvent => ({ type: 'trade', ...origin(venue), id, price: '100', size: '1', side: 'buy' });
const live: InputEvent = { type: 'mode', mode: 'live', reason: '', receiveTime: NOW - 1_000 };

describe('GET /api/v1/orderbook', () => {
  it('gives one book with its integrity, levels as the venue wrote them', async () => {
    feed([live, quote('okx', '99.50', '100.10'), book('okx', [['99.50', '1.20'], ['99.40', '3']], [['100.10', '0.5'], ['100.20', '2']]), book('kraken', [['99', '1']], [['101', '1']])]);
    await rig.start();
    const answer = v.parse(OrderBookAnswer, (await rig.ask('GET', '/api/v1/orderbook?symbol=BTC/USDT&depth=1')).json());
    expect(answer).toMatchObject({ symbol: 'BTC/USDT', venue: 'okx', state: 'ok', reason: '', quality: 'live', update_id: 7, levels: [2, 2], bids: [['99.50', '1.20']], asks: [['100.10', '0.5']] });
    expect(v.parse(OrderBookAnswer, (await rig.ask('GET', '/api/v1/orderbook?symbol=BTC%2FUSDT&venue=kraken')).json())).toMatchObject({ venue: 'kraken', bids: [['99', '1']] });
  });

  it('never gives a broken book as good', async () => {
    feed([live, book('okx', [['99', '1']], [['101', '1']]), { type: 'bookState', ...origin('okx'), state: 'gap', reason: 'update 8 is missing; a snapshot is on its way' }]);
    await rig.start();
    expect((await rig.ask('GET', '/api/v1/orderbook?symbol=BTC/USDT&venue=okx')).json()).toMatchObject({ state: 'gap', reason: 'update 8 is missing; a snapshot is on its way' });
  });

  it('tells the age in real time, also while a recording runs faster', async () => {
    feed([live, book('okx', [['99', '1']], [['101', '1']])]);
    const engineBook = rig.engine.book('okx', 'BTC/USDT', 1);
    const market = { ...marketOf(rig.engine), book: () => engineBook && { ...engineBook, receiveTime: NOW - 500, venueTime: NOW - 600 } };
    rig.feed = { now: () => NOW, speed: 10 };
    await rig.start({}, { market });
    expect((await rig.ask('GET', '/api/v1/orderbook?symbol=BTC/USDT&venue=okx')).json()).toMatchObject({ age_ms: 50, venue_time: NOW - 600 });
  });

  it.each([
    ['', 404, 'unknown_symbol'], ['symbol=NOPE', 404, 'unknown_symbol'], ['symbol=BTC/USDT&symbol=BTC/USDT', 404, 'unknown_symbol'], ['symbol=ETH/USDT', 404, 'not_found'],
    ['symbol=BTC/USDT&venue=binance', 404, 'not_found'], ['symbol=BTC/USDT&venue=__proto__', 400, 'bad_request'], ['symbol=BTC/USDT&venue=OKX', 400, 'bad_request'],
    ['symbol=BTC/USDT&depth=0', 400, 'bad_request'], ['symbol=BTC/USDT&depth=5001', 400, 'bad_request'], ['symbol=BTC/USDT&depth=1e2', 400, 'bad_request'], ['symbol=BTC/USDT&depth=', 400, 'bad_request'],
  ])('refuses ?%s with %i %s', async (query, status, code) => {
    feed([live, book('okx', [['99', '1']], [['101', '1']])]);
    await rig.start();
    const answer = await rig.ask('GET', `/api/v1/orderbook?${query}`);
    expect([answer.statusCode, codeOf(answer)]).toEqual([status, code]);
  });
});

describe('what single venues say', () => {
  it('lists the quotes of each venue with source and age', async () => {
    feed([live, quote('kraken', '98', '102'), quote('okx', '99', '101')]);
    await rig.start();
    const { quotes } = v.parse(QuotesAnswer, (await rig.ask('GET', '/api/v1/quotes?symbol=BTC/USDT')).json());
    expect(quotes).toMatchObject([{ venue: 'okx', bid: 99, ask: 101, quality: 'live', route: 'socket', age_ms: 40 }, { venue: 'kraken', bid: 98, ask: 102 }]);
    expect((await rig.ask('GET', '/api/v1/quotes?symbol=ETH/USDT')).json()).toEqual({ symbol: 'ETH/USDT', quotes: [] });
    expect(codeOf(await rig.ask('GET', '/api/v1/quotes?symbol=NOPE'))).toBe('unknown_symbol');
  });

  it('gives the newest trades of one venue alone', async () => {
    feed([live, trade('okx', '1'), trade('kraken', '2'), trade('okx', '3'), trade('okx', '4')]);
    await rig.start();
    const ids = async (query: string) => (await rig.ask('GET', `/api/v1/trades?symbol=BTC/USDT${query}`)).json<{ trades: { id: string }[] }>().trades.map((t) => t.id);
    expect(await ids('')).toEqual(['1', '2', '3', '4']);
    expect(await ids('&venue=okx&limit=2')).toEqual(['3', '4']);
    expect(await ids('&venue=binance')).toEqual([]);
    expect(codeOf(await rig.ask('GET', '/api/v1/trades?symbol=BTC/USDT&venue=Okx!'))).toBe('bad_request');
  });
});

describe('GET /api/v1/compare', () => {
  it('compares the books the engine holds, with the fees of the operator', async () => {
    feed([live, quote('okx', '99', '101'), book('okx', [['99', '5']], [['101', '5']]), quote('kraken', '109', '111'), book('kraken', [['109', '5']], [['111', '5']])]);
    const market = { ...marketOf(rig.engine), book: (venue: string, symbol: string, depth: number) => {
      const held = rig.engine.book(venue, symbol, depth);
      return held && { ...held, receiveTime: NOW - 40 };
    } };
    await rig.start({}, { market, fees: new Map([['okx', 0.001], ['kraken', 0.002]]) });
    const report = v.parse(CompareReport, (await rig.ask('GET', '/api/v1/compare?symbol=BTC/USDT&size=2.5')).json());
    expect(report).toMatchObject({ base: 'BTC', size: '2.5', reference: 'USDT', at: NOW, legs: [{ venue: 'okx', comparable: true }, { venue: 'kraken', comparable: true }], best: { buy: { venue: 'okx' }, sell: { venue: 'kraken' }, gross: 8 } });
    expect(report.best?.net).toBeCloseTo(109 * 0.998 - 101 * 1.001, 9);
    expect((await rig.ask('GET', '/api/v1/compare?symbol=BTC/USDT')).json()).toMatchObject({ size: '1' });
  });

  it('says why there is nothing to compare', async () => {
    await rig.start();
    expect((await rig.ask('GET', '/api/v1/compare?symbol=AAPL')).json()).toMatchObject({ legs: [], best: null, note: 'No source has AAPL at the moment.' });
  });

  it.each(['0', '-1', 'abc', '1e3', '', '0.0', 'Infinity', 'NaN', '9999999999999', '1&size=2', '0x10', '.5', '1.'])('refuses the size %s', async (size) => {
    await rig.start();
    const answer = await rig.ask('GET', `/api/v1/compare?symbol=BTC/USDT&size=${size}`);
    expect([answer.statusCode, codeOf(answer)]).toEqual([400, 'bad_request']);
  });
});
