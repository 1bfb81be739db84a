import { describe, expect, it } from 'vitest';
import { Feed, T0 } from './feed';

const GOOD = [[['100', '1'], ['99', '2']], [['101', '3'], ['102', '4']]] as [[string, string][], [string, string][]];
const bookOf = (feed: Feed, venue = 'binance') => feed.engine.book(venue, 'BTC/USDT', 5);
const say = (feed: Feed, ms: number, state: 'ok' | 'gap' | 'stale' | 'syncing') => feed.send({
  venue: 'binance', kind: 'live', route: 'socket', symbol: 'BTC/USDT', venueTime: null, receiveTime: T0 + ms, type: 'bookState', state, reason: 'said so',
});

describe('a book that is not good says so in the same step', () => {
  it('when the connection is not live; its next change makes it good again', () => {
    const feed = new Feed();
    feed.book(0, 'snapshot', ...GOOD);
    const out = feed.of('book', feed.status(10, 'binance', 'waiting'));
    expect(out).toMatchObject([{ action: 'state', state: 'stale', reason: 'the connection is not live: test' }]);
    expect(feed.of('book', feed.book(20, 'delta', [['99', '0']], []))).toMatchObject([{ action: 'delta', state: 'ok', reason: '' }]);
  });

  it('but what its connector called stale waits for the connector: a change alone proves nothing', () => {
    const feed = new Feed();
    feed.book(0, 'snapshot', ...GOOD);
    say(feed, 10, 'stale');
    feed.status(11, 'binance', 'waiting');
    feed.book(20, 'delta', [['99', '0']], []);
    expect(bookOf(feed)).toMatchObject({ state: 'stale', reason: 'said so' });
    feed.book(30, 'snapshot', ...GOOD);
    expect(bookOf(feed)?.state).toBe('ok');
  });

  it('when nothing changed or confirmed it for two minutes of an open market', () => {
    const feed = new Feed();
    feed.book(0, 'snapshot', ...GOOD);
    say(feed, 60_000, 'ok');
    expect(feed.of('book', feed.clock(180_000))).toEqual([]);
    expect(feed.of('book', feed.clock(180_001))).toMatchObject([{ state: 'stale', reason: 'nothing confirmed it for 2 min' }]);
    expect(feed.of('book', feed.clock(181_001))).toEqual([]);
  });

  it('while it is crossed, and when that lasts its reason says so, once', () => {
    const feed = new Feed();
    feed.book(0, 'snapshot', ...GOOD);
    expect(feed.of('book', feed.book(100, 'delta', [['101', '1']], []))).toMatchObject([{ state: 'crossed' }]);
    const told = [2000, 5000, 5200, 6000].map((ms) => feed.of('book', feed.clock(ms)).map((o) => o.reason));
    expect(told).toEqual([[], [], ['best bid 101 is not below best ask 101 for more than 5 s'], []]);
    expect(feed.of('book', feed.book(7000, 'delta', [['101', '0']], []))).toMatchObject([{ state: 'ok', reason: '' }]);
  });
});

it('a view tells the times of the newest change on both clocks, and its kind', () => {
  const feed = new Feed();
  feed.book(0, 'snapshot', ...GOOD, { venueTime: null });
  expect(bookOf(feed)).toMatchObject({ venueTime: null, receiveTime: T0, kind: 'live', levels: [2, 2] });
  feed.book(500, 'delta', [['99', '5']], [], { venueTime: T0 + 450 });
  expect(bookOf(feed)).toMatchObject({ venueTime: T0 + 450, receiveTime: T0 + 500 });
  say(feed, 900, 'ok');
  expect(bookOf(feed)).toMatchObject({ venueTime: T0 + 450, receiveTime: T0 + 900 });
});

it('the book shown for a symbol is the leader\'s, else the preferred good one', () => {
  const feed = new Feed();
  expect(feed.engine.bookVenue('BTC/USDT')).toBeNull();
  feed.trade(0, '100', '1', { venue: 'kraken' });
  feed.book(1, 'snapshot', ...GOOD, { venue: 'okx' });
  expect(feed.engine.bookVenue('BTC/USDT')).toBe('okx');
  feed.book(2, 'snapshot', [['105', '1']], [['101', '1']]);
  expect([bookOf(feed)?.state, feed.engine.bookVenue('BTC/USDT')]).toEqual(['crossed', 'okx']);
  feed.book(3, 'snapshot', ...GOOD);
  expect(feed.engine.bookVenue('BTC/USDT')).toBe('binance');
});

describe('a venue without quotes of its own', () => {
  it('is quoted from its book, while that is good', () => {
    const feed = new Feed();
    feed.book(0, 'snapshot', ...GOOD);
    expect(feed.btc).toMatchObject({ bid: 100, bidSize: 1, ask: 101, askSize: 3, venue: 'binance', state: 'ok' });
    feed.book(1, 'delta', [['100', '0']], []);
    expect(feed.btc).toMatchObject({ bid: 99, bidSize: 2 });
    say(feed, 2, 'gap');
    expect(feed.btc).toMatchObject({ bid: 99, state: 'suspect' });
    feed.book(3, 'snapshot', ...GOOD);
    expect(feed.btc).toMatchObject({ bid: 100, state: 'ok' });
    feed.book(4, 'delta', [['103', '1']], []);
    expect(feed.btc).toMatchObject({ bid: 100, ask: 101, state: 'suspect' });
  });

  it('is believed in its quotes as soon as it sends one', () => {
    const feed = new Feed();
    feed.book(0, 'snapshot', ...GOOD);
    feed.quote(1, '100.5', '100.6');
    feed.book(2, 'delta', [['100', '9']], []);
    expect(feed.btc).toMatchObject({ bid: 100.5, ask: 100.6 });
    say(feed, 3, 'gap');
    expect(feed.btc.state).toBe('ok');
  });
});

it('what the analysis says is part of the state', () => {
  const run = (close: number): string => {
    const feed = new Feed();
    for (let m = -60; m < 0; m += 1) feed.candle(0, m * 60_000, [10, 12, 9, m === -50 ? close : 10, 1], { route: 'rest' });
    feed.clock(0);
    const text = feed.engine.fingerprint();
    return JSON.stringify((JSON.parse(text) as { rows: { said: unknown }[] }).rows.map((row) => row.said));
  };
  expect(run(10)).toBe(run(10));
  expect(run(10)).not.toBe(run(11));
});
