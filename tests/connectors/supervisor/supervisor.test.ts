import { afterEach, describe, expect, it } from 'vitest';
import type { InputEvent, QuoteEvent } from '@/core/market/events';
import type { DataKind } from '@/core/contract';
import type { Connector, ConnectorDescriptor, VenueStatus } from '../../../server/connectors/base/connector';
import { createSupervisor, type Supervisor, type SupervisorOptions } from '../../../server/connectors/supervisor';
import { BINANCE_DEFAULTS, binanceDescriptor, createBinanceConnector } from '../../../server/connectors/binance';
import { checkRegistry, VENUES } from '../../../server/connectors/registry';
import { systemClock } from '../../../server/observability/clock';
import { collectingContext, FAST_LIMITS, pick, silentLog } from '../../support/connectorRig';
import { FakeVenue } from '../../support/fakeVenue';
import { PLAIN_STATUS } from '../../../server/connectors/base/status';
import { waitFor } from '../../support/waitFor';

/** A source that says what the test tells it to say. */
class ScriptedSource implements Connector {
  running = false;
  state: VenueStatus['state'] | null = null;
  refills = 0;
  readonly feedClock;
  constructor(readonly id: string, readonly kind: DataKind, private readonly emit: (event: InputEvent) => void, clock?: { now: () => number; speed: number }) {
    this.feedClock = clock;
  }
  start(): void {
    this.running = true;
  }
  stop(): Promise<void> {
    this.running = false;
    return Promise.resolve();
  }
  refill(): void {
    this.refills += 1;
  }
  quote(bid = '1.00'): void {
    const event: QuoteEvent = { type: 'quote', venue: this.id, kind: this.kind, route: 'socket', symbol: 'BTC/USDT', venueTime: null, receiveTime: 5, bid, bidSize: '1', ask: '2.00', askSize: '1', updateId: null };
    this.emit(event);
  }
  say(event: InputEvent): void {
    this.emit(event);
  }
  status(): VenueStatus {
    return { ...PLAIN_STATUS, id: this.id, name: this.id, state: this.state ?? (this.running ? 'live' : 'off'), reason: '', lastMessageAgeMs: null, messagesPerSecond: 0, reconnects: 0, clockOffsetMs: null, nextAttemptInMs: null, symbols: [] };
  }
}

/** A venue whose source is scripted by the test. */
const venueOf = (id: string, more: Partial<ConnectorDescriptor> = {}): ConnectorDescriptor => ({ ...binanceDescriptor, id, ...more });

let supervisor: Supervisor | null = null;
let venue: FakeVenue | null = null;
afterEach(async () => {
  await supervisor?.stop();
  await venue?.stop();
  supervisor = venue = null;
});

function rig(feed: SupervisorOptions['feed'], extra: Partial<SupervisorOptions> = {}) {
  const events: InputEvent[] = [];
  const sources = new Map<string, ScriptedSource>();
  const simulators: ScriptedSource[] = [];
  // Whatever a test says of a venue, its source is scripted unless it says otherwise.
  const scripted = (venue: ConnectorDescriptor): ConnectorDescriptor => (venue.create !== binanceDescriptor.create ? venue : {
    ...venue,
    create: (context) => {
      const source = new ScriptedSource(venue.id, 'live', context.emit);
      sources.set(venue.id, source);
      return source;
    },
  });
  const { venues = [venueOf('alpha'), venueOf('beta')], ...others } = extra;
  const made = createSupervisor({
    feed,
    venues: venues.map(scripted),
    makeContext: (_d, emit) => ({ ...collectingContext({ ws: '', rest: '' }, []), emit }),
    simulator: (emit) => {
      const source = new ScriptedSource('simulator', 'simulated', emit, { now: () => 777, speed: 10 });
      simulators.push(source);
      return source;
    },
    replay: (emit) => new ScriptedSource('replay', 'replay', emit, { now: () => 1_723_161_253_937, speed: 4 }),
    emit: (event) => events.push(event),
    clock: systemClock,
    log: silentLog,
    answerMs: 60,
    lostMs: 120,
    ...others,
  });
  supervisor = made;
  const modes = () => events.flatMap((e) => (e.type === 'mode' ? [e.mode] : []));
  const values = () => events.flatMap((e) => (e.type === 'quote' ? [`${e.kind}`] : []));
  const source = (id: string) => {
    const found = sources.get(id);
    if (!found) throw new Error(`no source ${id}`);
    return found;
  };
  return { supervisor: made, events, simulators, source, modes, values };
}

