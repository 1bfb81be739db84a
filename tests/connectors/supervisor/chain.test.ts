import { afterEach, describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import { defaultInstrument } from '@/core/market/instruments';
import type { InputEvent } from '@/core/market/events';
import type { Quote } from '@/core/market/outputs';
import { BREAKER_DEFAULTS } from '../../../server/connectors/base/breaker';
import type { Connector, ConnectorDescriptor, VenueStatus } from '../../../server/connectors/base/connector';
import { Hosts } from '../../../server/connectors/base/hosts';
import { memoryLedger } from '../../../server/connectors/base/ledger';
import { PLAIN_STATUS } from '../../../server/connectors/base/status';
import { coinGeckoDescriptor, createCoinGeckoConnector } from '../../../server/connectors/coingecko';
import { createNeed } from '../../../server/connectors/need';
import { createSupervisor, type Supervisor } from '../../../server/connectors/supervisor';
import { collectingContext, silentLog } from '../../support/connectorRig';
import { FAST_REST, FakeRest } from '../../support/fakeRest';
import { waitFor } from '../../support/waitFor';

/** Every clock runs so much faster, so that minutes of the rules are fractions of a second here. */
const SPEED = 200;
const BTC = { ...defaultInstrument('BTC/USD'), assetClass: 'crypto' as const, tickSize: 0.01 };
const STARTED = Date.now();
const clock = { now: () => STARTED + performance.now() * SPEED, monotonic: () => performance.now() * SPEED };

let stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of stop.splice(0)) await end();
  stop = [];
});

/** A socket that a test plugs in and out. */
class Socket implements Connector {
  readonly id = 'alpha';
  private timer: NodeJS.Timeout | null = null;
  price = 100;
  constructor(private readonly emit: (event: InputEvent) => void) {}
  start(): void {
    this.emit({ type: 'feedStatus', venue: 'alpha', state: 'live', reason: '', receiveTime: clock.now() });
    this.timer = setInterval(() => this.tick(), 5);
  }
  stop(): Promise<void> {
    this.cut('stopped');
    return Promise.resolve();
  }
  cut(reason: string): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.emit({ type: 'feedStatus', venue: 'alpha', state: 'waiting', reason, receiveTime: clock.now() });
  }
  status(): VenueStatus {
    return { ...PLAIN_STATUS, id: 'alpha', name: 'Alpha', state: this.timer ? 'live' : 'waiting', reason: '', lastMessageAgeMs: null, messagesPerSecond: 0, reconnects: 0, clockOffsetMs: null, nextAttemptInMs: null, symbols: [] };
  }
  tick(): void {
    this.price += 0.01;
    const at = clock.now();
    this.emit({ type: 'ticker', venue: 'alpha', kind: 'live', route: 'socket', symbol: 'BTC/USD', venueTime: at, receiveTime: at, last: this.price.toFixed(2), open24h: null, high24h: null, low24h: null, volume24h: null });
  }
}

