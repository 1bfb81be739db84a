import type { FeedMode, DataKind } from '@/core/contract';
import type { InputEvent } from '@/core/market/events';
import { err, ok, type Result } from '@/core/util/result';
import type { Clock, FeedClock } from '../observability/clock';
import type { Logger } from '../observability/logger';
import { BookWatch } from './bookWatch';
import type { Connector, ConnectorContext, ConnectorDescriptor, MarketOverview, OlderCandles, OlderQuery, VenueStatus } from './base/connector';
import { PLAIN_STATUS } from './base/status';

export interface SupervisorOptions {
  /** `auto`, `live`, `simulator`, `replay`, or the ids of live venues. */
  readonly feed: 'auto' | 'live' | 'simulator' | 'replay' | readonly string[];
  readonly venues: readonly ConnectorDescriptor[];
  /** Everything a connector needs but `emit`, which the supervisor puts itself behind. */
  readonly makeContext: (descriptor: ConnectorDescriptor, emit: (event: InputEvent) => void) => ConnectorContext;
  readonly simulator: (emit: (event: InputEvent) => void) => Connector;
  readonly replay: (emit: (event: InputEvent) => void) => Connector;
  readonly emit: (event: InputEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** Time live venues have for their first value before the simulator steps in, ms. */
  readonly answerMs?: number;
  /** Time without any live value after which live counts as lost, ms; doubled at each loss up to eight times. */
  readonly lostMs?: number;
}

export interface Supervisor {
  /** Resolves when it is known what feeds the server: first live data, simulator or replay started, or nothing in time. */
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): readonly VenueStatus[];
  readonly mode: FeedMode;
  readonly reason: string;
  /** Clock of whatever feeds the server now. */
  readonly feedClock: FeedClock;
  /** The market as a whole, by a running source that counts it; null without one. */
  overview(): MarketOverview | null;
  startVenue(id: string): Result<null, string>;
  stopVenue(id: string): Promise<Result<null, string>>;
  /** Live venues that can give older candles of a symbol, the preferred first; none while prices are not live. */
  keepersOf(symbol: string): readonly string[];
  /** Asks one of them; see `Connector.older`. */
  older(id: string, query: OlderQuery): Promise<Result<OlderCandles, string>>;
  /** Has a live venue load its book of a symbol anew; nothing while its values are not shown. */
  reloadBook(id: string, symbol: string): void;
}

const MAX_LOSS_FACTOR = 8;
/** Live for this long forgives earlier losses, ms. */
const FORGIVE_MS = 10 * 60_000;

/**
 * Decides what feeds the server and keeps kinds apart: values of a source that is not of the present mode are not passed on.
 *
 * In `auto`, live leads as soon as one venue delivers; the simulator runs only while none does. Live is lost when no venue
 * has delivered for `lostMs`; each loss soon after another doubles that time, so that a flapping link does not make the
 * screens change between market and simulation every few seconds. The simulator is stopped and the mode announced before
 * the first live value passes.
 */
class FeedSupervisor implements Supervisor {
  mode: FeedMode = 'none';
  reason = 'not started';
  readonly feedClock: FeedClock;
  private readonly live = new Map<string, Connector>();
  /** Simulator or replay, the one source of its mode; in `auto` present only while needed. */
  private other: Connector | null = null;
  private readonly filled = new Set<string>();
  /** Who was stopped by hand, and the words that say so. */
  private readonly stopped = new Map<string, string>();
  /** Chosen venues that cannot run for want of a key. */
  private readonly keyless = new Map<string, VenueStatus>();
  private readonly books = new BookWatch();
  private timer: NodeJS.Timeout | null = null;
  private startedAt = 0;
  private lastLiveAt: number | null = null;
  private liveSince = 0;
  private lossFactor = 1;
  private settled: (() => void) | null = null;
  private readonly answerMs: number;
  private readonly lostMs: number;

  constructor(private readonly options: SupervisorOptions) {
    this.answerMs = options.answerMs ?? 5_000;
    this.lostMs = options.lostMs ?? 20_000;
    const current = (): FeedClock | null => (this.mode === 'simulated' || this.mode === 'replay' ? (this.other?.feedClock ?? null) : null);
    this.feedClock = {
      now: () => current()?.now() ?? options.clock.now(),
      get speed() {
        return current()?.speed ?? 1;
      },
    };
  }

