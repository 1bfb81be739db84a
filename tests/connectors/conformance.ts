import { afterEach, describe, expect, it } from 'vitest';
import type { InputEvent } from '@/core/market/events';
import type { Connector, ConnectorContext } from '../../server/connectors/base/connector';
import type { Instrument } from '@/core/market/instrument';
import { collectingContext, eventsOf } from '../support/connectorRig';
import { FakeVenue } from '../support/fakeVenue';
import { waitFor } from '../support/waitFor';
import { bookCases } from './conformanceBooks';

/** Cases that need something not every venue has. Those left out must be named with a reason in `without`. */
const OPTIONAL = ['C02', 'C04', 'C15', 'C15b', 'C16', 'C17', 'C18', 'C20', 'C21', 'C22', 'C23', 'C24', 'C25', 'C26', 'B01', 'B02', 'B03', 'B04', 'B05'] as const;
type Optional = (typeof OPTIONAL)[number];

/** What the suite needs to know of a venue. */
export interface Conformant {
  readonly name: string;
  readonly instruments: readonly Instrument[];
  create(context: ConnectorContext, options: { readonly books: boolean }): Connector;
  /** Starts the fake venue in this connector's protocol; Binance's when absent. */
  readonly fake?: () => Promise<FakeVenue>;
  /** C07: codes and bad messages of this protocol; Binance's when absent. */
  readonly bad?: readonly (readonly [code: string, raw: string])[];
  /** Cases that this venue cannot meet, each with the reason. */
  readonly without?: Readonly<Partial<Record<Optional, string>>>;
  /** C20: candles of a full load per symbol; 1,000 when absent. */
  readonly minutes?: number;
  /** C21: part of the address of candles; `klines` when absent. */
  readonly candlePath?: string;
  /** The number that the fake venue gave a price, null for other events; the id of a trade when absent. */
  readonly numberOf?: (event: InputEvent) => number | null;
}

const BINANCE_BAD: NonNullable<Conformant['bad']> = [
  ['bad_json', '{"stream":"btcusdt@trade","data":{"e":"tra'],
  ['unknown_type', '{"stream":"btcusdt@trade","data":{"e":"newThing","s":"BTCUSDT"}}'],
  ['unknown_symbol', '{"stream":"xyzusdt@trade","data":{"e":"trade","E":1,"s":"XYZUSDT","t":1,"p":"1","q":"1","T":1,"m":true}}'],
  ['bad_number', '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"NaN","q":"1","T":1,"m":true}}'],
  ['bad_number', '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"-5","q":"1","T":1,"m":true}}'],
  ['bad_number', '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"0.00","q":"1","T":1,"m":true}}'],
  ['bad_payload', '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","p":"5","q":"1"}}'],
  ['bad_payload', '42'],
];