async function chain() {
  const rest = await FakeRest.start();
  const sent = new Set<number>();
  let price = 200;
  rest.answer = () => {
    sent.add((price += 1));
    return { body: { bitcoin: { usd: price, usd_24h_change: 1, last_updated_at: clock.now() / 1_000 } } };
  };
  let socket: Socket | null = null;
  const alpha: ConnectorDescriptor = { ...coinGeckoDescriptor, id: 'alpha', name: 'Alpha', priority: 10, urls: { ws: 'ws://x', rest: '' }, create: (context) => (socket = new Socket(context.emit)) };
  const coingecko: ConnectorDescriptor = { ...coinGeckoDescriptor, create: (context) => createCoinGeckoConnector(context, { ...FAST_REST, breaker: BREAKER_DEFAULTS, spacingMs: 60_000 }) };
  const venues = [alpha, coingecko];
  const engine = createEngine({ instruments: [BTC], venuePriority: ['alpha', 'coingecko'], staleMsOf: (_venue, route) => (route === 'rest' ? 180_000 : 15_000) });
  const quotes: Quote[] = [];
  const step = (event: InputEvent): void => engine.step(event, (output) => {
    if (output.type === 'quote') quotes.push(output.quote);
  });
  const lacks = createNeed(engine, venues, clock);
  const ledger = memoryLedger();
  const hosts = new Hosts(clock, ledger);
  const supervisor: Supervisor = createSupervisor({
    feed: 'live', venues, clock, log: silentLog, emit: step, simulator: () => { throw new Error('never'); }, replay: () => { throw new Error('never'); },
    makeContext: ({ priority }, emit) => ({ ...collectingContext({ ws: '', rest: rest.url }, [BTC]), clock, ledger, hosts, emit, needed: (symbol) => lacks(symbol, priority) }),
  });
  const ticks = setInterval(() => step({ type: 'clock', receiveTime: clock.now() }), 5);
  stop = [() => supervisor.stop(), () => rest.stop(), () => Promise.resolve(clearInterval(ticks))];
  await supervisor.start();
  const gecko = () => supervisor.status().find((v) => v.id === 'coingecko');
  if (socket === null) throw new Error('no socket');
  const present = (): Quote => engine.quote('BTC/USD') ?? (() => { throw new Error('no row'); })();
  return { rest, sent, socket: socket as Socket, supervisor, quotes, gecko, present, venueQuotes: () => engine.venueQuotes('BTC/USD') };
}

describe('fallback chain', () => {
  it('socket, then REST marked delayed, then the last value marked old, then the socket again: no flap, no price that nobody sent', async () => {
    const { rest, sent, socket, quotes, gecko, present } = await chain();
    await waitFor(() => present().venue === 'alpha' && present().state === 'ok' && gecko()?.state === 'standby');
    expect(rest.calls).toHaveLength(0);

    socket.cut('connection lost');
    const lastLive = present().last;
    expect(present()).toMatchObject({ venue: 'alpha', state: 'stale' });
    // The last live value stays, marked, until a reference tells more.
    await waitFor(() => present().venue === 'coingecko');
    expect(quotes.filter((q) => q.venue === 'alpha').at(-1)).toMatchObject({ last: lastLive, state: 'stale' });
    expect(present()).toMatchObject({ kind: 'delayed', route: 'rest', state: 'ok', bid: null, ask: null });

    rest.down = true;
    await waitFor(() => present().state === 'stale', { timeoutMs: 10_000 });
    expect(present()).toMatchObject({ venue: 'coingecko', last: Math.max(...sent) });
    expect(gecko()).toMatchObject({ state: 'waiting', reason: expect.stringMatching(/cannot be reached/) });

    socket.start();
    await waitFor(() => present().venue === 'alpha' && present().state === 'ok');
    rest.down = false;
    const calls = rest.calls.length;
    await waitFor(() => gecko()?.state === 'standby');
    expect(rest.calls).toHaveLength(calls);
    const leaders = quotes.map((q) => q.venue).filter((venue, i, all) => venue !== '' && venue !== all[i - 1]);
    expect(leaders).toEqual(['alpha', 'coingecko', 'alpha']);
    for (const { last, venue } of quotes) if (venue === 'coingecko') expect(sent.has(last ?? -1)).toBe(true);
  }, 30_000);

  it('a venue stopped by hand: its values are old in the same step, it stays stopped and says since when', async () => {
    const { socket, supervisor, present } = await chain();
    await waitFor(() => present().state === 'ok');
    const stopping = supervisor.stopVenue('alpha');
    expect(present()).toMatchObject({ venue: 'alpha', state: 'stale' });
    await stopping;
    socket.tick();
    expect(present().state).toBe('stale');
    expect(supervisor.status().find((v) => v.id === 'alpha')).toMatchObject({ state: 'off', reason: expect.stringMatching(/^stopped by an administrator at \d\d:\d\d:\d\d UTC$/), nextAttemptInMs: null });
    expect(supervisor.startVenue('alpha')).toMatchObject({ ok: true });
    await waitFor(() => present().state === 'ok');
  });
});
