import { afterEach, describe, expect, it } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import { createKrakenConnector, KRAKEN_DEFAULTS, type KrakenOptions } from '../../../server/connectors/kraken';
import { collectingContext, FAST_LIMITS, pick } from '../../support/connectorRig';
import { waitFor } from '../../support/waitFor';
import { connectorConformance } from '../conformance';
import { FakeKraken } from './fakeKraken';

const FAST: KrakenOptions = { ...KRAKEN_DEFAULTS, limits: FAST_LIMITS, books: false, depth: 10, resubscribeMs: 20, restPaceMs: 1 };
const trade = (fields: string) => `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USDT","side":"buy",${fields},"ord_type":"limit","trade_id":1,"timestamp":"2026-08-12T19:29:00.921195Z"}]}`;

connectorConformance({
  name: 'kraken',
  instruments: pick('BTC/USDT', 'ETH/USDT', 'AAPL'),
  create: (context, { books }) => createKrakenConnector(context, { ...FAST, books }),
  fake: () => FakeKraken.start(),
  minutes: 720,
  candlePath: 'OHLC',
  without: {
    C15b: 'nothing is asked for in the address',
    C17: 'no end of a connection is announced',
    C18: 'no end of a connection is announced',
    B01: 'books have no numbers: see K01 to K05',
    B02: 'books have no numbers: see K01 to K05',
    B03: 'books have no numbers: see K01 to K05',
    B04: 'the book begins on the socket',
    B05: 'books have no numbers: see K01 to K05',
  },
  bad: [
    ['bad_json', '{"channel":"trade","type":"update","da'],
    ['unknown_type', '{"channel":"newThing","type":"update","data":[]}'],
    ['unknown_symbol', '{"channel":"trade","type":"update","data":[{"symbol":"XYZ/USDT","side":"buy","price":1,"qty":1,"trade_id":1,"timestamp":"2026-08-12T19:29:00Z"}]}'],
    ['bad_number', trade('"price":"NaN","qty":1')],
    ['bad_number', trade('"price":-5,"qty":1')],
    ['bad_number', trade('"price":0.00,"qty":1')],
    ['bad_payload', '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USDT","price":5,"qty":1}]}'],
    ['bad_payload', '{"channel":"ticker","type":"update"}'],
    ['bad_payload', '42'],
  ],
});

type Of<T extends InputEvent['type']> = Extract<InputEvent, { type: T }>;

