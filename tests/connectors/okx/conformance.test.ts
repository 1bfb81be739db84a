import { afterEach, describe, expect, it } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import { createOkxConnector, OKX_DEFAULTS, type OkxOptions } from '../../../server/connectors/okx';
import { collectingContext, FAST_LIMITS, pick } from '../../support/connectorRig';
import { waitFor } from '../../support/waitFor';
import { connectorConformance } from '../conformance';
import { FakeOkx } from './fakeOkx';

/** The suite counts connections, so it runs on the market socket alone; the candle socket has its own cases. */
const FAST: OkxOptions = { ...OKX_DEFAULTS, limits: FAST_LIMITS, candleLimits: FAST_LIMITS, books: false, candles: false, renewMs: 20, restPaceMs: 1 };
const trade = (fields: string) => `{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"1",${fields},"side":"buy","ts":"1786538760218"}]}`;

connectorConformance({
  name: 'okx',
  instruments: pick('BTC/USDT', 'ETH/USDT', 'AAPL'),
  create: (context, { books }) => createOkxConnector(context, { ...FAST, books }),
  fake: () => FakeOkx.start(),
  candlePath: 'candles',
  without: {
    C15b: 'nothing is asked for in the address',
    B02: 'numbers are not contiguous, so that it cannot be said which are missing: see O02',
    B03: 'an update that is neither next nor known is a gap by the rule of the venue: see O03',
    B04: 'the book begins on the socket: see O05',
    B05: 'numbers are not contiguous: see O02 and O03',
  },
  bad: [
    ['bad_json', '{"arg":{"channel":"trades","instId":"BTC-US'],
    ['unknown_type', '{"arg":{"channel":"newThing","instId":"BTC-USDT"},"data":[{}]}'],
    ['unknown_type', '{"event":"newThing"}'],
    ['unknown_symbol', '{"arg":{"channel":"trades","instId":"XYZ-USDT"},"data":[{"instId":"XYZ-USDT","tradeId":"1","px":"1","sz":"1","side":"buy","ts":"1"}]}'],
    ['bad_number', trade('"px":"NaN","sz":"1"')],
    ['bad_number', trade('"px":"-5","sz":"1"')],
    ['bad_number', trade('"px":"0.0","sz":"1"')],
    ['bad_number', trade('"px":5,"sz":"1"')],
    ['bad_payload', trade('"px":"5"')],
    ['bad_payload', '{"arg":{"channel":"tickers","instId":"BTC-USDT"}}'],
    ['bad_payload', '42'],
  ],
});

type Of<T extends InputEvent['type']> = Extract<InputEvent, { type: T }>;