/** The numbered cases every venue connector passes against the fake venue. */
export function connectorConformance(venueUnderTest: Conformant): void {
  describe(`${venueUnderTest.name}: connector conformance`, () => {
    let close: (() => Promise<void>)[] = [];
    const applies = (id: Optional): boolean => venueUnderTest.without?.[id] === undefined;
    // Said by name, so that nothing is left out silently.
    it.each(Object.entries(venueUnderTest.without ?? {}))('%s does not apply: %s', (id, reason) => {
      expect(OPTIONAL).toContain(id);
      expect(reason.length).toBeGreaterThan(10);
    });
    afterEach(async () => {
      await Promise.all(close.map((f) => f()));
      close = [];
    });

    async function rig(prepare: (venue: FakeVenue) => void = () => undefined, books = false) {
      const venue = await (venueUnderTest.fake?.() ?? FakeVenue.start());
      prepare(venue);
      const context = collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, venueUnderTest.instruments);
      const connector = venueUnderTest.create(context, { books });
      close.push(() => connector.stop(), () => venue.stop());
      connector.start();
      const of = eventsOf(context.events);
      const states = () => of('feedStatus').map((e) => e.state);
      const numberOf = venueUnderTest.numberOf ?? ((e: InputEvent) => (e.type === 'trade' ? Number(e.id) : null));
      const trades = () => context.events.map(numberOf).filter((n) => n !== null);
      const asked = () => waitFor(() => venue.open.find((c) => c.messages.length > 0), { message: 'no subscription arrived' });
      const live = async () => {
        await asked();
        venue.trade('BTCUSDT', '100.00');
        await waitFor(() => connector.status().state === 'live', { message: () => `state is ${connector.status().state}: ${connector.status().reason}` });
      };
      return { venue, connector, context, of, states, trades, asked, live };
    }

    it('C01 connects, subscribes, and is live only with the first data', async () => {
      const { venue, connector, states, asked } = await rig();
      await asked();
      expect(connector.status().state).toBe('connecting');
      venue.trade('BTCUSDT', '61837.63000000');
      await waitFor(() => connector.status().state === 'live');
      expect(states()).toEqual(['connecting', 'connecting', 'live']);
      expect(connector.status()).toMatchObject({ reconnects: 0, nextAttemptInMs: null, symbols: ['BTC/USDT', 'ETH/USDT'] });
      expect(connector.status().lastMessageAgeMs).toBeGreaterThanOrEqual(0);
    });

    if (applies('C02')) it('C02 normalises: canonical symbol, exact texts, taker side, both clocks, origin', async () => {
      const { venue, of, live } = await rig();
      await live();
      venue.quote('ETHUSDT', '99.50', '100.50');
      const quote = await waitFor(() => of('quote')[0]);
      expect(quote).toMatchObject({ symbol: 'ETH/USDT', bid: '99.50', ask: '100.50', kind: 'live', route: 'socket', ...(venueUnderTest.fake ? {} : { venueTime: null }) });
      expect(of('trade')[0]).toMatchObject({ symbol: 'BTC/USDT', price: '100.00', side: 'buy', venue: venueUnderTest.name });
      expect(Math.abs((of('trade')[0]?.receiveTime ?? 0) - Date.now())).toBeLessThan(10_000);
    });

    it('C03 takes data that precedes the ack', async () => {
      const { trades, live, venue } = await rig((v) => (v.ackDelayMs = 200));
      await live();
      expect(trades()).toEqual([venue.lastTradeId]);
    });

    if (applies('C04')) it('C04 comes back after a cut, asks for the same again, drops repeated trades and loads the missed candles', async () => {
      const { venue, connector, of, states, trades, live } = await rig();
      await live();
      const id = venue.lastTradeId;
      venue.drop();
      await waitFor(() => venue.connections.length === 2 && venue.open[0]?.messages.length, { message: 'no second connection' });
      expect(states()).toContain('waiting');
      expect(venue.connections[1]?.streams).toEqual(venue.connections[0]?.streams);
      venue.trade('BTCUSDT', '100.00', id);
      venue.trade('BTCUSDT', '101.00', id + 1);
      await waitFor(() => trades().length === 2);
      expect(trades()).toEqual([id, id + 1]);
      expect(connector.status()).toMatchObject({ state: 'live', reconnects: 1 });
      await waitFor(() => of('candle').some((c) => c.symbol === 'ETH/USDT' && c.route === 'rest' && c.closed), { message: 'missed candles were not loaded' });
    });

    it('C05 notices silence of data on an open connection, says stale, then replaces it', async () => {
      const { venue, connector, states, live } = await rig();
      await live();
      venue.mute = true;
      await waitFor(() => connector.status().state === 'stale');
      expect(connector.status().reason).toMatch(/no data for .* although connected/);
      await waitFor(() => venue.connections.length > 1, { message: 'the silent connection was not replaced' });
      expect(states().filter((s, i, all) => s !== all[i - 1]).slice(-3)).toEqual(['stale', 'waiting', 'connecting']);
    });

    it('C06 does not take acks and pings for data', async () => {
      const { venue, connector, asked } = await rig();
      const connection = await asked();
      venue.ping();
      venue.raw('{"result":null,"id":1}');
      await waitFor(() => connection.pongs > 0, { message: 'the ping was not answered' });
      expect(connector.status().state).toBe('connecting');
    });

    it.each(venueUnderTest.bad ?? BINANCE_BAD)('C07 counts a bad message as %s and goes on: %s', async (code, raw) => {
      const { venue, connector, of, trades, live } = await rig();
      await live();
      venue.raw(raw);
      venue.trade('BTCUSDT', '102.00');
      await waitFor(() => trades().length === 2, { message: 'the next good message was lost' });
      expect(of('badInput').map((e) => e.code)).toEqual([code]);
      expect(connector.status().state).toBe('live');
      expect(venue.connections.length).toBe(1);
    });

    it('C08 gives up a connection whose message is too large, and comes back', async () => {
      const { venue, states, live } = await rig();
      await live();
      venue.raw('x'.repeat(2 ** 20 + 1));
      await waitFor(() => venue.connections.length > 1);
      expect(states()).toContain('waiting');
    });

    it.each([451, 403, 401])('C09 a handshake refused with %i is final and said in words', async (status) => {
      const { venue, connector } = await rig((v) => (v.refuse = { status }));
      await waitFor(() => connector.status().state === 'refused');
      expect(connector.status()).toMatchObject({ nextAttemptInMs: null });
      expect(connector.status().reason).toContain(`HTTP ${status}`);
      expect(venue.handshakes.length).toBe(1);
    });

    it.each([429, 418])('C10 a handshake refused with %i waits as long as the venue says', async (status) => {
      const { venue, connector } = await rig((v) => (v.refuse = { status, retryAfter: '120' }));
      await waitFor(() => connector.status().state === 'waiting');
      expect(connector.status().nextAttemptInMs).toBeGreaterThan(100_000);
      expect(connector.status().reason).toMatch(/trying again in 2 min \(at \d\d:\d\d:\d\d UTC\)/);
      expect(venue.handshakes.length).toBe(1);
    });

    it('C11 a venue fault (503) is tried again with back-off', async () => {
      const { venue, connector, live } = await rig((v) => (v.refuse = { status: 503 }));
      await waitFor(() => venue.handshakes.length >= 3);
      venue.refuse = null;
      await live();
      expect(connector.status().reconnects).toBeGreaterThanOrEqual(2);
    });

    it.each([1000, 1001, 1008, 1011, 1012])('C12 comes back after close code %i', async (code) => {
      const { venue, live } = await rig();
      await live();
      venue.close(code, 'bye');
      await waitFor(() => venue.connections.length === 2);
    });

    it('C12b comes back after a cut without a close frame (1006)', async () => {
      const { venue, connector, live } = await rig();
      await live();
      venue.drop();
      await waitFor(() => venue.connections.length === 2);
      expect(connector.status().reconnects).toBe(1);
    });

    it('C13 stop during connect leaves nothing behind', async () => {
      const { venue, connector, context } = await rig();
      await connector.stop();
      const count = context.events.length;
      await waitFor(() => venue.open.length === 0);
      venue.trade('BTCUSDT', '100.00');
      expect(connector.status().state).toBe('off');
      expect(context.events.length).toBe(count);
    });

    it('C14 can be started again after a stop', async () => {
      const { venue, connector, live } = await rig();
      await live();
      await connector.stop();
      await waitFor(() => venue.open.length === 0);
      connector.start();
      await live();
    });

    if (applies('C15')) it('C15 an unlisted or halted symbol is unsubscribed, the others go on', async () => {
      const { connector, live, asked } = await rig((v) => {
        v.listed.ETHUSDT = { ...v.listed.BTCUSDT!, base: 'ETH', status: 'BREAK' };
      });
      const connection = await asked();
      await live();
      await waitFor(() => connection.messages.some((m) => m.method.toUpperCase() === 'UNSUBSCRIBE'), { message: 'no unsubscribe' });
      await waitFor(() => ![...connection.streams].some((s) => s.startsWith('ethusdt')));
      expect(connector.status().symbols).toEqual(['BTC/USDT']);
      expect([...connection.streams]).toContain('btcusdt@trade');
    });

    if (applies('C15b')) it('C15b also when the symbol list comes while the connection is still being opened', async () => {
      let open: (value?: unknown) => void = () => undefined;
      const { venue, connector, asked } = await rig((v) => {
        v.handshakeGate = new Promise((resolve) => (open = resolve));
        v.listed.ETHUSDT = { ...v.listed.BTCUSDT!, base: 'ETH', status: 'HALT' };
      });
      await waitFor(() => connector.status().symbols.length === 1);
      open();
      const connection = await asked();
      await waitFor(() => ![...connection.streams].some((s) => s.startsWith('ethusdt')), { message: 'the address asked for it and nobody took it back' });
      expect(venue.handshakes[0]).toContain('ethusdt@trade');
    });

    if (applies('C16')) it('C16 takes tick and lot size from the venue, and works without its symbol list', async () => {
      const first = await rig((v) => (v.listed.BTCUSDT = { ...v.listed.BTCUSDT!, tick: '0.10000000' }));
      const event = await waitFor(() => first.of('instrument').find((e) => e.instrument.symbol === 'BTC/USDT'));
      expect(event.instrument).toMatchObject({ tickSize: 0.1, name: 'Bitcoin' });
      const second = await rig((v) => (v.restFault = { status: 451, body: '{"code":0,"msg":"restricted"}' }));
      await second.live();
    });

    if (applies('C17')) it.each(['combined', 'raw'] as const)('C17 an announced shutdown (%s form) loses and repeats nothing', async (form) => {
      const { venue, trades, states, live } = await rig();
      await live();
      const first = venue.lastTradeId;
      venue.announceShutdown(form);
      await waitFor(() => venue.open.length === 2 && venue.open[1]?.messages.length, { message: 'no second connection' });
      const [old, fresh] = venue.connections;
      // The new connection is ahead of the old one: its messages must wait for those.
      venue.trade('BTCUSDT', '101.00', first + 2, [fresh!]);
      venue.trade('BTCUSDT', '101.00', first + 1, [old!]);
      venue.trade('BTCUSDT', '101.00', first + 2, [old!]);
      venue.trade('BTCUSDT', '101.00', first + 3, [fresh!]);
      await waitFor(() => venue.open.length === 1, { message: 'the old connection was not dropped' });
      venue.trade('BTCUSDT', '101.00', first + 4);
      await waitFor(() => trades().at(-1) === first + 4);
      expect(trades()).toEqual([first, first + 1, first + 2, first + 3, first + 4]);
      expect(states()).not.toContain('waiting');
    });

    if (applies('C18')) it('C18 when the old connection dies during a change, the new one takes over at once', async () => {
      const { venue, trades, live } = await rig();
      await live();
      const first = venue.lastTradeId;
      venue.announceShutdown();
      await waitFor(() => venue.open.length === 2 && venue.open[1]?.messages.length);
      venue.trade('BTCUSDT', '101.00', first + 1, [venue.connections[1]!]);
      venue.connections[0]?.socket.terminate();
      await waitFor(() => trades().at(-1) === first + 1);
      expect(venue.connections.length).toBe(2);
    });

    it.each([true, false])('C19 a refused subscription is told with the words of the venue (nested error: %s)', async (nested) => {
      const { of } = await rig((v) => (v.rejectSubscribe = { code: 2, msg: 'Invalid request: unknown', nested }));
      const event = await waitFor(() => of('badInput')[0]);
      expect(event.detail).toContain('Invalid request: unknown');
    });

    if (applies('C20')) it('C20 loads history when asked to, marks the forming candle, and survives every REST fault', async () => {
      const { connector, of, live } = await rig();
      await live();
      connector.refill?.();
      const days = await waitFor(() => of('candle').filter((c) => c.interval === '1d' && c.symbol === 'ETH/USDT').length > 1 && of('candle'));
      expect(days.filter((c) => c.interval === '1m' && c.symbol === 'BTC/USDT').length).toBe(venueUnderTest.minutes ?? 1_000);
      for (const symbol of ['BTC/USDT', 'ETH/USDT']) {
        const rows = days.filter((c) => c.interval === '1m' && c.symbol === symbol);
        expect(rows.filter((c) => !c.closed).length).toBeLessThanOrEqual(1);
        expect(rows.every((c) => c.route === 'rest' && c.kind === 'live')).toBe(true);
      }
    });

    if (applies('C21')) it.each([
      ['429 with a date', { status: 429, body: '{"code":-1003,"msg":"Too many requests"}', headers: { 'retry-after': '0' } }],
      ['503 without a body', { status: 503, body: '' }],
      ['a web page', { status: 200, body: '<html>maintenance</html>' }],
      ['broken JSON', { status: 200, body: '[[1,' }],
      ['a wrong form', { status: 200, body: '{"rows":1}' }],
      ['rows that contradict themselves', { status: 200, body: '[[0,"5","4","6","5","1",59999],["x"],null,[0,"1","1","1"]]' }],
    ])('C21 REST answers %s: the stream is not touched', async (_name, fault) => {
      const { venue, connector, of, trades, live } = await rig((v) => (v.restFault = { ...fault, path: venueUnderTest.candlePath ?? 'klines' }));
      await live();
      connector.refill?.();
      await waitFor(() => venue.restCalls.some((c) => c.includes(venueUnderTest.candlePath ?? 'klines')));
      venue.trade('BTCUSDT', '103.00');
      await waitFor(() => trades().length === 2);
      expect(of('candle')).toEqual([]);
      venue.restFault = null;
    });

    if (applies('C22')) it('C22 estimates the clock of the venue and keeps data "from the future"', async () => {
      const { venue, connector, trades, live } = await rig((v) => (v.clockOffsetMs = 1_300));
      await live();
      expect(trades()).toEqual([venue.lastTradeId]);
      expect(connector.status().clockOffsetMs).toBeGreaterThan(1_000);
      expect(connector.status().clockOffsetMs).toBeLessThanOrEqual(1_301);
    });

    if (applies('C23')) it('C23 answers the pings of a venue that cuts those who do not', async () => {
      const { venue, live } = await rig();
      await live();
      expect(await venue.pingOrCut(100)).toBe(0);
      expect(venue.connections.length).toBe(1);
    });

    if (applies('C24')) it('C24 lost, repeated and late messages of the stream: trades stay in order, each once, and the connection stays', async () => {
      const { venue, connector, trades, live } = await rig();
      await live();
      const first = venue.lastTradeId;
      venue.onNetwork('duplicate', 'lost', 'reordered');
      for (let i = 1; i <= 4; i += 1) venue.trade('BTCUSDT', '101.00', first + i);
      venue.trade('BTCUSDT', '101.00', first + 5);
      await waitFor(() => trades().at(-1) === first + 5);
      const held = trades();
      expect(held).toEqual([...new Set(held)].sort((a, b) => a - b));
      expect(held).not.toContain(first + 2);
      expect(connector.status().state).toBe('live');
      expect(venue.connections.length).toBe(1);
    });

    if (applies('C25')) it.each([429, 418])('C25 REST answers %i with a date: nothing is asked before it, the stream goes on', async (status) => {
      const path = venueUnderTest.candlePath ?? 'klines';
      const { venue, connector, trades, live } = await rig((v) => (v.restFault = { status, body: '{}', headers: { 'retry-after': '120' }, path }));
      await live();
      connector.refill?.();
      await waitFor(() => venue.restCalls.some((c) => c.includes(path)));
      connector.refill?.();
      for (let i = 1; i <= 20; i += 1) {
        venue.trade('BTCUSDT', '103.00');
        await waitFor(() => trades().length === i + 1);
      }
      expect(venue.restCalls.filter((c) => c.includes(path)).length).toBe(1);
      expect(connector.status().state).toBe('live');
    });

    if (applies('C26')) it('C26 a REST answer that trickles in holds nothing up, and a stop hangs up on it', async () => {
      const path = venueUnderTest.candlePath ?? 'klines';
      const { venue, connector, trades, live } = await rig((v) => (v.restFault = { status: 200, body: null, trickleMs: 10, path }));
      await live();
      connector.refill?.();
      await waitFor(() => venue.restCalls.some((c) => c.includes(path)));
      venue.trade('BTCUSDT', '103.00');
      await waitFor(() => trades().length === 2);
      await connector.stop();
      await waitFor(() => venue.restAborted > 0, { message: 'the request was left open' });
    });

    bookCases(applies, (prepare) => rig(prepare, true));
  });
}