describe('supervisor', () => {
  it('auto: live when a venue answers in time; the mode is named before the first value, the simulator never runs', async () => {
    const { supervisor: s, events, simulators, source, modes } = rig('auto');
    const started = s.start();
    source('beta').quote();
    await started;
    expect(modes()).toEqual(['none', 'live']);
    expect(events.map((e) => e.type)).toEqual(['mode', 'mode', 'quote']);
    expect(simulators).toEqual([]);
    expect(source('beta').refills).toBe(1);
    expect(source('alpha').refills).toBe(0);
  });

  it('auto: simulates when nobody answers, with words, and goes live by itself; values of two kinds never mix', async () => {
    const { supervisor: s, events, simulators, source, modes, values } = rig('auto');
    await s.start();
    expect(s.mode).toBe('simulated');
    expect(s.reason).toMatch(/no live venue answered .* simulated, not a market/);
    expect(s.feedClock.now()).toBe(777);
    expect(s.feedClock.speed).toBe(10);
    const [simulator] = simulators;
    simulator?.quote();
    source('alpha').quote();
    expect(simulator?.running).toBe(false);
    simulator?.quote();
    source('alpha').quote();
    expect(modes()).toEqual(['none', 'simulated', 'live']);
    expect(values()).toEqual(['simulated', 'live', 'live']);
    expect(s.feedClock.speed).toBe(1);
    expect(events.findIndex((e) => e.type === 'mode' && e.mode === 'live')).toBeLessThan(events.findIndex((e) => e.type === 'quote' && e.kind === 'live'));
  });

  it('auto: does not wait for venues that have all refused', async () => {
    const { supervisor: s, source } = rig('auto', { answerMs: 60_000, venues: [venueOf('alpha'), venueOf('beta'), venueOf('polled', { urls: { ws: '', rest: 'http://x' } })] });
    const started = s.start();
    for (const id of ['alpha', 'beta']) source(id).state = 'refused';
    source('polled').state = 'standby';
    await started;
    expect(s).toMatchObject({ mode: 'simulated', reason: expect.stringContaining('every live venue refuses') });
  });

  it('auto: history loaded by REST does not make it live', async () => {
    const { supervisor: s, source, events } = rig('auto');
    await s.start();
    source('alpha').say({ type: 'candle', venue: 'alpha', kind: 'live', route: 'rest', symbol: 'BTC/USDT', venueTime: 1, receiveTime: 1, interval: '1m', openTime: 0, open: 1, high: 1, low: 1, close: 1, volume: 1, closed: true });
    expect(s.mode).toBe('simulated');
    expect(events.some((e) => e.type === 'candle')).toBe(false);
  });

  it('auto: live lost and found again; each loss doubles the patience, history is loaded afresh', async () => {
    const { supervisor: s, source, modes, simulators } = rig('auto');
    const started = s.start();
    let at = performance.now();
    source('alpha').quote();
    await started;
    // Lower bounds only, counted from before the last value.
    const patience: number[] = [];
    for (let i = 0; i < 2; i += 1) {
      await waitFor(() => s.mode === 'simulated');
      patience.push(performance.now() - at);
      at = performance.now();
      source('alpha').quote();
      expect(s.mode).toBe('live');
    }
    expect(modes()).toEqual(['none', 'live', 'simulated', 'live', 'simulated', 'live']);
    expect(patience[0]).toBeGreaterThanOrEqual(120);
    expect(patience[1]).toBeGreaterThanOrEqual(240);
    expect(simulators.map((x) => x.running)).toEqual([false, false]);
    expect(source('alpha').refills).toBe(3);
  });

  it('states and facts of venues pass in every mode, on the clock of that mode', async () => {
    const { supervisor: s, source, events } = rig('auto');
    await s.start();
    source('alpha').say({ type: 'feedStatus', venue: 'alpha', state: 'waiting', reason: 'trying again in 3 s', receiveTime: Date.now() });
    expect(events.at(-1)).toMatchObject({ type: 'feedStatus', state: 'waiting', receiveTime: 777 });
  });

  it('live: never simulates; says that nothing came, goes on trying', async () => {
    const { supervisor: s, simulators, source } = rig('live');
    await s.start();
    expect(s.mode).toBe('none');
    expect(s.reason).toMatch(/no live venue answered .* still trying/);
    source('alpha').quote();
    expect(s.mode).toBe('live');
    expect(simulators).toEqual([]);
  });

  it('a list runs only the venues named', async () => {
    const { supervisor: s, source } = rig(['beta']);
    await s.start();
    expect(s.status().map((v) => v.id)).toEqual(['beta']);
    expect(() => source('alpha')).toThrow();
  });

  it.each(['simulator', 'replay'] as const)('%s: starts no venue and follows its clock', async (feed) => {
    const { supervisor: s, modes } = rig(feed);
    await s.start();
    expect(modes()).toEqual([feed === 'replay' ? 'replay' : 'simulated']);
    expect(s.status().map((v) => v.id)).toEqual([feed]);
    expect(s.feedClock.speed).toBe(feed === 'replay' ? 4 : 10);
  });

  it('starts and stops single feeds, and names unknown ones', async () => {
    const { supervisor: s, source } = rig('auto');
    await s.start();
    expect(await s.stopVenue('alpha')).toMatchObject({ ok: true });
    expect(source('alpha').running).toBe(false);
    expect(s.startVenue('alpha')).toMatchObject({ ok: true });
    expect(source('alpha').running).toBe(true);
    expect(s.startVenue('gamma')).toEqual({ ok: false, error: 'there is no feed named gamma' });
  });

  it('auto: a delayed price is no reason to say LIVE, but passes once live leads; polled sources then give again what they have', async () => {
    const { supervisor: s, source, events } = rig('auto', { venues: [venueOf('alpha'), venueOf('polled', { urls: { ws: '', rest: 'http://x' } })] });
    await s.start();
    const delayed = () => source('polled').say({ type: 'ticker', venue: 'polled', kind: 'delayed', route: 'rest', symbol: 'EUR/USD', venueTime: 1, receiveTime: 1, last: '1.1', open24h: null, high24h: null, low24h: null, volume24h: null });
    delayed();
    expect(s.mode).toBe('simulated');
    expect(events.some((e) => e.type === 'ticker')).toBe(false);
    source('alpha').quote();
    expect(s.mode).toBe('live');
    expect(source('polled').refills).toBe(1);
    delayed();
    expect(events.filter((e) => e.type === 'ticker')).toHaveLength(1);
    await waitFor(() => s.mode === 'simulated');
  });

  it.each([['live', 'live' as const], ['a list', ['polled']]])('%s: any price is what was asked for', async (_name, feed) => {
    const { supervisor: s, source } = rig(feed, { venues: [venueOf('polled', { urls: { ws: '', rest: 'http://x' } })], answerMs: 60_000 });
    const started = s.start();
    source('polled').say({ type: 'ticker', venue: 'polled', kind: 'delayed', route: 'rest', symbol: 'EUR/USD', venueTime: 1, receiveTime: 1, last: '1.1', open24h: null, high24h: null, low24h: null, volume24h: null });
    await started;
    expect(s.mode).toBe('live');
  });

  it('a source without its key is a row that says which variable enables it, and nothing runs', async () => {
    const made: string[] = [];
    const keyed = venueOf('keyed', { name: 'Keyed', keyVariable: 'KEYED_API_KEY', create: () => { made.push('keyed'); throw new Error('made without a key'); } });
    const { supervisor: s } = rig('auto', { venues: [venueOf('alpha'), keyed] });
    await s.start();
    expect(s.status().find((v) => v.id === 'keyed')).toMatchObject({ name: 'Keyed', state: 'off', reason: 'not used: set KEYED_API_KEY to enable it', symbols: [] });
    expect(s.startVenue('keyed')).toEqual({ ok: false, error: 'not used: set KEYED_API_KEY to enable it' });
    expect(await s.stopVenue('keyed')).toMatchObject({ ok: true });
    expect(made).toEqual([]);
  });

  it('nothing of a stopped venue passes, whatever it still says; the time of the first stop stays', async () => {
    const { supervisor: s, source, events } = rig('live');
    const started = s.start();
    source('alpha').quote();
    await started;
    await s.stopVenue('alpha');
    const { length } = events;
    expect(events.at(-1)).toMatchObject({ type: 'feedStatus', venue: 'alpha', state: 'off', reason: expect.stringMatching(/^stopped by an administrator at/) });
    source('alpha').quote();
    source('alpha').say({ type: 'feedStatus', venue: 'alpha', state: 'live', reason: '', receiveTime: 1 });
    await s.stopVenue('alpha');
    expect(events).toHaveLength(length);
  });

  it('with the Binance connector: simulated while it is refused, live when it can be reached, simulated when it is gone', async () => {
    const fake = (venue = await FakeVenue.start());
    fake.refuse = { status: 503 };
    const context = collectingContext({ ws: fake.wsUrl, rest: fake.restUrl }, pick('BTC/USDT'));
    const descriptor: ConnectorDescriptor = { ...binanceDescriptor, create: (c) => createBinanceConnector(c, { ...BINANCE_DEFAULTS, limits: FAST_LIMITS }) };
    const { supervisor: s, events } = rig('auto', { venues: [descriptor], makeContext: (_d, emit) => ({ ...context, emit }) });
    await s.start();
    expect(s.mode).toBe('simulated');
    fake.refuse = null;
    await waitFor(() => {
      fake.trade('BTCUSDT', '100.00');
      return s.mode === 'live';
    });
    await waitFor(() => {
      fake.trade('BTCUSDT', '100.00');
      return events.some((e) => e.type === 'candle' && e.interval === '1d');
    }, { message: 'history was not loaded' });
    fake.mute = true;
    await waitFor(() => s.mode === 'simulated');
    expect(s.status()[0]?.state).not.toBe('off');
  });
});

describe('registry', () => {
  it('accepts the venues of the product and refuses a broken entry with a clear message', () => {
    expect(checkRegistry(VENUES).ok).toBe(true);
    const [entry] = VENUES;
    if (!entry) throw new Error('no venues');
    expect(checkRegistry([entry, entry])).toEqual({ ok: false, error: 'venue id "binance" is registered twice' });
    const broken = { ...entry, descriptor: { ...entry.descriptor, id: 'x', capabilities: ['levitation' as never] } };
    expect(checkRegistry([broken])).toEqual({ ok: false, error: 'venue "x" names the unknown levitation' });
  });
});
