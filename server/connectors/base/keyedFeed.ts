import type { FeedStateName } from '@/core/contract';
import { sessionAt } from '@/core/market/calendar';
import type { QuoteEvent, TickerEvent, TradeEvent } from '@/core/market/events';
import type { AssetClass, Instrument } from '@/core/market/instrument';
import { ok, type Result } from '@/core/util/result';
import { CircuitBreaker } from './breaker';
import type { BudgetRule } from './budget';
import type { ConnectorContext, VenueStatus } from './connector';
import { scrubber, type HttpFailure, type HttpOptions } from './http';
import type { Link } from './link';
import { closedWords } from './marketHours';
import { Poller, type PollTaken } from './poller';
import { VenueSession, type SessionLimits } from './session';
import { Subscriptions } from './subscriptions';
import { VenueFeed } from './venueFeed';

/** Times of a price feed, ms. */
export interface KeyedTimes {
  /** A stream that never delivered in its open market for this long counts as silent. */
  readonly silentStreamMs: number;
  /** Time the socket has for the first value of a symbol before REST is asked. */
  readonly firstMs: number;
  /** Silence of a symbol after which REST is asked while the socket is away ... */
  readonly awayMs: number;
  /** ... and while it delivers other symbols. */
  readonly thinMs: number;
  /** Time between two looks at what REST should bring. */
  readonly lookMs: number;
}
export const KEYED_TIMES: KeyedTimes = { silentStreamMs: 60_000, firstMs: 5_000, awayMs: 10_000, thinMs: 60_000, lookMs: 1_000 };

/** How the prices of a venue are polled. */
export interface KeyedPoll {
  readonly rules: readonly BudgetRule[];
  readonly http: HttpOptions;
  readonly headers: Readonly<Record<string, string>>;
  /** Least time between two calls, ms. */
  readonly spacingMs: number;
  readonly batch: number;
  /** `all` = number of symbols that need REST now, these among them. */
  readonly ask: (venueSymbols: readonly string[], all: number) => Promise<Result<PollTaken, HttpFailure>>;
}

export interface KeyedFeedOptions {
  readonly id: string;
  readonly name: string;
  readonly keyVariable: string;
  readonly context: ConnectorContext;
  /** By the venue's name of them, in the order of preference. */
  readonly wanted: ReadonlyMap<string, Instrument>;
  /** Symbols that one connection may ask for. */
  readonly socketSymbols: number;
  readonly limits: SessionLimits;
  readonly times: KeyedTimes;
  /** Full address with the key, which no text of ours ever shows. */
  readonly address: (key: string) => string;
  readonly subscribe: (link: Link, venueSymbols: readonly string[]) => void;
  /** One message, without the key; true when it was usable market data. */
  readonly message: (text: string, at: number, now: number) => boolean;
  readonly isData: (text: string) => boolean;
  readonly switched?: () => void;
  readonly leave: (venueSymbol: string) => void;
  readonly poll: KeyedPoll;
}

type Value = TradeEvent | TickerEvent | QuoteEvent;

/**
 * What price feeds with a key share: one socket whose silence is judged in market hours only, the symbols it delivers, and REST by
 * need and budget for those it does not: beyond its limit, refused, silent, or all of them while it is away. While REST serves,
 * the feed counts as live and its words say by which way.
 */
export class KeyedFeed {
  readonly session: VenueSession;
  readonly subscriptions: Subscriptions;
  readonly shared: VenueFeed;
  /** Takes our key out of a text of the venue. */
  readonly scrub: (text: string) => string;
  private readonly breaker = new CircuitBreaker();
  private readonly poller: Poller;
  private readonly announced = new Map<string, number>();
  private readonly proven = new Set<AssetClass>();
  /** Monotonic ms of the newest value by way and venue symbol. */
  private readonly socketAt = new Map<string, number>();
  private readonly restAt = new Map<string, number>();
  /** Symbols that REST does not have for this key, and why. */
  private readonly restless = new Map<string, string>();
  /** Wall ms of the newest value by venue symbol. */
  private readonly valueWall = new Map<string, number>();
  private startedAt = 0;
  private told = '';

  constructor(private readonly options: KeyedFeedOptions) {
    const { context, id, name, poll, times, wanted } = options;
    const secrets = context.key === null ? [] : [context.key];
    this.scrub = scrubber(secrets);
    this.subscriptions = new Subscriptions(times.silentStreamMs);
    this.shared = new VenueFeed({
      id, name, context, wanted, books: false, budgets: poll.rules, http: poll.http, access: { headers: poll.headers, secrets }, fallback: { afterMs: Infinity }, poll: () => Promise.resolve(ok([])),
      session: () => this.session, streamsOf: (venueSymbol) => [venueSymbol], subscriptions: () => [this.subscriptions],
      join: () => undefined, leave: (venueSymbol) => this.leave(venueSymbol),
    });
    this.session = this.createSession();
    this.poller = new Poller({
      clock: context.clock, random: context.random, symbols: [...wanted.keys()], needed: (venueSymbol) => this.wants(venueSymbol),
      batch: poll.batch, weight: (symbols) => symbols, spacingMs: poll.spacingMs, budget: this.shared.http.budget, breaker: this.breaker,
      ask: (venueSymbols) => poll.ask(venueSymbols, [...wanted.keys()].filter((s) => this.wants(s)).length), changed: () => this.look(), lookMs: times.lookMs,
    });
  }