  async start(): Promise<void> {
    const { feed } = this.options;
    this.startedAt = this.options.clock.monotonic();
    if (feed === 'simulator') return this.runOther('simulated', 'simulated prices, as configured: not a market');
    if (feed === 'replay') return this.runOther('replay', 'a recording is replayed: not the present market');
    this.setMode('none', 'waiting for the first live value');
    for (const descriptor of this.options.venues.filter((d) => feed === 'auto' || feed === 'live' || feed.includes(d.id))) {
      const context = this.options.makeContext(descriptor, (event) => this.fromLive(descriptor.id, event));
      if (descriptor.keyVariable !== null && context.key === null) this.keyless.set(descriptor.id, withoutKey(descriptor, descriptor.keyVariable));
      else this.live.set(descriptor.id, descriptor.create(context));
    }
    const settled = new Promise<void>((resolve) => (this.settled = resolve));
    this.timer = setInterval(() => this.check(), Math.max(5, Math.min(250, this.answerMs / 10, this.lostMs / 10)));
    for (const connector of this.live.values()) connector.start();
    await settled;
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.settle();
    await Promise.all([...this.live.values(), ...(this.other ? [this.other] : [])].map((c) => c.stop()));
    this.mode = 'none';
    this.other = null;
    this.live.clear();
    this.keyless.clear();
    this.stopped.clear();
    this.filled.clear();
  }

  status(): readonly VenueStatus[] {
    const running = [...this.live.values(), ...(this.other ? [this.other] : [])].map((connector): VenueStatus => {
      const status = connector.status();
      const words = this.stopped.get(connector.id);
      return words === undefined ? status : { ...status, state: 'off', reason: words, nextAttemptInMs: null };
    });
    return [...running, ...this.keyless.values()];
  }

  overview(): MarketOverview | null {
    const source = [...this.live.values()].find((connector) => connector.overview && !this.stopped.has(connector.id));
    return source?.overview?.() ?? null;
  }

  startVenue(id: string): Result<null, string> {
    const connector = this.find(id);
    if (!connector) return err(this.keyless.get(id)?.reason ?? `there is no feed named ${id}`);
    this.stopped.delete(id);
    connector.start();
    return ok(null);
  }

  async stopVenue(id: string): Promise<Result<null, string>> {
    const connector = this.find(id);
    if (!connector) return this.keyless.has(id) ? ok(null) : err(`there is no feed named ${id}`);
    const { clock, emit } = this.options;
    if (!this.stopped.has(id)) {
      const reason = `stopped by an administrator at ${new Date(clock.now()).toISOString().slice(11, 19)} UTC`;
      this.stopped.set(id, reason);
      // Told before the connector winds up: from this step on its values are old.
      emit({ type: 'feedStatus', venue: id, state: 'off', reason, receiveTime: this.feedClock.now() });
    }
    await connector.stop();
    return ok(null);
  }

  keepersOf(symbol: string): readonly string[] {
    if (this.mode !== 'live') return [];
    const priority = (id: string): number => this.options.venues.find((venue) => venue.id === id)?.priority ?? Infinity;
    const able = [...this.live.values()].filter((c) => c.older && !this.stopped.has(c.id) && c.status().symbols.includes(symbol));
    return able.map((c) => c.id).sort((a, b) => priority(a) - priority(b));
  }

  async older(id: string, query: OlderQuery): Promise<Result<OlderCandles, string>> {
    return (await this.live.get(id)?.older?.(query)) ?? err(`${id} keeps no candles`);
  }

  reloadBook(id: string, symbol: string): void {
    if (this.mode === 'live' && !this.stopped.has(id)) this.live.get(id)?.reloadBooks?.(symbol);
  }

  private find(id: string): Connector | undefined {
    return this.live.get(id) ?? (this.other?.id === id ? this.other : undefined);
  }

  /** Is it asked by REST only? */
  private polled(id: string): boolean {
    return this.options.venues.some((venue) => venue.id === id && venue.urls.ws === '');
  }

  private settle(): void {
    this.settled?.();
    this.settled = null;
  }

  private setMode(mode: FeedMode, reason: string): void {
    if (this.mode === mode && this.reason === reason) return;
    if (this.mode !== mode) this.books.clear();
    this.mode = mode;
    this.reason = reason;
    this.options.emit({ type: 'mode', mode, reason, receiveTime: this.feedClock.now() });
  }

  private runOther(mode: 'simulated' | 'replay', reason: string): void {
    const source = mode === 'simulated' ? this.options.simulator : this.options.replay;
    const connector: Connector = source((event) => this.fromOther(connector, mode, event));
    this.other = connector;
    this.stopped.delete(connector.id);
    this.setMode(mode, reason);
    connector.start();
    this.settle();
  }