describe('kraken: what only this venue has', () => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(close.map((f) => f()));
    close = [];
  });

  async function rig(options: Partial<KrakenOptions> = {}, prepare: (venue: FakeKraken) => void = () => undefined) {
    const venue = await FakeKraken.start();
    prepare(venue);
    const context = collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, pick('BTC/USDT', 'ETH/USDT'));
    const connector = createKrakenConnector(context, { ...FAST, limits: { ...FAST_LIMITS, staleMs: 5_000, silentMs: 10_000 }, ...options });
    close.push(() => connector.stop(), () => venue.stop());
    connector.start();
    const of = <T extends InputEvent['type']>(type: T) => context.events.filter((e): e is Of<T> => e.type === type);
    const btc = (state: string) => waitFor(() => of('bookState').findLast((s) => s.symbol === 'BTC/USDT')?.state === state, { message: `the book is not ${state}` });
    return { venue, connector, context, of, btc };
  }

  it('K01 a book begins with its snapshot, follows its changes, and is cut to the depth by explicit removals', async () => {
    const { venue, of, btc } = await rig({ books: true });
    await btc('ok');
    const bids = Array.from({ length: 10 }, (_, i) => [`${98 - i}.00`, '1.00000000'] as const);
    venue.bookUpdate('BTCUSDT', bids, [['101.00', '0.00000000'], ['100.50', '2.50000000']]);
    const event = await waitFor(() => of('book').find((b) => b.symbol === 'BTC/USDT' && b.action === 'delta'));
    expect(event).toMatchObject({ kind: 'live', route: 'socket', asks: [['101.00', '0.00000000'], ['100.50', '2.50000000']] });
    expect(event.bids.at(-1)).toEqual(['89.00', '0']);
    expect(of('book').find((b) => b.symbol === 'BTC/USDT')).toMatchObject({ action: 'snapshot', bids: [['99.00', '1.00000000']] });
  });

  it('K02 a lost update is noticed by the next checksum, told in the same moment, and repaired by a new subscription', async () => {
    const { venue, of, btc } = await rig({ books: true });
    await btc('ok');
    const before = of('book').filter((b) => b.symbol === 'BTC/USDT').length;
    venue.bookUpdate('BTCUSDT', [['98.50', '1.00000000']], [], true);
    venue.levels = { bids: [['98.00', '3.00000000']], asks: [['102.00', '4.00000000']] };
    venue.bookUpdate('BTCUSDT', [['98.00', '1.00000000']], []);
    const gap = await waitFor(() => of('bookState').find((s) => s.state === 'gap'));
    expect(gap.reason).toMatch(/the checksum is \d+, the venue says \d+; loading the book anew/);
    await btc('ok');
    const books = of('book').filter((b) => b.symbol === 'BTC/USDT');
    // The change that did not fit was never passed on.
    expect(books.slice(before)).toMatchObject([{ action: 'snapshot', bids: [['98.00', '3.00000000']] }]);
    expect(venue.asked.filter((r) => r.method === 'unsubscribe').map((r) => r.params)).toMatchObject([{ channel: 'book', symbol: ['BTC/USDT'], depth: 10 }]);
    expect(of('bookState').filter((s) => s.symbol === 'ETH/USDT').map((s) => s.state)).toEqual(['syncing', 'ok']);
  });

  it('K03 a snapshot without checksum and a second, deeper one are taken; a cut makes books stale', async () => {
    const { venue, of, btc } = await rig({ books: true }, (v) => (v.bareSnapshot = true));
    await btc('ok');
    venue.bareSnapshot = false;
    venue.levels = { ...venue.levels, bids: [['99.00', '1.00000000'], ['98.00', '1.00000000']] };
    venue.bookSnapshot('BTCUSDT');
    await waitFor(() => of('book').some((b) => b.symbol === 'BTC/USDT' && b.bids.length === 2));
    expect(of('bookState').some((s) => s.state === 'gap')).toBe(false);
    venue.drop();
    await btc('stale');
    await btc('ok');
  });

  it('K04 a book that stays wrong is repaired at once only the first time, then at a pace, and is never called good', async () => {
    const { venue, of } = await rig({ books: true, resubscribeMs: 60_000 }, (v) => (v.checksumError = 1));
    const gaps = () => of('bookState').filter((s) => s.state === 'gap' && s.symbol === 'BTC/USDT').length;
    await waitFor(() => gaps() === 2, { message: 'no second try' });
    venue.trade('BTCUSDT', '100.00');
    await waitFor(() => of('trade').length === 1);
    expect(gaps()).toBe(2);
    expect(of('book')).toEqual([]);
    expect(of('bookState').some((s) => s.state === 'ok')).toBe(false);
  });

  it('K04b and is good again when the venue is', async () => {
    const { venue, of, btc } = await rig({ books: true }, (v) => (v.checksumError = 1));
    await waitFor(() => of('bookState').filter((s) => s.state === 'gap').length > 4);
    venue.checksumError = 0;
    await btc('ok');
  });

  it('K05 an unreadable book message makes that book a gap and is repaired', async () => {
    const { venue, of, btc } = await rig({ books: true });
    await btc('ok');
    venue.raw('{"channel":"book","type":"update","data":[{"symbol":"BTC/USDT","bids":[{"price":null,"qty":1}],"asks":[],"checksum":1}]}');
    await waitFor(() => of('bookState').some((s) => s.state === 'gap'));
    await btc('ok');
    expect(of('badInput')).toMatchObject([{ code: 'bad_payload' }]);
  });

  it('K06 a missing heartbeat ends the connection although data was fresh a moment ago', async () => {
    const { venue, connector } = await rig({ heartbeatMs: 120 });
    await waitFor(() => venue.open[0]?.streams.size);
    venue.trade('BTCUSDT', '100.00');
    await waitFor(() => connector.status().state === 'live');
    await waitFor(() => venue.connections.length > 1, { message: 'the dead connection was kept' });
  });

  it('K06b also when it never said anything', async () => {
    const { venue } = await rig({ heartbeatMs: 120 }, (v) => (v.mute = true));
    await waitFor(() => venue.connections.length > 1, { message: 'the silent connection was kept' });
  });

  it('K06c a pair that is delisted on the way has its book marked, and is unsubscribed', async () => {
    const { venue, connector, btc } = await rig({ books: true });
    await btc('ok');
    venue.raw('{"channel":"instrument","type":"update","data":{"pairs":[{"symbol":"BTC/USDT","base":"BTC","quote":"USDT","status":"delisted","qty_increment":1e-08,"price_increment":0.1}]}}');
    await btc('stale');
    expect(connector.status().symbols).toEqual(['ETH/USDT']);
    await waitFor(() => venue.open[0] && !venue.open[0].streams.has('btcusdt@book') && venue.open[0].streams.has('ethusdt@book'), { message: 'not unsubscribed' });
  });

  it('K07 heartbeats keep the connection; pings are sent and their pongs are no data', async () => {
    const { venue, connector } = await rig({ heartbeatMs: 150, pingMs: 30 });
    await waitFor(() => venue.open[0]?.streams.size);
    await waitFor(() => {
      venue.raw('{"channel":"heartbeat"}');
      return venue.asked.filter((r) => r.method === 'ping').length >= 4;
    });
    expect(venue.connections.length).toBe(1);
    expect(connector.status().state).toBe('connecting');
  });

  it('K08 a pair that is not supported is left out without an alarm, the others go on', async () => {
    const { venue, connector, of } = await rig({}, (v) => {
      v.withoutList = true;
      delete v.listed.ETHUSDT;
    });
    await waitFor(() => connector.status().symbols.length === 1);
    venue.trade('BTCUSDT', '100.00');
    await waitFor(() => connector.status().state === 'live');
    expect(of('badInput')).toEqual([]);
  });

  it('K09 a refusal for the rate of messages is told and the stream asked for again', async () => {
    const { venue, of } = await rig({}, (v) => (v.rejectSubscribe = { code: 0, msg: 'Exceeded msg rate', nested: false }));
    await waitFor(() => of('badInput').some((e) => e.detail.includes('Exceeded msg rate')));
    venue.rejectSubscribe = null;
    await waitFor(() => venue.open[0]?.streams.has('btcusdt@trade') && venue.open[0].streams.has('ethusdt@ohlc'), { message: 'not asked for again' });
  });

  it('K10 a candle is closed when the next one begins; one cut off by a lost connection is not called closed', async () => {
    const { venue, of, connector } = await rig({}, (v) => (v.restFault = { status: 503, body: '' }));
    await waitFor(() => venue.open[0]?.streams.has('btcusdt@ohlc'));
    const minute = Math.floor(Date.now() / 60_000) * 60_000;
    venue.candle('BTCUSDT', minute - 60_000, '101.00');
    venue.candle('BTCUSDT', minute, '100.50');
    await waitFor(() => of('candle').length === 3);
    expect(of('candle').map((c) => [c.openTime - minute, c.closed, c.close])).toEqual([[-60_000, false, 101], [-60_000, true, 101], [0, false, 100.5]]);
    venue.drop();
    await waitFor(() => venue.connections.length === 2 && venue.open[0]?.streams.has('btcusdt@ohlc'));
    venue.candle('BTCUSDT', minute + 60_000, '100.75');
    await waitFor(() => of('candle').length === 4);
    expect(of('candle').at(-1)).toMatchObject({ openTime: minute + 60_000, closed: false });
    expect(connector.status().reconnects).toBe(1);
  });

  it('K11 the last trades at the begin of a subscription fill the hole of a reconnect and nothing else', async () => {
    const { venue, of } = await rig();
    const snapshot = (ids: readonly number[]) => `{"channel":"trade","type":"snapshot","data":[${ids.map((id) => `{"symbol":"BTC/USDT","side":"sell","price":100.0,"qty":1.0,"ord_type":"market","trade_id":${id},"timestamp":"2026-08-12T19:29:00.921195Z"}`).join(',')}]}`;
    await waitFor(() => venue.open[0]?.streams.has('btcusdt@trade'));
    venue.raw(snapshot([7, 8, 9]));
    venue.trade('BTCUSDT', '100.00', 10);
    await waitFor(() => of('trade').length === 1);
    venue.drop();
    await waitFor(() => venue.connections.length === 2 && venue.open[0]?.streams.has('btcusdt@trade'));
    venue.raw(snapshot([9, 10, 11, 12]));
    venue.trade('BTCUSDT', '100.00', 13);
    await waitFor(() => of('trade').at(-1)?.id === '13');
    expect(of('trade').map((t) => t.id)).toEqual(['10', '11', '12', '13']);
  });

  it('K12 the state of the trading system is told', async () => {
    const { venue, connector, of } = await rig();
    await waitFor(() => venue.open[0]?.streams.size);
    venue.status('maintenance');
    await waitFor(() => of('feedStatus').some((s) => s.reason.includes('maintenance')));
    expect(connector.status().reason).toContain('Kraken says it is in maintenance');
  });

  it.each([
    ['limited', '{"error":["EAPI:Rate limit exceeded"]}'],
    ['lost', '{"error":["EService:Unavailable"]}'],
    ['bad', '{"error":["EQuery:Unknown asset pair"]}'],
    ['contradicting', '{"error":[],"result":{"XBTUSDT":[[1762777020,"5","4","6","5","5","1",1],["x"],null,[0,"1","1","1"]],"last":1}}'],
  ])('K13 an error inside HTTP 200 (%s) is an error: no candle, and the stream goes on', async (_name, body) => {
    const { venue, connector, of } = await rig({}, (v) => (v.restFault = { status: 200, body }));
    await waitFor(() => venue.open[0]?.streams.size);
    connector.refill?.();
    await waitFor(() => venue.restCalls.length > 0);
    venue.trade('BTCUSDT', '100.00');
    await waitFor(() => of('trade').length === 1);
    expect(of('candle')).toEqual([]);
  });
});
