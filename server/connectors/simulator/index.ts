import type { FeedStateName } from '@/core/contract';
import type { InputEvent } from '@/core/market/events';
import type { AssetClass, Instrument } from '@/core/market/instrument';
import { createSimulator, SIMULATOR_VENUE } from '@/core/simulator';
import { PLAIN_STATUS } from '../base/status';
import type { Capability, Connector, ConnectorContext, VenueStatus } from '../base/connector';
import type { FeedClock } from '../../observability/clock';
import { PastPump, SimulatorClock, SimulatorFeed } from './feed';

/** Facts of the simulator for the registry; made with `createSimulatorConnector`, which needs more than a context. */
export const SIMULATOR_DESCRIPTOR = {
  id: SIMULATOR_VENUE,
  name: 'Simulator',
  capabilities: ['quotes', 'trades', 'tickers', 'books', 'backfill'] satisfies readonly Capability[],
  assetClasses: ['crypto', 'equity', 'fx', 'metal', 'test'] satisfies readonly AssetClass[],
  keyVariable: null,
  /** Last: any market leads before a simulation. */
  priority: 1_000,
  urls: { ws: '', rest: '' },
} as const;

/** Symbol whose price tells the wall time at which it was sent (`TICKGLASS_SIM_PROBE`). */
export const PROBE_INSTRUMENT: Instrument = {
  symbol: 'PROBE/CLOCK', name: 'Latency probe', assetClass: 'test', base: 'PROBE', quote: 'CLOCK', tickSize: 0.01, lotSize: 1, venues: [SIMULATOR_VENUE],
};

export interface SimulatorConnectorOptions {
  readonly context: ConnectorContext;
  readonly seed: number;
  /** Simulated seconds per real second, > 0. */
  readonly speed: number;
  /** Adds `PROBE/CLOCK`; its values come from `probeEvents`. */
  readonly probe: boolean;
  /** Starting prices by canonical symbol, e.g. the last known ones. */
  readonly initialPrices?: ReadonlyMap<string, number>;
  /** Minutes of made-up past given at the first start, 0 = none; default three days, less for many instruments. */
  readonly backfillMinutes?: number;
}

/** Bounds of the default past: minutes, and candles over all instruments. */
const BACKFILL_MINUTES = 4_320;
const BACKFILL_CANDLES = 60_000;

export interface SimulatorConnector extends Connector {
  readonly feedClock: FeedClock;
  /** Quote and trade of the probe, priced `(wallNow % 1e7) / 100`; none when the probe is off or the simulator stopped. */
  probeEvents(wallNow: number): readonly InputEvent[];
}

/** Quote and trade of the probe at a wall time; prices in cents of the last 1e7 ms. */
function probeAt(wallNow: number, receiveTime: number, n: number): readonly InputEvent[] {
  // Price 0 would be refused; it lasts a moment in almost three hours.
  const cents = Math.max(2, Math.floor(wallNow) % 1e7);
  const text = (value: number): string => (value / 100).toFixed(2);
  const origin = { venue: SIMULATOR_VENUE, kind: 'simulated', route: 'simulator', symbol: PROBE_INSTRUMENT.symbol, venueTime: receiveTime, receiveTime } as const;
  return [
    { ...origin, type: 'quote', bid: text(cents - 1), bidSize: '1', ask: text(cents + 1), askSize: '1', updateId: n },
    { ...origin, type: 'trade', id: `probe${n}`, price: text(cents), size: '1', side: 'unknown' },
  ];
}

class SimulatedVenue implements SimulatorConnector {
  readonly id = SIMULATOR_VENUE;
  readonly feedClock: SimulatorClock;
  readonly #options: SimulatorConnectorOptions;
  readonly #instruments: readonly Instrument[];
  readonly #feed: SimulatorFeed;
  readonly #past: PastPump;
  readonly #pastMinutes: number;
  #state: FeedStateName = 'off';
  #reason = 'simulated market: not started';
  #rate = { at: 0, emitted: 0, perSecond: 0 };
  #probes = 0;