  private fromOther(connector: Connector, kind: DataKind, event: InputEvent): void {
    if (this.other !== connector || this.mode !== kind || this.stopped.has(connector.id)) return;
    this.options.emit(event);
  }

  private fromLive(id: string, event: InputEvent): void {
    // Nothing of a stopped venue passes, not even what was under way: its own words come from us.
    if (!this.live.has(id) || !this.timer || this.stopped.has(id)) return;
    // States, facts and refusals are no values: they pass in every mode, on the clock of that mode.
    if (event.type === 'feedStatus' || event.type === 'instrument' || event.type === 'badInput') {
      return this.options.emit(this.mode === 'simulated' ? { ...event, receiveTime: this.feedClock.now() } : event);
    }
    if (this.isLivePrice(event)) this.delivered(id);
    if (this.mode !== 'live') return;
    this.options.emit(event);
    // Not at once: the connector is in the middle of this very event.
    if (event.type === 'book' && this.books.orphan(event, this.options.clock.monotonic())) setImmediate(() => this.live.get(id)?.reloadBooks?.());
  }

  /**
   * A present price, as opposed to history loaded by REST. In `auto` only live ones count: a daily reference is no reason to
   * say LIVE. Whoever chose `live` or a list of venues wants what there is, labelled as it is.
   */
  private isLivePrice(event: InputEvent): boolean {
    const price = event.type === 'quote' || event.type === 'trade' || event.type === 'ticker' || event.type === 'book';
    return price && (event.kind === 'live' || (event.kind === 'delayed' && this.options.feed !== 'auto'));
  }

  private delivered(id: string): void {
    const now = this.options.clock.monotonic();
    this.lastLiveAt = now;
    if (this.mode !== 'live') this.goLive(id, now);
    if (this.filled.has(id)) return;
    this.filled.add(id);
    this.live.get(id)?.refill?.();
  }

  private goLive(id: string, now: number): void {
    const simulator = this.other;
    this.other = null;
    this.liveSince = now;
    // Named before its values pass; the old source is cut off at once, its timers end a moment later.
    this.setMode('live', simulator ? `${id} delivers again: live prices` : `${id} delivers: live prices`);
    simulator?.stop().catch((error: unknown) => this.options.log.error({ error }, 'the simulator did not stop cleanly'));
    // Sources that are asked rarely hold values which the engine has not, or has dropped with the last mode.
    for (const [polled, connector] of this.live) {
      if (!this.polled(polled)) continue;
      this.filled.add(polled);
      connector.refill?.();
    }
    this.settle();
  }

  private check(): void {
    const now = this.options.clock.monotonic();
    const auto = this.options.feed === 'auto';
    // Nobody is left to wait for when every venue that could decide has refused for good; in `auto` sources without a stream decide nothing.
    const deciding = [...this.live.values()].filter(({ id }) => !auto || !this.polled(id));
    const hopeless = deciding.every((c) => ['refused', 'off'].includes(c.status().state));
    if (this.mode === 'none' && (hopeless || now - this.startedAt >= this.answerMs)) {
      const words = hopeless ? 'every live venue refuses or is off' : `no live venue answered within ${this.answerMs / 1_000} s`;
      if (auto) return this.runOther('simulated', `${words}: prices are simulated, not a market; live comes back by itself`);
      this.setMode('none', `${words}; still trying`);
      this.settle();
    }
    if (!auto || this.mode !== 'live' || this.lastLiveAt === null) return;
    if (now - this.liveSince >= FORGIVE_MS) this.lossFactor = 1;
    const silence = now - this.lastLiveAt;
    if (silence < this.lostMs * this.lossFactor) return;
    this.lossFactor = Math.min(MAX_LOSS_FACTOR, this.lossFactor * 2);
    this.filled.clear();
    this.runOther('simulated', `no live venue has delivered for ${Math.round(silence / 1_000)} s: prices are simulated, not a market; live comes back by itself`);
  }
}

/** The row of a venue that was chosen and has no key. */
function withoutKey({ id, name }: ConnectorDescriptor, variable: string): VenueStatus {
  return {
    ...PLAIN_STATUS, id, name, state: 'off', reason: `not used: set ${variable} to enable it`, lastMessageAgeMs: null, messagesPerSecond: 0, reconnects: 0,
    clockOffsetMs: null, nextAttemptInMs: null, symbols: [],
  };
}

/** See `FeedSupervisor`. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new FeedSupervisor(options);
}
