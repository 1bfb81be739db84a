import { afterEach, describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import type { Instrument } from '@/core/market/instrument';
import type { ConnectorContext } from '../../../server/connectors/base/connector';
import { createFinnhubConnector, FINNHUB_DEFAULTS, type FinnhubOptions } from '../../../server/connectors/finnhub';
import { clockFrom, collectingContext, eventsOf, FAST_LIMITS, OPEN, pick, SATURDAY } from '../../support/connectorRig';
import { waitFor } from '../../support/waitFor';
import { connectorConformance } from '../conformance';
import { FakeFinnhub } from './fakeFinnhub';

const KEY = 'planted-key-3f9a/+c1';
const CANDLES = 'candles are for paying keys (HTTP 403), none are asked for';
/** REST is out of the way here; it has cases of its own. */
const FAST: FinnhubOptions = { ...FINNHUB_DEFAULTS, limits: FAST_LIMITS, crypto: true, restPaceMs: 1 };
const row = (fields: string) => `{"data":[{"c":null,"s":"BINANCE:BTCUSDT",${fields}}],"type":"trade"}`;

connectorConformance({
  name: 'finnhub',
  instruments: pick('BTC/USDT', 'ETH/USDT'),
  create: (context) => createFinnhubConnector({ ...context, key: KEY }, FAST),
  fake: () => FakeFinnhub.start(),
  numberOf: (event) => (event.type === 'trade' ? Number(event.size) : null),
  without: {
    C02: 'neither best bid and ask nor the side of a trade are sent: see F01',
    C04: `trades have no id, and ${CANDLES}: see F02`,
    C15: 'there is no list of symbols small enough to load: see F07',
    C15b: 'nothing is asked for in the address',
    C16: 'price steps are those of the exchanges: see F08',
    C17: 'no shutdown is announced, and a second connection would cut the first',
    C18: 'a second connection would cut the first',
    C20: CANDLES,
    C21: CANDLES,
    C24: 'trades have no number: what is lost or late cannot be told, what is repeated on one connection neither',
    C25: CANDLES,
    C26: CANDLES,
    B01: 'no order books', B02: 'no order books', B03: 'no order books', B04: 'no order books', B05: 'no order books',
  },
  bad: [
    ['bad_json', '{"data":[{"c":["1"],"p":122.1,"s":"BINA'],
    ['unknown_type', '{"type":"news","data":[]}'],
    ['unknown_symbol', '{"data":[{"c":null,"p":1,"s":"TSLA","t":1672348887195,"v":1}],"type":"trade"}'],
    ['bad_number', row('"p":"122.1","t":1672348887195,"v":1')],
    ['bad_number', row('"p":-5,"t":1672348887195,"v":1')],
    ['bad_number', row('"p":0,"t":1672348887195,"v":1')],
    ['bad_number', row('"p":5,"t":1672348887195,"v":1e400')],
    ['bad_payload', row('"p":5,"v":1')],
    ['bad_payload', '{"type":"trade"}'],
    ['bad_payload', '42'],
  ],
});

describe('finnhub: what only this venue has', () => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(close.map((f) => f()));
    close = [];
  });

  async function rig(options: { symbols?: readonly Instrument[]; at?: number; prepare?: (venue: FakeFinnhub) => void; context?: Partial<ConnectorContext> } & Partial<FinnhubOptions> = {}) {
    const { symbols = pick('AAPL', 'TSLA'), at = OPEN, prepare, context: more, ...special } = options;
    const venue = await FakeFinnhub.start();
    prepare?.(venue);
    const clock = clockFrom(at);
    venue.clockOffsetMs = at - Date.now();
    const collecting = collectingContext({ ws: venue.wsUrl, rest: `${venue.restUrl}/api/v1` }, symbols);
    const connector = createFinnhubConnector({ ...collecting, clock, key: KEY, ...more }, {
      ...FAST, limits: { ...FAST_LIMITS, staleMs: 5_000, silentMs: 10_000 }, crypto: false, times: { ...FAST.times, firstMs: 60_000, lookMs: 10 }, ...special,
    });
    close.push(() => connector.stop(), () => venue.stop());
    connector.start();
    const of = eventsOf(collecting.events);
    const asked = (count: number) => waitFor(() => (venue.open[0]?.messages.length ?? 0) >= count, { message: 'no subscription arrived' });
    return { venue, connector, of, asked, events: collecting.events };
  }

  it('F01 one frame with several symbols, in the order of the venue: trades without a side, updates without volume', async () => {
    const { venue, connector, of, asked, events } = await rig();
    await asked(2);
    expect(venue.open[0]?.messages.map((m) => [m.method, ...m.params])).toEqual([['subscribe', 'AAPL'], ['subscribe', 'TSLA']]);
    const t = venue.now;
    venue.rows([{ c: ['1', '8', '24', '12'], p: 122.1, s: 'TSLA', t, v: 1 }, { c: null, p: 129.58, s: 'AAPL', t, v: 100 }, { c: [], p: 129.6, s: 'AAPL', t, v: 0 }]);
    await waitFor(() => of('ticker').length === 1);
    expect(events.filter((e) => e.type === 'trade' || e.type === 'ticker')).toMatchObject([
      { type: 'trade', symbol: 'TSLA', price: '122.1', size: '1', side: 'unknown', venueTime: t, route: 'socket', kind: 'live' },
      { type: 'trade', symbol: 'AAPL', price: '129.58', size: '100' },
      { type: 'ticker', symbol: 'AAPL', last: '129.6', open24h: null, volume24h: null },
    ]);
    expect(connector.status()).toMatchObject({ state: 'live', symbols: ['AAPL', 'TSLA'], subscriptions: { active: 2, pending: 0 }, fallback: false, unserved: [] });
  });

  it('F02 rows repeated after a reconnect do not double the volume; equal rows of one connection are trades of their own', async () => {
    const { venue, connector, of, asked, events } = await rig();
    await asked(2);
    const t = venue.now;
    const rows = [{ c: null, p: 10, s: 'AAPL', t, v: 5 }, { c: null, p: 10, s: 'AAPL', t, v: 5 }, { c: null, p: 10, s: 'AAPL', t: t + 1, v: 5 }];
    venue.rows(rows);
    await waitFor(() => of('trade').length === 3);
    venue.drop();
    await waitFor(() => venue.connections.length === 2 && (venue.open[0]?.messages.length ?? 0) === 2);
    venue.rows([...rows, { c: null, p: 10, s: 'AAPL', t: t + 2, v: 5 }]);
    await waitFor(() => of('trade').length === 7);
    const engine = createEngine({ instruments: pick('AAPL', 'TSLA'), venuePriority: ['finnhub'] });
    engine.step({ type: 'mode', mode: 'live', reason: 'test', receiveTime: t }, () => undefined);
    for (const event of events) engine.step(event, () => undefined);
    expect(engine.tradeTotals().find((x) => x.symbol === 'AAPL')).toMatchObject({ count: 4, volume: '20' });
    expect(connector.status().reconnects).toBe(1);
  });

  it('F03 the text ping is no data and needs no answer', async () => {
    const { venue, connector, of, asked } = await rig();
    await asked(2);
    venue.raw('{"type":"ping"}');
    venue.rows([{ c: null, p: 10, s: 'AAPL', t: venue.now, v: 5 }]);
    await waitFor(() => of('trade').length === 1);
    expect(of('badInput')).toEqual([]);
    expect(venue.open[0]?.messages.length).toBe(2);
    expect(connector.status().unknownMessages).toBe(0);
  });

  it('F04 a closed market is silent without being stale or disconnected, and one price by REST is all that is asked', async () => {
    const { venue, connector, of } = await rig({
      at: SATURDAY, limits: FAST_LIMITS, times: { ...FAST.times, firstMs: 20, lookMs: 10 }, prepare: (v) => (v.quotes = { AAPL: { c: 272.5, t: OPEN / 1_000 }, TSLA: { c: 400, t: OPEN / 1_000 } }),
    });
    await waitFor(() => of('ticker').length === 2);
    const since = performance.now();
    await waitFor(() => performance.now() - since > 3 * FAST_LIMITS.silentMs);
    expect(connector.status()).toMatchObject({ state: 'live', fallback: false, reconnects: 0 });
    expect(connector.status().reason).toBe('connected; the market is closed and opens on 2026-11-23 at 14:30 UTC');
    expect(of('feedStatus').map((e) => e.state)).not.toContain('stale');
    expect(venue.connections.length).toBe(1);
    expect(venue.restCalls.length).toBe(2);
    expect(of('ticker')[0]).toMatchObject({ symbol: 'AAPL', last: '272.5', route: 'rest', venueTime: OPEN, open24h: null });
  });

  it('F05 more symbols than a key may stream: those beyond come by REST, and the words of the venue are passed on', async () => {
    const { venue, connector, of } = await rig({
      symbols: pick('AAPL', 'MSFT', 'TSLA', 'NVDA'), socketSymbols: 3, times: { ...FAST.times, firstMs: 20, lookMs: 10 },
      prepare: (v) => {
        v.maxSymbols = 2;
        v.quotes = Object.fromEntries([['AAPL', 272.5], ['MSFT', 500.5], ['TSLA', 400.1], ['NVDA', 180.2]].map(([name, c]) => [name, { c: Number(c), t: OPEN / 1_000 }]));
      },
    });
    await waitFor(() => venue.open[0]?.streams.size === 2);
    venue.trade('AAPL', '272.5');
    venue.trade('MSFT', '500.5');
    const told = await waitFor(() => of('badInput')[0]);
    expect(told.detail).toContain('Subscribing to too many symbols');
    await waitFor(() => of('ticker').some((e) => e.symbol === 'TSLA') && of('ticker').some((e) => e.symbol === 'NVDA'));
    expect(of('ticker').every((e) => e.route === 'rest')).toBe(true);
    await waitFor(() => connector.status().reason.includes('2 of 4 symbols by REST'), { message: () => connector.status().reason });
    expect(connector.status()).toMatchObject({ state: 'live', fallback: true, symbols: ['AAPL', 'MSFT', 'TSLA', 'NVDA'] });
    expect(connector.status().budgets).toEqual(expect.arrayContaining([
      expect.objectContaining({ name: 'symbols', per: 'connection', limit: 3, used: 3 }), expect.objectContaining({ name: 'REST calls', per: 'minute', limit: 50 }),
    ]));
  });

  it('F06 REST serves while the socket is away, within its budget, and stops when it delivers again', async () => {
    const { venue, connector, of } = await rig({
      times: { ...FAST.times, firstMs: 20, awayMs: 50, lookMs: 10 }, restFreshMs: 20,
      prepare: (v) => {
        v.refuse = { status: 503 };
        v.quotes = { AAPL: { c: 272.5, t: OPEN / 1_000 }, TSLA: { c: 400, t: OPEN / 1_000 } };
      },
    });
    await waitFor(() => of('ticker').length >= 4);
    expect(connector.status()).toMatchObject({ state: 'live', fallback: true, circuit: 'closed' });
    // Words of the socket, which is waiting or trying again, and what REST does meanwhile.
    await waitFor(() => /HTTP 503.*prices by REST/.test(connector.status().reason), { message: () => connector.status().reason });
    venue.refuse = null;
    await waitFor(() => venue.open[0]?.streams.size === 2);
    venue.trade('AAPL', '272.6');
    venue.trade('TSLA', '400.1');
    await waitFor(() => !connector.status().fallback);
    const calls = venue.restCalls.length;
    expect(calls).toBeLessThanOrEqual(50);
    for (let i = 0; i < 10; i += 1) {
      const seen = of('trade').length;
      venue.trade('AAPL', '272.7');
      await waitFor(() => of('trade').length > seen);
    }
    expect(venue.restCalls.length - calls).toBeLessThanOrEqual(1);
  });

  it('F07 a symbol of which Finnhub knows nothing is left out with the reason, the others go on', async () => {
    const { venue, connector, of } = await rig({ times: { ...FAST.times, firstMs: 20, lookMs: 10 }, prepare: (v) => (v.quotes = { AAPL: { c: 272.5, t: OPEN / 1_000 } }) });
    await waitFor(() => venue.open[0]?.messages.some((m) => m.method === 'unsubscribe' && m.params[0] === 'TSLA'));
    expect(connector.status()).toMatchObject({ symbols: ['AAPL'], unserved: [{ symbol: 'TSLA', reason: 'Finnhub does not know it, or this key may not see it' }] });
    expect(of('ticker').every((e) => e.symbol === 'AAPL')).toBe(true);
  });

  it('F08 a share below a dollar has steps of a hundredth of a cent', async () => {
    const { venue, of, asked } = await rig();
    await asked(2);
    venue.trade('AAPL', '272.5');
    venue.trade('TSLA', '0.8123');
    venue.trade('TSLA', '1.05');
    await waitFor(() => of('trade').length === 3);
    expect(of('instrument').map((e) => [e.instrument.symbol, e.instrument.tickSize, e.instrument.venues.includes('finnhub')])).toEqual([['AAPL', 0.01, true], ['TSLA', 0.0001, true], ['TSLA', 0.01, true]]);
  });

  it.each(['Invalid API key', `Invalid token ${KEY}`])('F09 a refused key is final and never shown: %s', async (msg) => {
    const { venue, connector, asked, events } = await rig({ prepare: (v) => (v.rejectSubscribe = { code: 0, msg, nested: false }) });
    await asked(1);
    await waitFor(() => connector.status().state === 'refused');
    await waitFor(() => venue.open.length === 0);
    expect(venue.handshakes.length).toBe(1);
    expect(venue.handshakes[0]).toBe(`/?token=${encodeURIComponent(KEY)}`);
    const shown = JSON.stringify([events, connector.status()]);
    for (const form of [KEY, encodeURIComponent(KEY)]) expect(shown).not.toContain(form);
    expect(connector.status().reason).toContain('Finnhub refuses the key');
  });

  it('F10 a key echoed in a close reason, a REST answer or a frame is shown nowhere', async () => {
    const texts: string[] = [];
    const { venue, connector, events, asked } = await rig({
      times: { ...FAST.times, firstMs: 20, lookMs: 10 }, context: { watchRaw: (text) => texts.push(text) },
      prepare: (v) => (v.restFault = { status: 401, body: JSON.stringify({ error: `no access with ${KEY}` }) }),
    });
    await asked(2);
    venue.raw(JSON.stringify({ type: 'error', msg: `${KEY} is slow` }));
    await waitFor(() => connector.status().circuit === 'open');
    venue.close(1008, `key ${KEY}`);
    await waitFor(() => venue.connections.length > 1);
    expect(connector.status().reason).toContain('[key]');
    const shown = JSON.stringify([events, connector.status(), texts]);
    for (const form of [KEY, encodeURIComponent(KEY), Buffer.from(KEY).toString('base64')]) expect(shown).not.toContain(form);
    expect(venue.restCalls.every((call) => !call.includes('token'))).toBe(true);
  });

  it('F11 without a key nothing is opened and the words say which one', async () => {
    const { venue, connector } = await rig({ context: { key: null } });
    expect(connector.status()).toMatchObject({ state: 'off', reason: 'it needs a key: set FINNHUB_API_KEY' });
    expect(venue.handshakes).toEqual([]);
  });

  it('F12 what a preferred source has is not asked for by REST', async () => {
    const { venue, of } = await rig({
      times: { ...FAST.times, firstMs: 20, lookMs: 10 }, context: { needed: (symbol) => symbol === 'TSLA' }, prepare: (v) => (v.quotes = { AAPL: { c: 272.5, t: 1 }, TSLA: { c: 400, t: 1 } }),
    });
    await waitFor(() => of('ticker').length === 1);
    expect(venue.restCalls).toEqual(['/api/v1/quote?symbol=TSLA']);
  });

  it('F13 after the close one more price by REST is asked for, and no other before the next session', async () => {
    const closing = Date.UTC(2026, 10, 18, 21);
    const { venue, connector, of } = await rig({
      symbols: pick('AAPL'), at: closing - 1_500, times: { ...FAST.times, firstMs: 0, lookMs: 10 }, restFreshMs: 100, prepare: (v) => (v.quotes = { AAPL: { c: 272.5, t: closing / 1_000 } }),
    });
    await waitFor(() => of('ticker').some((e) => e.receiveTime < closing));
    await waitFor(() => of('ticker').some((e) => e.receiveTime >= closing));
    const calls = venue.restCalls.length;
    const since = performance.now();
    await waitFor(() => performance.now() - since > 200);
    expect(venue.restCalls.length).toBe(calls);
    expect(of('ticker').filter((e) => e.receiveTime >= closing).length).toBe(1);
    expect(connector.status().fallback).toBe(false);
  });

  it('F14 a symbol that a plan does not hold (HTTP 403) stops no other, and stays on the socket', async () => {
    const { venue, connector, of } = await rig({
      symbols: pick('AAPL', 'MSFT', 'TSLA'), times: { ...FAST.times, firstMs: 20, lookMs: 10 }, restPaceMs: 400,
      prepare: (v) => {
        v.quotes = Object.fromEntries(['AAPL', 'MSFT', 'TSLA'].map((name) => [name, { c: 100, t: OPEN / 1_000 }]));
        v.restFault = { status: 403, body: '{"error":"You don\'t have access to this resource."}' };
      },
    });
    await waitFor(() => venue.restCalls.length === 1);
    venue.restFault = null;
    const first = venue.restCalls[0]?.split('=')[1] ?? '';
    await waitFor(() => new Set(of('ticker').map((e) => e.symbol)).size === 2);
    expect(connector.status().unserved).toEqual([{ symbol: first, reason: "not in what this key may ask for by REST: Finnhub forbids access from here (HTTP 403: You don't have access to this resource.)" }]);
    expect(connector.status().circuit).toBe('closed');
    venue.trade(first, '272.5');
    await waitFor(() => connector.status().symbols.length === 3);
    expect(connector.status().unserved).toEqual([]);
  });

  it('F14b a pair that REST does not know stays on the socket', async () => {
    const { venue, connector } = await rig({ symbols: pick('EUR/USD'), times: { ...FAST.times, firstMs: 20, lookMs: 10 } });
    await waitFor(() => connector.status().unserved.length === 1);
    expect(connector.status().unserved).toEqual([{ symbol: 'EUR/USD', reason: 'Finnhub does not know it, or this key may not see it' }]);
    await waitFor(() => venue.open[0]?.streams.has('OANDA:EUR_USD'));
    venue.rows([{ c: null, p: 1.0855, s: 'OANDA:EUR_USD', t: venue.now, v: 0 }]);
    await waitFor(() => connector.status().symbols.length === 1);
  });

  it('F15 HTTP 403 for one after another is said of the key or this place: REST is left alone', async () => {
    const { venue, connector } = await rig({
      symbols: pick('AAPL', 'MSFT', 'GOOGL', 'AMZN', 'TSLA', 'META', 'NVDA'), times: { ...FAST.times, firstMs: 20, lookMs: 10 }, prepare: (v) => (v.restFault = { status: 403, body: '{}' }),
    });
    await waitFor(() => connector.status().circuit === 'open');
    expect(venue.restCalls.length).toBe(5);
    expect(connector.status().reason).toContain('HTTP 403');
  });
});