  constructor(options: SimulatorConnectorOptions) {
    const { context, seed, speed, initialPrices } = options;
    const { clock, emit } = context;
    this.#options = options;
    this.#instruments = context.instruments.filter((i) => i.symbol !== PROBE_INSTRUMENT.symbol);
    const startTime = Math.floor(clock.now() / 1000) * 1000;
    const simulator = createSimulator({ seed, startTime, instruments: this.#instruments, ...(initialPrices ? { initialPrices } : {}) });
    this.feedClock = new SimulatorClock(speed, startTime, clock);
    this.#feed = new SimulatorFeed({ simulator, feedClock: this.feedClock, clock, emit, onState: (state, reason) => this.#setState(state, reason) });
    const most = Math.min(BACKFILL_MINUTES, Math.floor(BACKFILL_CANDLES / Math.max(1, this.#instruments.length)));
    this.#pastMinutes = options.backfillMinutes ?? most;
    this.#past = new PastPump(
      () => simulator.backfill(this.#pastMinutes),
      (candles) => candles.forEach((candle) => emit({ ...candle, receiveTime: this.#feed.until })),
    );
  }

  start(): void {
    if (this.#feed.running) return;
    const { context, seed, speed, probe } = this.#options;
    const receiveTime = this.#feed.until;
    if (probe) context.emit({ type: 'instrument', venue: SIMULATOR_VENUE, instrument: PROBE_INSTRUMENT, receiveTime });
    this.#rate = { at: context.clock.monotonic(), emitted: this.#feed.emitted, perSecond: 0 };
    this.#setState('live', `simulated market, not real prices: seed ${seed}, ${speed === 1 ? 'real time' : `${speed} times real time`}`);
    this.#feed.start();
    if (this.#pastMinutes > 0) this.#past.start();
  }

  stop(): Promise<void> {
    this.#past.stop();
    if (this.#feed.running) {
      this.#feed.stop();
      this.#setState('off', 'simulated market: stopped');
    }
    return Promise.resolve();
  }

  probeEvents(wallNow: number): readonly InputEvent[] {
    if (!this.#options.probe || !this.#feed.running) return [];
    this.#feed.slice();
    this.#probes++;
    return probeAt(wallNow, this.#feed.until, this.#probes);
  }

  status(): VenueStatus {
    const feed = this.#feed;
    return {
      ...PLAIN_STATUS,
      id: SIMULATOR_VENUE, name: SIMULATOR_DESCRIPTOR.name, state: this.#state, reason: this.#reason,
      lastMessageAgeMs: feed.lastEmitAt === null ? null : this.#options.context.clock.monotonic() - feed.lastEmitAt,
      messagesPerSecond: feed.running ? this.#perSecond() : 0,
      reconnects: 0, clockOffsetMs: null, nextAttemptInMs: null,
      symbols: [...this.#instruments.map((i) => i.symbol), ...(this.#options.probe ? [PROBE_INSTRUMENT.symbol] : [])],
    };
  }

  #setState(state: FeedStateName, reason: string): void {
    this.#state = state;
    this.#reason = reason;
    this.#options.context.emit({ type: 'feedStatus', venue: SIMULATOR_VENUE, state, reason, receiveTime: this.#feed.until });
  }

  #perSecond(): number {
    const at = this.#options.context.clock.monotonic();
    const { emitted } = this.#feed;
    const elapsed = at - this.#rate.at;
    if (elapsed >= 1_000) this.#rate = { at, emitted, perSecond: ((emitted - this.#rate.emitted) * 1000) / elapsed };
    return this.#rate.perSecond;
  }
}

/**
 * The simulated market as a venue. Everything it emits has kind `simulated`. It starts at the present wall second and lives on
 * its own clock; at the first start it also gives a made-up past, so that charts and ratings are warm.
 */
export function createSimulatorConnector(options: SimulatorConnectorOptions): SimulatorConnector {
  return new SimulatedVenue(options);
}