describe('okx: what only this venue has', () => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(close.map((f) => f()));
    close = [];
  });

  async function rig(options: Partial<OkxOptions> = {}, prepare: (venue: FakeOkx) => void = () => undefined, symbols: readonly string[] = ['BTC/USDT']) {
    const venue = await FakeOkx.start();
    venue.snapshots = true;
    prepare(venue);
    const context = collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, pick(...symbols));
    const connector = createOkxConnector(context, { ...FAST, limits: { ...FAST_LIMITS, staleMs: 5_000, silentMs: 10_000 }, ...options });
    close.push(() => connector.stop(), () => venue.stop());
    connector.start();
    const of = <T extends InputEvent['type']>(type: T) => context.events.filter((e): e is Of<T> => e.type === type);
    const state = (name: string) => waitFor(() => of('bookState').at(-1)?.state === name, { message: () => `the book is ${of('bookState').at(-1)?.state}, not ${name}` });
    const has = (stream: string, at = 0) => waitFor(() => venue.open[at]?.streams.has(stream), { message: `${stream} was not asked for` });
    return { venue, connector, context, of, state, has };
  }

  it('O01 a book begins with its snapshot, and a sign of life or a restart of the numbers is no gap', async () => {
    const { venue, of, state } = await rig({ books: true });
    await state('ok');
    venue.depth('BTCUSDT', 101, 120, [['99.00', '3']]);
    venue.depth('BTCUSDT', 121, 120);
    venue.depth('BTCUSDT', 121, 7, [], [['101.00', '0']]);
    venue.depth('BTCUSDT', 8, 9, [['98.00', '1']]);
    await waitFor(() => of('book').at(-1)?.updateId === 9);
    expect(of('book').map((b) => [b.action, b.updateId])).toEqual([['snapshot', 100], ['delta', 120], ['delta', 120], ['delta', 7], ['delta', 9]]);
    expect(of('bookState').map((s) => s.state)).toEqual(['syncing', 'ok']);
    expect(of('book')[0]).toMatchObject({ bids: [['99.00', '1']], asks: [['101.00', '1']], kind: 'live', route: 'socket' });
  });

  it('O02 a lost update is told in the same moment; the stream is asked for again and what the old one still sends is not used', async () => {
    const { venue, of, state } = await rig({ books: true });
    await state('ok');
    venue.book = { lastUpdateId: 200, bids: [['98.00', '2']], asks: [['102.00', '2']] };
    venue.depth('BTCUSDT', 105, 106);
    venue.depth('BTCUSDT', 107, 108);
    const gap = await waitFor(() => of('bookState').find((s) => s.state === 'gap'));
    expect(gap.reason).toBe('an update follows 104, the book is at 100; loading the book anew');
    await state('ok');
    expect(of('book').map((b) => b.updateId)).toEqual([100, 200]);
    expect(venue.asked.slice(-2).map((r) => [r.op, r.args])).toEqual(['unsubscribe', 'subscribe'].map((op) => [op, [{ channel: 'books', instId: 'BTC-USDT' }]]));
  });

  it('O03 a repeated update is dropped, a cut makes the book stale, and it comes back', async () => {
    const { venue, of, state } = await rig({ books: true });
    await state('ok');
    venue.depth('BTCUSDT', 101, 101);
    venue.depth('BTCUSDT', 102, 102);
    venue.depth('BTCUSDT', 101, 101);
    venue.depth('BTCUSDT', 103, 103);
    await waitFor(() => of('book').at(-1)?.updateId === 103);
    expect(of('bookState').map((s) => s.state)).toEqual(['syncing', 'ok']);
    venue.drop();
    await state('stale');
    await state('ok');
  });

  it('O04 a checksum that is not 0 must be right; a wrong one is never passed on', async () => {
    const { venue, of, state } = await rig({ books: true });
    await state('ok');
    venue.depth('BTCUSDT', 101, 101, [['99.00', '5']], [], 12_345);
    const gap = await waitFor(() => of('bookState').find((s) => s.state === 'gap'));
    expect(gap.reason).toMatch(/checksum -?\d+ of the book is not the venue's 12345/);
    await state('ok');
    expect(of('book').map((b) => b.action)).toEqual(['snapshot', 'snapshot']);
  });

  it('O04b an unreadable update makes the book a gap in the same moment, and it is repaired', async () => {
    const { venue, of, state } = await rig({ books: true });
    await state('ok');
    venue.depth('BTCUSDT', 101, 101, [['99.00', 'much']]);
    await waitFor(() => of('bookState').some((s) => s.state === 'gap'));
    await state('ok');
    expect(of('badInput')).toMatchObject([{ code: 'bad_payload', symbol: 'BTC/USDT' }]);
    expect(of('book').map((b) => b.action)).toEqual(['snapshot', 'snapshot']);
  });

  it('O05 without a first snapshot the REST one is used, again when it is too old', async () => {
    const { venue, of, state, has } = await rig({ books: true }, (v) => {
      v.snapshots = false;
      v.book = { ...v.book, lastUpdateId: 90 };
    });
    await has('btcusdt@depth@100ms');
    venue.depth('BTCUSDT', 101, 105, [['99.00', '3']]);
    await waitFor(() => venue.restCalls.filter((c) => c.includes('/market/books')).length >= 2, { message: 'the old snapshot was not asked for again' });
    expect(of('book')).toEqual([]);
    venue.book = { ...venue.book, lastUpdateId: 103 };
    await state('ok');
    expect(of('book').map((b) => b.updateId)).toEqual([103, 105]);
  });

  it('O06 the text ping keeps a quiet connection; its pong is no data', async () => {
    const { venue, connector } = await rig({ pingAfterMs: 30 });
    await waitFor(() => venue.pings >= 4);
    expect(connector.status().state).toBe('connecting');
    expect(venue.connections.length).toBe(1);
  });

  it('O07 a ping without pong ends the connection', async () => {
    const { venue } = await rig({ pingAfterMs: 30, pongMs: 60 }, (v) => (v.deaf = true));
    await waitFor(() => venue.connections.length > 1, { message: 'the dead connection was kept' });
  });

  it('O08 candles come over the business socket; its loss leaves prices alone', async () => {
    const { venue, connector, of } = await rig({ candles: true, candleLimits: { ...FAST_LIMITS, staleMs: 5_000, silentMs: 10_000 } });
    await waitFor(() => venue.open.length === 2 && venue.open.every((c) => c.streams.size > 0));
    expect([...venue.handshakes].sort()).toEqual(['/ws/v5/business', '/ws/v5/public']);
    venue.trade('BTCUSDT', '100.00');
    venue.candle('BTCUSDT', 1_786_538_760_000, '101', '1');
    await waitFor(() => of('candle').length === 1 && connector.status().state === 'live');
    expect(of('candle')[0]).toMatchObject({ symbol: 'BTC/USDT', interval: '1m', close: 101, volume: 5, closed: true, route: 'socket' });
    venue.open.find((c) => c.streams.has('btcusdt@kline_1m'))?.socket.terminate();
    await waitFor(() => venue.open.filter((c) => c.streams.size > 0).length === 2 && venue.connections.length === 3);
    expect(connector.status()).toMatchObject({ state: 'live', reconnects: 0 });
  });

  it('O09 the fast touch leads; that of the slower ticker serves only when it is silent', async () => {
    const { venue, of, has } = await rig();
    await has('btcusdt@miniTicker');
    venue.ticker('BTCUSDT', '100');
    venue.quote('BTCUSDT', '99.5', '100.5');
    venue.ticker('BTCUSDT', '100');
    venue.clockOffsetMs = 5_000;
    venue.ticker('BTCUSDT', '100');
    await waitFor(() => of('ticker').length === 3);
    expect(of('quote').map((q) => [q.bid, q.updateId === null])).toEqual([['99', true], ['99.5', false], ['99', true]]);
  });

  it('O10 a pair that does not exist is left out without an alarm, the others go on', async () => {
    const { venue, connector, of, has } = await rig({}, (v) => {
      v.restFault = { status: 503, body: '', path: 'instruments' };
      delete v.listed.ETHUSDT;
    }, ['BTC/USDT', 'ETH/USDT']);
    await waitFor(() => connector.status().symbols.length === 1, { message: 'it was not left out' });
    await has('btcusdt@trade');
    venue.trade('BTCUSDT', '100.00');
    await waitFor(() => connector.status().state === 'live');
    expect(connector.status().symbols).toEqual(['BTC/USDT']);
    expect(of('badInput')).toEqual([]);
    expect(venue.asked.filter((r) => r.op === 'unsubscribe')).toEqual([]);
  });

  it.each([
    ['too frequent', '{"code":"50011","msg":"Requests too frequent","data":[]}'],
    ['unavailable', '{"code":"50001","msg":"Service temporarily unavailable","data":[]}'],
    ['unknown', '{"code":"51001","msg":"Instrument ID does not exist","data":[]}'],
    ['contradicting', '{"code":"0","msg":"","data":[["0","5","4","6","5","1","1","1","1"],["x"],null]}'],
  ])('O11 an error inside HTTP 200 (%s) is an error: no candle, and the stream goes on', async (_name, body) => {
    const { venue, connector, of, has } = await rig({}, (v) => (v.restFault = { status: 200, body, path: 'candles' }));
    await has('btcusdt@trade');
    connector.refill?.();
    await waitFor(() => venue.restCalls.some((c) => c.includes('candles')));
    venue.trade('BTCUSDT', '100.00');
    await waitFor(() => of('trade').length === 1);
    expect(of('candle')).toEqual([]);
  });

  it('O12 a planned change of connection renews the books without calling them stale', async () => {
    const { venue, of, state } = await rig({ books: true });
    await state('ok');
    venue.announceShutdown();
    await waitFor(() => venue.connections.length === 2 && venue.open.length === 1, { message: 'the connection was not changed' });
    await state('ok');
    expect(of('bookState').map((s) => s.state)).toEqual(['syncing', 'ok', 'syncing', 'ok']);
  });

  it('O13 a full load asks page by page and passes candles on in order', async () => {
    const { venue, connector, of, has } = await rig();
    await has('btcusdt@trade');
    connector.refill?.();
    await waitFor(() => of('candle').filter((c) => c.interval === '1d').length === 365);
    const minutes = of('candle').filter((c) => c.interval === '1m').map((c) => c.openTime);
    expect(minutes.length).toBe(1_000);
    expect(minutes.every((time, i) => i === 0 || time - (minutes[i - 1] ?? 0) === 60_000)).toBe(true);
    expect(venue.restCalls.filter((c) => c.includes('bar=1m')).map((c) => new URL(c, 'http://venue').searchParams.get('limit'))).toEqual(['300', '300', '300', '100']);
  });
});
