import { afterEach, describe, expect, it } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import type { Connector, ConnectorContext } from '../../../server/connectors/base/connector';
import type { FallbackTimes } from '../../../server/connectors/base/fallback';
import { createBinanceConnector } from '../../../server/connectors/binance';
import { createCoinbaseConnector } from '../../../server/connectors/coinbase';
import { createKrakenConnector } from '../../../server/connectors/kraken';
import { createOkxConnector } from '../../../server/connectors/okx';
import { collectingContext, FAST_LIMITS, pick } from '../../support/connectorRig';
import { FakeVenue } from '../../support/fakeVenue';
import { waitFor } from '../../support/waitFor';
import { FakeCoinbase } from '../coinbase/fakeCoinbase';
import { FakeKraken } from '../kraken/fakeKraken';
import { FakeOkx } from '../okx/fakeOkx';

interface Options {
  readonly books?: boolean;
  readonly fallback?: Partial<FallbackTimes>;
  readonly listingsMs?: number;
}
interface Venue {
  readonly id: string;
  readonly start: () => Promise<FakeVenue>;
  readonly create: (context: ConnectorContext, options: Options) => Connector;
  /** Part of the address that polls use. */
  readonly path: string;
  /** Whether its REST tells 24 h values. */
  readonly dayValues: boolean;
}

const limits = { ...FAST_LIMITS, maxMessageBytes: 16 * 2 ** 20, maxQueued: 512, staleMs: 300, silentMs: 5_000 };
const poll = { everyMs: 60, liveMs: 80 };
const VENUES: readonly Venue[] = [
  { id: 'binance', start: () => FakeVenue.start(), create: (c, o) => createBinanceConnector(c, { limits, fallback: poll, ...o }), path: '/ticker/24hr', dayValues: true },
  { id: 'okx', start: () => FakeOkx.start(), create: (c, o) => createOkxConnector(c, { limits, candles: false, restPaceMs: 1, fallback: poll, ...o }), path: '/market/tickers', dayValues: true },
  { id: 'coinbase', start: () => FakeCoinbase.start(), create: (c, o) => createCoinbaseConnector(c, { limits, fallback: poll, ...o }), path: '/ticker', dayValues: false },
  { id: 'kraken', start: () => FakeKraken.start(), create: (c, o) => createKrakenConnector(c, { limits, restPaceMs: 1, fallback: poll, ...o }), path: '/Ticker', dayValues: true },
];

type Of<T extends InputEvent['type']> = Extract<InputEvent, { type: T }>;

