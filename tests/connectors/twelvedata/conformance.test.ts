import { afterEach, describe, expect, it } from 'vitest';
import type { Instrument } from '@/core/market/instrument';
import type { ConnectorContext } from '../../../server/connectors/base/connector';
import { Hosts } from '../../../server/connectors/base/hosts';
import { memoryLedger } from '../../../server/connectors/base/ledger';
import { createTwelveDataConnector, TWELVE_DATA_DEFAULTS, type TwelveDataOptions } from '../../../server/connectors/twelvedata';
import { clockFrom, collectingContext, eventsOf, FAST_LIMITS, OPEN, pick, SATURDAY } from '../../support/connectorRig';
import { waitFor } from '../../support/waitFor';
import { connectorConformance } from '../conformance';
import { FakeTwelveData } from './fakeTwelveData';

const KEY = 'planted-key-77be/+x2';
/** REST prices are out of the way here; they have cases of their own. */
const FAST: TwelveDataOptions = { ...TWELVE_DATA_DEFAULTS, limits: FAST_LIMITS, crypto: true, restPaceMs: 1 };
const price = (fields: string) => `{"event":"price","symbol":"BTC/USDT","type":"Digital Currency",${fields}}`;

connectorConformance({
  name: 'twelvedata',
  instruments: pick('BTC/USDT', 'ETH/USDT'),
  create: (context) => createTwelveDataConnector({ ...context, key: KEY }, FAST),
  fake: () => FakeTwelveData.start(),
  // The fake numbers a price by its time, which is whole seconds and free otherwise.
  numberOf: (event) => (event.type === 'ticker' && event.route === 'socket' ? (event.venueTime ?? 0) / 1_000 : null),
  candlePath: 'time_series',
  without: {
    C02: 'trades are not sent, prices are: see T01',
    C04: 'prices have no id, so that a repeated one is not told apart: see T02',
    C15: 'the list of symbols is not loaded, it would cost credits: see T04',
    C15b: 'nothing is asked for in the address',
    C16: 'price steps are not in what a free key may ask for',
    C17: 'no shutdown is announced, and a trial key has one connection',
    C18: 'a trial key has one connection',
    C22: 'times are whole seconds, too coarse for a clock 1.3 s off: see T05',
    C24: 'prices have no number: what is lost, repeated or late cannot be told',
    B01: 'no order books', B02: 'no order books', B03: 'no order books', B04: 'no order books', B05: 'no order books',
  },
  bad: [
    ['bad_json', '{"event":"price","symbol":"BTC/U'],
    ['unknown_type', '{"event":"news"}'],
    ['unknown_type', '{"hello":1}'],
    ['unknown_symbol', '{"event":"price","symbol":"TSLA","timestamp":1643972766,"price":172.87}'],
    ['bad_number', price('"timestamp":1643972766,"price":"172.87"')],
    ['bad_number', price('"timestamp":1643972766,"price":-5')],
    ['bad_number', price('"timestamp":1643972766,"price":0')],
    ['bad_payload', price('"timestamp":1643972766')],
    ['bad_payload', price('"price":5')],
    ['bad_payload', '42'],
  ],
});

/** Shape of a real answer, shortened: `timestamp` is the beginning of the day's bar, `last_quote_at` the time of the price. */
const quote = (symbol: string, close: string, more: object = {}) => ({
  symbol, name: symbol, exchange: 'NASDAQ', currency: 'USD', datetime: '2026-11-18', timestamp: OPEN / 1_000 - 5_400, last_quote_at: OPEN / 1_000 - 60,
  open: close, high: close, low: close, close, volume: '35660958', previous_close: '337', change: '-1.41', percent_change: '-0.41839', is_market_open: true, ...more,
});