  /** false when there is nothing to run. */
  start(): boolean {
    const { session, options } = this;
    if (session.state !== 'off' && session.state !== 'refused') return false;
    if (session.state === 'refused') session.stop();
    if (options.context.key === null) {
      session.stop(`it needs a key: set ${options.keyVariable}`);
      return false;
    }
    if (!this.shared.begin()) return false;
    this.forget();
    this.restless.clear();
    this.startedAt = this.now();
    this.subscriptions.drop(this.subscriptions.wanted);
    this.subscriptions.want([...this.shared.served.keys()].slice(0, options.socketSymbols), this.now());
    session.start();
    this.poller.start();
    return true;
  }

  stop(): Promise<void> {
    this.poller.stop();
    this.shared.end();
    this.session.stop();
    return Promise.resolve();
  }

  /** Values shown before are lost: each symbol needs one again, and its history where there is one. */
  refill(): void {
    this.forget();
    this.poller.again();
    this.shared.refill();
  }

  /** Passes a value on; the first one of a symbol tells that the venue has it, and its price step. */
  deliver(venueSymbol: string, event: Value, tickSize: number | null = null): void {
    const now = this.now();
    const instrument = this.options.wanted.get(venueSymbol);
    this.valueWall.set(venueSymbol, this.options.context.clock.now());
    if (event.route === 'rest') this.restAt.set(venueSymbol, now);
    else {
      this.socketAt.set(venueSymbol, now);
      this.subscriptions.delivered(venueSymbol);
      if (instrument) this.proven.add(instrument.assetClass);
    }
    if (instrument) this.announce(venueSymbol, instrument, tickSize ?? this.announced.get(venueSymbol) ?? instrument.tickSize, event.receiveTime);
    this.shared.emit(event);
  }

  /** REST does not have this symbol for this key: it is left to the socket until the next start. */
  lacks(venueSymbol: string, reason: string): void {
    this.restless.set(venueSymbol, this.scrub(reason));
  }

  refused(code: 'bad_payload' | 'bad_number' | 'unknown_symbol' | 'unknown_type' | 'bad_json', symbol: string | null, detail: string, at: number): void {
    this.shared.emit({ type: 'badInput', venue: this.options.id, symbol, code, detail: this.scrub(detail), receiveTime: at });
  }

  status(): VenueStatus {
    const { session, shared } = this;
    const now = this.now();
    const asked = this.subscriptions.wanted.length;
    const base = shared.status([{ name: 'symbols', per: 'connection', limit: this.options.socketSymbols, used: asked, resetsInMs: null }]);
    const valued = new Set<string>();
    const lacking = new Map<string, string>();
    for (const [venueSymbol, symbol] of shared.served) {
      const reason = this.restless.get(venueSymbol);
      if (this.valued(venueSymbol)) valued.add(symbol);
      else if (reason !== undefined) lacking.set(symbol, reason);
    }
    // A silent or refused stream leaves REST, which is asked when nobody better has the symbol.
    const streamless = base.unserved.filter(({ symbol }) => !valued.has(symbol) && !lacking.has(symbol))
      .map(({ symbol, reason }) => ({ symbol, reason: [...shared.served.values()].includes(symbol) ? `${reason}; by REST when no better source has it` : reason }));
    const unserved = [...streamless, ...Array.from(lacking, ([symbol, reason]) => ({ symbol, reason }))];
    const out = new Set(unserved.map(({ symbol }) => symbol));
    const newest = Math.max(session.lastDataAt ?? -Infinity, ...this.restAt.values());
    return {
      ...base, ...this.summary(true), unserved, symbols: [...shared.served.values()].filter((symbol) => !out.has(symbol)),
      lastMessageAgeMs: Number.isFinite(newest) ? now - newest : null, circuit: this.breaker.state(now), fallback: this.byRest().length > 0,
    };
  }

  private now(): number {
    return this.options.context.clock.monotonic();
  }

  private createSession(): VenueSession {
    const { options, scrub } = this;
    const { context, name } = options;
    const key = context.key ?? '';
    return new VenueSession({
      venue: name, hosts: [context.urls.ws], clock: context.clock, random: context.random, log: context.log, limits: options.limits, secret: key,
      address: () => options.address(encodeURIComponent(key)),
      onOpen: (link) => {
        this.subscriptions.reset(this.now());
        options.subscribe(link, this.subscriptions.wanted);
      },
      onMessage: (raw, at) => {
        const text = scrub(raw);
        return options.message(text, at, this.shared.received(text));
      },
      isData: options.isData,
      onSwitch: (planned, reason) => {
        this.shared.switched(planned, reason);
        options.switched?.();
      },
      onState: () => this.tell(),
      quiet: () => this.quiet(),
    });
  }