describe.each(VENUES)('$id: what all keyless venues share', (under) => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(close.map((f) => f()));
    close = [];
  });

  async function rig(options: Options = {}, prepare: (venue: FakeVenue) => void = () => undefined, instruments: readonly Instrument[] = pick('BTC/USDT', 'ETH/USDT', 'AAPL')) {
    const venue = await under.start();
    prepare(venue);
    const context = collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, instruments);
    const connector = under.create(context, options);
    close.push(() => connector.stop(), () => venue.stop());
    connector.start();
    const of = <T extends InputEvent['type']>(type: T) => context.events.filter((e): e is Of<T> => e.type === type);
    const byRest = () => of('quote').filter((q) => q.route === 'rest');
    const live = async () => {
      await waitFor(() => venue.open.some((c) => c.messages.length > 0), { message: 'nothing was asked for' });
      await waitFor(() => {
        venue.trade('BTCUSDT', '100.00');
        return connector.status().state === 'live';
      }, { message: () => connector.status().reason });
    };
    return { venue, connector, context, of, byRest, live };
  }

  it('F01 a socket that is refused for good is replaced by polling, which is said', async () => {
    const { connector, of, byRest } = await rig({}, (v) => (v.refuse = { status: 403 }));
    await waitFor(() => byRest().some((q) => q.symbol === 'ETH/USDT') && connector.status().fallback, { message: () => connector.status().reason });
    const status = connector.status();
    expect(status).toMatchObject({ state: 'refused', circuit: 'closed' });
    expect(status.reason).toMatch(/HTTP 403.*; prices by REST every 0 s/);
    expect(status.lastMessageAgeMs).toBeGreaterThanOrEqual(0);
    expect(byRest()[0]).toMatchObject({ kind: 'live', venue: under.id, updateId: null });
    expect([Number(byRest()[0]?.bid), Number(byRest()[0]?.ask)]).toEqual([99, 101]);
    const ticker = of('ticker').find((t) => t.symbol === 'BTC/USDT');
    expect(ticker).toMatchObject({ route: 'rest', kind: 'live' });
    expect([Number(ticker?.last), ticker?.high24h === null]).toEqual([100, !under.dayValues]);
    expect(of('trade')).toEqual([]);
    await waitFor(() => of('feedStatus').some((s) => s.reason.includes('prices by REST')), { message: 'it was not told' });
  });

  it('F02 polling begins after the stale limit, ends with the socket, and does not flap', async () => {
    const { venue, connector, of, byRest, live } = await rig({}, (v) => (v.refuse = { status: 503 }));
    await waitFor(() => connector.status().fallback);
    venue.refuse = null;
    await live();
    const count = byRest().length;
    await waitFor(() => !connector.status().reason.includes('REST'));
    // Live, but not yet for long: the fallback is still named and no longer asks.
    await waitFor(() => {
      venue.trade('BTCUSDT', '101.00');
      return !connector.status().fallback;
    });
    venue.trade('BTCUSDT', '102.00');
    await waitFor(() => of('trade').at(-1)?.price === '102.00');
    expect(byRest().length).toBe(count);
    expect(connector.status().reason).not.toContain('REST');
  });

  it('F03 when REST fails as well the circuit opens, no price is made up, and it is said', async () => {
    const { connector, byRest, venue } = await rig({}, (v) => {
      v.refuse = { status: 503 };
      v.restFault = { status: 500, body: '' };
    });
    await waitFor(() => connector.status().circuit === 'open', { message: () => String(connector.status().circuit) });
    const calls = venue.restCalls.filter((c) => c.includes(under.path)).length;
    expect(connector.status()).toMatchObject({ fallback: false });
    expect(connector.status().reason).toMatch(/no prices by REST either: .*fault/);
    expect(byRest()).toEqual([]);
    expect(calls).toBe(3);
  });

  it('L01 a symbol that stops trading midway is left out with words, and comes back when it trades again', async () => {
    const { venue, connector, live, of } = await rig({ listingsMs: 40 });
    await live();
    await waitFor(() => of('instrument').length >= 2);
    const eth = { ...venue.listed.ETHUSDT! };
    const change = (status: string) => {
      venue.listed.ETHUSDT = { ...eth, status };
      if (venue instanceof FakeKraken) venue.listChange('ETHUSDT', status === 'TRADING' ? 'online' : 'disabled');
    };
    change('HALT');
    await waitFor(() => connector.status().unserved.some((u) => u.symbol === 'ETH/USDT' && u.reason.startsWith('halted')), { message: () => JSON.stringify(connector.status().unserved) });
    expect(connector.status().symbols).toEqual(['BTC/USDT']);
    await waitFor(() => !venue.open.some((c) => [...c.streams].some((s) => s.startsWith('ethusdt'))), { message: 'it is still asked for' });
    change('TRADING');
    await waitFor(() => connector.status().symbols.length === 2 && connector.status().unserved.length === 0);
    await waitFor(() => venue.open[0]?.streams.has('ethusdt@trade'), { message: 'it was not asked for again' });
    if (venue instanceof FakeKraken) return;
    delete venue.listed.ETHUSDT;
    await waitFor(() => connector.status().unserved.some((u) => u.reason.startsWith('delisted')));
  });

  it('S01 the status counts subscriptions, messages of unknown kinds, budgets and delay', async () => {
    const { venue, connector, context, live } = await rig();
    await live();
    venue.raw(under.id === 'binance' ? '{"stream":"btcusdt@trade","data":{"e":"newThing","s":"BTCUSDT"}}' : under.id === 'okx' ? '{"event":"newThing"}' : '{"channel":"newThing","events":[],"data":[]}');
    await waitFor(() => connector.status().unknownMessages === 1);
    await waitFor(() => connector.status().subscriptions.confirmed + connector.status().subscriptions.active >= 6, { message: () => JSON.stringify(connector.status().subscriptions) });
    const { subscriptions, budgets, lagMs } = connector.status();
    expect(subscriptions.active).toBeGreaterThan(0);
    expect(budgets.find((b) => b.name === 'client messages')).toMatchObject({ per: 'second', limit: limits.messagesPerSecond });
    const rest = budgets.find((b) => b.per === 'minute');
    if (under.id !== 'kraken') expect(rest?.used).toBeGreaterThan(0);
    expect(lagMs).toBeGreaterThanOrEqual(0);
    expect(lagMs).toBeLessThan(1_000);
    expect(await context.metrics.registry.getSingleMetricAsString('tickglass_venue_unknown_messages_total')).toContain(`venue="${under.id}"} 1`);
  });

  it('B04 books are on by default, for 64 symbols at most, and the rest is said to be without', async () => {
    const [model] = pick('BTC/USDT');
    const names = Array.from({ length: 70 }, (_, i) => `Q${i}`);
    const many = names.map((base) => ({ ...model!, base, symbol: `${base}/USDT` }));
    const { venue, connector } = await rig({}, (v) => {
      v.listed = Object.fromEntries(names.map((base) => [`${base}USDT`, { ...v.listed.BTCUSDT!, base }]));
    }, many);
    const book = { binance: '@depth@100ms', okx: '@depth@100ms', coinbase: '@depth', kraken: '@book' }[under.id] ?? '';
    const streams = () => [...(venue.open[0]?.streams ?? [])];
    await waitFor(() => streams().filter((s) => s.endsWith('@trade')).length === 70 && streams().filter((s) => s.endsWith(book)).length === 64, { message: () => `${streams().length} streams` });
    expect(connector.status().reason).toContain('6 symbols without an order book (64 at most)');
  });
});