describe('twelvedata: what only this venue has', () => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(close.map((f) => f()));
    close = [];
  });

  async function rig(options: { symbols?: readonly Instrument[]; at?: number; prepare?: (venue: FakeTwelveData) => void; context?: Partial<ConnectorContext> } & Partial<TwelveDataOptions> = {}) {
    const { symbols = pick('AAPL', 'EUR/USD'), at = OPEN, prepare, context: more, ...special } = options;
    const venue = await FakeTwelveData.start();
    prepare?.(venue);
    const clock = clockFrom(at);
    venue.clockOffsetMs = at - Date.now();
    const collecting = collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, symbols);
    const connector = createTwelveDataConnector({ ...collecting, clock, hosts: new Hosts(clock, memoryLedger()), key: KEY, ...more }, {
      ...FAST, limits: { ...FAST_LIMITS, staleMs: 5_000, silentMs: 10_000 }, crypto: false, times: { ...FAST.times, firstMs: 60_000, lookMs: 10 }, ...special,
    });
    close.push(() => connector.stop(), () => venue.stop());
    connector.start();
    const of = eventsOf(collecting.events);
    const asked = () => waitFor(() => venue.open[0]?.messages[0], { message: 'no subscription arrived' });
    return { venue, connector, clock, of, asked, events: collecting.events };
  }
  const soon = { ...FAST.times, firstMs: 20, lookMs: 10 };

  it('T01 prices of shares and currencies, with the touch where it is given', async () => {
    const { venue, connector, of, asked, events } = await rig();
    expect(await asked()).toMatchObject({ method: 'subscribe', params: ['AAPL', 'EUR/USD'] });
    await waitFor(() => connector.status().subscriptions.confirmed === 2);
    const second = Math.floor(venue.now / 1_000);
    venue.price('AAPL', 172.87);
    venue.price('EUR/USD', 1.0855, { currency: undefined, currency_base: 'Euro', currency_quote: 'US Dollar', bid: 1.0854, ask: 1.0856, type: 'Physical Currency' });
    await waitFor(() => of('ticker').length === 2);
    expect(events.filter((e) => e.type === 'quote' || e.type === 'ticker')).toMatchObject([
      { type: 'ticker', symbol: 'AAPL', last: '172.87', venueTime: second * 1_000, open24h: null, volume24h: null, kind: 'live', route: 'socket' },
      { type: 'quote', symbol: 'EUR/USD', bid: '1.0854', ask: '1.0856', bidSize: null, askSize: null },
      { type: 'ticker', symbol: 'EUR/USD', last: '1.0855' },
    ]);
    expect(connector.status()).toMatchObject({ state: 'live', subscriptions: { active: 2 }, fallback: false, symbols: ['AAPL', 'EUR/USD'] });
  });

  it('T02 comes back after a cut, asks for the same, and loads the missed minutes of what nobody else has', async () => {
    const { venue, of, asked } = await rig({ context: { needed: (symbol) => symbol === 'EUR/USD' } });
    await asked();
    venue.price('EUR/USD', 1.0855);
    await waitFor(() => of('ticker').length === 1);
    venue.drop();
    await waitFor(() => venue.connections.length === 2 && venue.open[0]?.messages.length);
    expect(venue.connections[1]?.messages).toEqual(venue.connections[0]?.messages);
    venue.price('EUR/USD', 1.0856);
    await waitFor(() => of('candle').some((c) => c.symbol === 'EUR/USD' && c.route === 'rest' && c.closed));
    expect(venue.restCalls.filter((c) => c.includes('time_series')).every((c) => c.includes('EUR%2FUSD'))).toBe(true);
  });

  it('T03 says that it lives; the answer is no data', async () => {
    const { venue, connector, of, asked } = await rig({ heartbeatMs: 10 });
    await asked();
    await waitFor(() => venue.heartbeats >= 3);
    expect(of('badInput')).toEqual([]);
    expect(connector.status()).toMatchObject({ state: 'connecting', unknownMessages: 0 });
  });

  it.each(['null', 'empty', 'absent'] as const)('T04 symbols that the key may not stream come by REST (empty list: %s)', async (none) => {
    const { venue, connector, of, asked } = await rig({
      symbols: pick('AAPL', 'TSLA', 'MSFT', 'NVDA'),
      prepare: (v) => {
        Object.assign(v, { none, permitted: ['AAPL'] });
        v.quotes = { TSLA: quote('TSLA', '400.10000'), MSFT: quote('MSFT', '500.20000'), NVDA: { code: 403, message: 'symbol is available with a higher plan', status: 'error' } };
      },
    });
    await asked();
    await waitFor(() => venue.open[0]?.streams.size === 1);
    venue.price('AAPL', 172.87);
    await waitFor(() => of('ticker').length >= 3);
    expect(of('ticker').find((e) => e.symbol === 'TSLA')).toMatchObject({ last: '400.10000', route: 'rest', venueTime: OPEN - 60_000, open24h: null });
    await waitFor(() => connector.status().fallback);
    expect(connector.status()).toMatchObject({ state: 'live', symbols: ['AAPL', 'MSFT', 'TSLA'], subscriptions: { active: 1 } });
    expect(connector.status().unserved).toEqual([{ symbol: 'NVDA', reason: 'not in the plan of this key: symbol is available with a higher plan' }]);
    expect(connector.status().reason).toContain('2 of 4 symbols by REST');
    // Three credits in one call, then the day's credits are spread over what is left of the day.
    expect(venue.restCalls).toEqual(['/quote?symbol=MSFT,TSLA,NVDA']);
    expect(connector.status().budgets).toEqual(expect.arrayContaining([
      expect.objectContaining({ name: 'credits', per: 'minute', limit: 8, used: 3 }), expect.objectContaining({ name: 'credits', per: 'day', limit: 800, used: 3 }),
    ]));
  });

  it('T04b a key without any of the symbols keeps quiet on the socket and is not called silent', async () => {
    const { venue, connector, of } = await rig({
      symbols: pick('AAPL'), limits: FAST_LIMITS, times: soon,
      prepare: (v) => {
        v.permitted = [];
        v.quotes = { AAPL: quote('AAPL', '272.5') };
      },
    });
    await waitFor(() => of('ticker').length === 1);
    const since = performance.now();
    await waitFor(() => performance.now() - since > 2 * FAST_LIMITS.silentMs);
    expect(venue.connections.length).toBe(1);
    expect(connector.status()).toMatchObject({ state: 'live', fallback: true, reconnects: 0 });
    expect(connector.status().reason).toMatch(/none of the symbols on its socket; prices by REST/);
  });

  it('T05 times in whole seconds give a lag that is never negative', async () => {
    const { venue, connector, of, asked } = await rig();
    await asked();
    venue.price('AAPL', 172.87);
    await waitFor(() => of('ticker').length === 1);
    expect(connector.status().lagMs).toBeGreaterThanOrEqual(0);
  });

  it('T06 a closed market is silent without being stale, and costs one credit a symbol', async () => {
    const { venue, connector, of } = await rig({
      at: SATURDAY, limits: FAST_LIMITS, times: soon, prepare: (v) => (v.quotes = { AAPL: quote('AAPL', '272.5'), 'EUR/USD': quote('EUR/USD', '1.0855', { currency: undefined }) }),
    });
    await waitFor(() => of('ticker').length === 2);
    const since = performance.now();
    await waitFor(() => performance.now() - since > 2 * FAST_LIMITS.silentMs);
    expect(connector.status()).toMatchObject({ state: 'live', reason: expect.stringMatching(/the market is closed and opens on 2026-11-2\d at/) as string });
    expect(of('feedStatus').map((e) => e.state)).not.toContain('stale');
    expect(venue.restCalls.length).toBe(1);
  });

  it.each([
    ['for the current minute', /for the current minute.*next call at 16:0\d:\d\d UTC/],
    ['for the day', /for the day.*next call at 00:00 UTC/],
  ])('T07 credits that ran out %s are an error inside HTTP 200: nothing is asked before they are back', async (span, words) => {
    const { venue, connector, of } = await rig({
      times: soon, prepare: (v) => void v.recorded.set('/quote', JSON.stringify({ code: 429, message: `You have run out of API credits ${span}. 9 API credits were used.`, status: 'error' })),
    });
    await waitFor(() => venue.restCalls.length === 1);
    await waitFor(() => words.test(connector.status().reason), { message: () => connector.status().reason });
    expect(of('ticker')).toEqual([]);
    expect(venue.restCalls.length).toBe(1);
    expect(connector.status().circuit).toBe('open');
  });

  it('T08 what was spent today survives a restart', async () => {
    const ledger = memoryLedger();
    const prepare = (v: FakeTwelveData) => void (v.quotes = { AAPL: quote('AAPL', '272.5') });
    const clock = clockFrom(OPEN);
    const first = await rig({ symbols: pick('AAPL'), times: soon, prepare, creditsPerDay: 1, context: { hosts: new Hosts(clock, ledger) } });
    await waitFor(() => first.of('ticker').length === 1);
    await first.connector.stop();
    const second = await rig({ symbols: pick('AAPL'), times: soon, prepare, creditsPerDay: 1, context: { hosts: new Hosts(clock, ledger) } });
    await waitFor(() => /daily budget of 1 credits used; next call at 00:00 UTC/.test(second.connector.status().reason), { message: () => second.connector.status().reason });
    expect(second.venue.restCalls).toEqual([]);
  });

  it('T09 history takes at most half of a day\'s credits', async () => {
    const { venue, connector, of, asked } = await rig({ symbols: pick('EUR/USD'), creditsPerDay: 4 });
    await asked();
    venue.price('EUR/USD', 1.0855);
    await waitFor(() => of('ticker').length === 1);
    connector.refill?.();
    await waitFor(() => of('candle').some((c) => c.interval === '1h'));
    connector.refill?.();
    await waitFor(() => connector.status().budgets.some((b) => b.per === 'day' && b.used === 2));
    expect(venue.restCalls.filter((c) => c.includes('time_series')).length).toBe(2);
    expect(of('candle').every((c, i, all) => i === 0 || c.interval !== all[i - 1]?.interval || c.openTime > (all[i - 1]?.openTime ?? 0))).toBe(true);
  });

  it('T10 a refused key is final and never shown', async () => {
    const { venue, connector, events } = await rig({ prepare: (v) => (v.rejectSubscribe = { code: 401, msg: `apikey ${KEY} is incorrect`, nested: false }) });
    await waitFor(() => connector.status().state === 'refused');
    expect(connector.status().reason).toMatch(/^Twelve Data refuses the key \(code 401: apikey \[key\] is incorrect\)/);
    expect(venue.handshakes).toEqual([`/v1/quotes/price?apikey=${encodeURIComponent(KEY)}`]);
    const shown = JSON.stringify([events, connector.status()]);
    for (const form of [KEY, encodeURIComponent(KEY)]) expect(shown).not.toContain(form);
  });

  it('T11 a key echoed in a close reason, a REST answer or a frame is shown nowhere', async () => {
    const texts: string[] = [];
    const { venue, connector, events, asked } = await rig({
      times: soon, context: { watchRaw: (text) => texts.push(text) }, prepare: (v) => void v.recorded.set('/quote', JSON.stringify({ code: 401, message: `key ${KEY} is wrong`, status: 'error' })),
    });
    await asked();
    venue.raw(JSON.stringify({ status: 'error', code: 400, message: `bad ${KEY}` }));
    await waitFor(() => connector.status().circuit === 'open');
    venue.close(1008, `key ${KEY}`);
    await waitFor(() => venue.connections.length > 1);
    const shown = JSON.stringify([events, connector.status(), texts]);
    for (const form of [KEY, encodeURIComponent(KEY), Buffer.from(KEY).toString('base64')]) expect(shown).not.toContain(form);
    expect(venue.restCalls.every((call) => !call.includes('apikey'))).toBe(true);
  });

  it('T12 a share that is answered in another currency is another listing', async () => {
    const { venue, of, asked } = await rig({ symbols: pick('AAPL') });
    await asked();
    venue.price('AAPL', 230.5, { currency: 'EUR', exchange: 'XETR' });
    const refused = await waitFor(() => of('badInput')[0]);
    expect(refused).toMatchObject({ symbol: 'AAPL', code: 'bad_payload', detail: 'price of AAPL in EUR, not in USD' });
    expect(of('ticker')).toEqual([]);
  });
});