  private forget(): void {
    this.socketAt.clear();
    this.restAt.clear();
    this.valueWall.clear();
  }

  private valued(venueSymbol: string): boolean {
    return this.socketAt.has(venueSymbol) || this.restAt.has(venueSymbol);
  }

  private leave(venueSymbol: string): void {
    const running = this.subscriptions.state(venueSymbol) !== null;
    this.subscriptions.drop([venueSymbol]);
    if (running) this.options.leave(venueSymbol);
  }

  private announce(venueSymbol: string, instrument: Instrument, tickSize: number, at: number): void {
    if (this.announced.get(venueSymbol) === tickSize) return;
    this.announced.set(venueSymbol, tickSize);
    const { id, context } = this.options;
    const venues = instrument.venues.includes(id) ? instrument.venues : [...instrument.venues, id];
    context.emit({ type: 'instrument', venue: id, instrument: { ...instrument, tickSize, venues }, receiveTime: at });
  }

  /** Silence is judged by the markets that this key has delivered, before that by shares, since keys differ in what else they have. */
  private quiet(): string | null {
    const streams = this.subscriptions.wanted.filter((s) => this.subscriptions.state(s) !== 'rejected');
    if (streams.length === 0) return 'connected; this key has none of the symbols on its socket';
    const classes = new Set(streams.flatMap((s) => this.options.wanted.get(s)?.assetClass ?? []));
    const judged = this.proven.size > 0 ? [...classes].filter((c) => this.proven.has(c)) : classes.has('equity') ? ['equity' as const] : [...classes];
    return closedWords(judged.length > 0 ? judged : classes, this.options.context.clock.now());
  }

  /**
   * Should REST bring this symbol? Where nobody better has it and the socket does not deliver; outside the regular session only
   * one value after it, since REST knows nothing newer then.
   */
  private wants(venueSymbol: string): boolean {
    const { options, session } = this;
    const symbol = this.shared.served.get(venueSymbol);
    const instrument = options.wanted.get(venueSymbol);
    if (symbol === undefined || !instrument || this.restless.has(venueSymbol) || !options.context.needed(symbol)) return false;
    const { firstMs, awayMs, thinMs } = options.times;
    const asked = this.subscriptions.state(venueSymbol);
    if (!this.valued(venueSymbol)) return asked === null || asked === 'rejected' || this.now() - this.startedAt >= firstMs;
    const stateAt = (time: number): string => sessionAt(instrument.assetClass, time).state;
    if (stateAt(options.context.clock.now()) !== 'open') return stateAt(this.valueWall.get(venueSymbol) ?? 0) === 'open';
    return this.now() - (this.socketAt.get(venueSymbol) ?? -Infinity) >= (session.state === 'live' ? thinMs : awayMs);
  }

  /** Symbols whose prices come by REST now. */
  private byRest(): readonly string[] {
    return [...this.shared.served.keys()].filter((venueSymbol) => this.restAt.has(venueSymbol) && this.wants(venueSymbol));
  }

  private look(): void {
    const at = this.options.context.clock.now();
    const open = (venueSymbol: string): boolean => sessionAt(this.options.wanted.get(venueSymbol)?.assetClass ?? 'crypto', at).state === 'open';
    const silent = this.session.state === 'live' ? this.subscriptions.expire(this.now(), open) : [];
    if (silent.length > 0) this.options.context.log.info({ symbols: silent.slice(0, 20) }, `${this.options.name} has sent nothing for these symbols yet`);
    this.tell();
  }

  /** `timed`: with the time of the next call, which changes all the time. */
  private summary(timed: boolean): { readonly state: FeedStateName; readonly reason: string } {
    const { session, shared } = this;
    const { state, reason } = session;
    if (state === 'off') return { state, reason };
    const plan = this.poller.plan();
    const [byRest, all] = [this.byRest().length, shared.served.size];
    const held = plan.state === 'held' || plan.state === 'refused';
    const words = [reason];
    if (byRest > 0) words.push(byRest === all ? 'prices by REST' : `${byRest} of ${all} symbols by REST`);
    if (plan.state !== 'idle' && (held || (timed && byRest > 0))) words.push(`REST: ${plan.words}`);
    // A socket that is away is no fault of the prices that REST brings.
    return { state: byRest > 0 ? 'live' : state, reason: this.scrub(words.join('; ')) };
  }

  private tell(): void {
    const { state, reason } = this.summary(false);
    const text = `${state} ${reason}`;
    if (text === this.told) return;
    this.told = text;
    this.shared.tell(state, reason);
  }
}
