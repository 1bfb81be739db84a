import type { FeedStateName } from '@/core/contract';
import type { BadInputEvent, InputEvent, MarketInput } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { err, type Result } from '@/core/util/result';
import type { CandleBackfill } from './backfill';
import type { ConnectorContext, OlderCandles, OlderQuery, VenueStatus } from './connector';
import { FALLBACK_DEFAULTS, RestFallback, type FallbackTimes } from './fallback';
import type { BudgetRule, BudgetStatus } from './budget';
import { VenueHttp, type HttpAccess, type HttpFailure, type HttpOptions } from './http';
import { keepListings, LISTINGS_AGAIN_MS, type Listed } from './listings';
import { createSampler } from '../../observability/hops';
import { ClockOffset, LagMeter, RateMeter } from './measure';
import type { VenueSession } from './session';
import { sessionStatus } from './status';
import type { Subscriptions } from './subscriptions';

/** What the shared part needs to know of one venue. */
export interface VenueFeedOptions {
  readonly id: string;
  readonly name: string;
  readonly context: ConnectorContext;
  /** Symbols it may list, by its own name of them; its own list is final. */
  readonly wanted: ReadonlyMap<string, Instrument>;
  /** Symbols of its asset classes that it cannot list, and why. */
  readonly impossible?: ReadonlyMap<string, string>;
  readonly books: boolean;
  /** What it allows by REST, or what we allow ourselves below it. */
  readonly budgets: readonly BudgetRule[];
  readonly http: HttpOptions;
  /** Headers and keys of its calls. */
  readonly access?: Pick<HttpAccess, 'headers' | 'secrets'>;
  /** Times of the REST fallback; `afterMs` is the socket's stale limit. */
  readonly fallback: Partial<FallbackTimes> & Pick<FallbackTimes, 'afterMs'>;
  /** Time between two readings of the list of symbols, ms; an hour when absent. */
  readonly listingsMs?: number;
  readonly session: () => VenueSession;
  /** Every stream of a symbol by the present choice of books. */
  readonly streamsOf: (venueSymbol: string) => readonly string[];
  /** Who keeps the states of these streams. */
  readonly subscriptions: () => readonly Subscriptions[];
  /** Asks for those streams of a symbol that were not asked for yet. */
  readonly join: (venueSymbol: string) => void;
  /** Takes back streams and book of a symbol; it is still served, so that its last states can be told. */
  readonly leave: (venueSymbol: string, reason: string) => void;
  /** Present prices by REST. */
  readonly poll: () => Promise<Result<readonly MarketInput[], HttpFailure>>;
}

/** Books of one venue: each costs memory, and most of them a snapshot at every connection. */
export const MAX_BOOKS = 64;
/** Why books that were good begin again. */
export const BOOKS_ANEW = 'order books are loaded anew';
/** Why one book is loaded anew whose numbers follow one another. */
export const BOOK_CROSSED = 'the best bid was not below the best ask';
const EXPIRE_EVERY_MS = 1_000;

/**
 * What the feeds of all keyless venues share: which symbols are served and why others are not, the list of symbols, missed
 * candles, measurements, prices by REST while the socket is away, and the status made of all this.
 */
export class VenueFeed {
  /** Canonical symbol by venue symbol. */
  readonly served = new Map<string, string>();
  /** Venue symbols whose order book is asked for. */
  readonly booked = new Set<string>();
  readonly offset = new ClockOffset();
  readonly fallback: RestFallback;
  /** Its REST calls; their budget outlives stops and starts. */
  readonly http: VenueHttp;
  backfill: CandleBackfill | null = null;
  private readonly meter = new RateMeter();
  private readonly lag = new LagMeter();
  private readonly sample = createSampler();
  private readonly gone = new Map<string, string>();
  /** Symbols that the venue's list has shown as trading. */
  private readonly traded = new Set<string>();
  private abort = new AbortController();
  private unknown = 0;
  private expiredAt = 0;
  /** Wall time of the newest data, for the range to load after an absence; null when nothing is missing. */
  private lastDataWall: number | null = null;
  private missingSince: number | null = null;

  constructor(private readonly options: VenueFeedOptions) {
    const { context } = options;
    const { hosts } = context;
    this.http = new VenueHttp(options.name, context.clock, hosts.budget(options.id, options.budgets), options.http, { ...options.access, hosts });
    this.fallback = new RestFallback({
      times: { ...FALLBACK_DEFAULTS, ...options.fallback },
      clock: context.clock, random: context.random, poll: options.poll,
      socket: () => options.session(),
      emit: (event) => this.emit(event),
      changed: () => this.tell(options.session().state, options.session().reason),
    });
  }

  /** Symbols it may list, by its own name of them. */
  get wanted(): ReadonlyMap<string, Instrument> {
    return this.options.wanted;
  }

  /** Ends with the present run. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Passes an event on, counting what the connector does not know. */
  readonly emit = (event: MarketInput | BadInputEvent): void => {
    if (event.type === 'badInput' && event.code === 'unknown_type') {
      this.unknown += 1;
      this.options.context.metrics.venueUnknown.inc({ venue: this.options.id });
    }
    this.options.context.emit(event);
  };

  /** Makes ready for a start; false when nothing of what is wanted can be served, which is told. */
  begin(): boolean {
    const { options } = this;
    this.abort.abort();
    this.abort = new AbortController();
    this.gone.clear();
    this.traded.clear();
    this.served.clear();
    this.booked.clear();
    if (options.wanted.size === 0) {
      this.tell('off', 'none of the wanted symbols is traded there');
      return false;
    }
    for (const [venueSymbol, { symbol }] of options.wanted) this.add(venueSymbol, symbol);
    return true;
  }

  /** Ends what `begin` began. */
  end(): void {
    this.abort.abort();
    this.fallback.stop();
  }

  /** State of the session as an event, with what REST does meanwhile. */
  tell(state: FeedStateName, reason: string): void {
    const { context, id } = this.options;
    context.emit({ type: 'feedStatus', venue: id, state, reason: this.reasonWith(reason), receiveTime: context.clock.now() } satisfies InputEvent);
  }

  /** A message came; returns the monotonic time. */
  received(text: string): number {
    const { context, id } = this.options;
    const now = context.clock.monotonic();
    this.meter.add(now);
    context.metrics.venueMessages.inc({ venue: id });
    context.watchRaw?.(text);
    return now;
  }

  /** A message was data; `venueTime` is the venue's time of sending it, null when it has none. */
  delivered(at: number, now: number, venueTime: number | null, fillsGap = true): void {
    if (venueTime !== null) {
      this.offset.add(at, venueTime, now);
      this.lag.add(at, venueTime);
      if (this.sample()) this.hop(at - venueTime);
    }
    if (!fillsGap) return;
    this.lastDataWall = at;
    if (this.missingSince === null) return;
    this.backfill?.missed(this.served, this.missingSince);
    this.missingSince = null;
  }

  /** The connection in charge changed; what an unplanned change may have cost is loaded with the next data. */
  switched(planned: boolean, words: string): void {
    this.reconnected(planned, words);
    if (!planned) this.missed();
  }

  /** One of the connections is another one now. */
  reconnected(planned: boolean, words: string): void {
    const reason = planned ? 'planned' : 'lost';
    this.options.context.metrics.venueReconnects.inc({ venue: this.options.id, reason });
    this.options.context.log.info({ venue: this.options.id, reason, words }, 'a connection to a source changed');
  }

  /** Something was lost since the newest data. */
  missed(): void {
    this.missingSince ??= this.lastDataWall;
  }

  refill(): void {
    this.missingSince = null;
    this.backfill?.full(this.served);
  }

  /** See `Connector.older`. */
  older({ symbol, interval, before, rows }: OlderQuery): Promise<Result<OlderCandles, string>> {
    const venueSymbol = [...this.served].find(([, ours]) => ours === symbol)?.[0];
    if (!this.backfill || venueSymbol === undefined) return Promise.resolve(err(`${this.options.name} does not serve ${symbol} now`));
    return this.backfill.older(venueSymbol, symbol, interval, before, rows);
  }

  /** Reads the venue's list of symbols now and once an hour. */
  keepListings(load: () => Promise<Result<ReadonlyMap<string, Listed>, HttpFailure>>, use: (listings: ReadonlyMap<string, Listed>) => void, failed?: () => void): void {
    const { name: venue, context, listingsMs: againMs = LISTINGS_AGAIN_MS } = this.options;
    void keepListings({ venue, load, use, ...(failed ? { failed } : {}), random: context.random, log: context.log, signal: this.signal, againMs });
  }

  /** Serves what the list shows as trading and nothing else. `partial`: a list of changes; what it does not name stays as it is. */
  take(listings: ReadonlyMap<string, Listed>, partial = false): void {
    const { context, id } = this.options;
    for (const [venueSymbol, { symbol }] of this.options.wanted) {
      const listed = listings.get(venueSymbol);
      if (!listed && partial) continue;
      const idle = listed ? listed.idle : this.traded.has(venueSymbol) ? 'delisted: no longer in its list' : 'not listed';
      if (idle !== null) {
        this.unserve(venueSymbol, idle);
        continue;
      }
      this.traded.add(venueSymbol);
      if (listed) context.emit({ type: 'instrument', venue: id, instrument: listed.instrument, receiveTime: context.clock.now() });
      if (!this.served.has(venueSymbol)) this.serve(venueSymbol, symbol);
    }
    this.spreadBooks();
  }

  /** Leaves a symbol out, and says why. */
  unserve(venueSymbol: string, reason: string): void {
    const symbol = this.served.get(venueSymbol);
    const known = this.options.wanted.get(venueSymbol)?.symbol;
    if (known !== undefined) this.gone.set(known, reason);
    if (symbol === undefined) return;
    this.options.context.log.info({ symbol, reason }, `symbol is not served by ${this.options.name}`);
    this.options.leave(venueSymbol, reason);
    this.served.delete(venueSymbol);
    this.booked.delete(venueSymbol);
  }

  /** Some venues accept any name and stay silent: when every stream of a symbol is silent, it is said. */
  expireSilent(symbolOfStream: (stream: string) => string, now: number, at: number): void {
    if (now - this.expiredAt < EXPIRE_EVERY_MS) return;
    this.expiredAt = now;
    const silent = new Set(this.options.subscriptions().flatMap((s) => s.expire(now)).map(symbolOfStream));
    for (const venueSymbol of silent) {
      const symbol = this.served.get(venueSymbol);
      if (symbol === undefined || !this.everyStream(venueSymbol, 'silent')) continue;
      this.emit({ type: 'badInput', venue: this.options.id, symbol, code: 'unknown_symbol', detail: `${this.options.name} sends nothing for ${venueSymbol}`, receiveTime: at });
    }
  }

  /** `budgets`: those beside REST calls and messages of the socket. */
  status(budgets: readonly BudgetStatus[] = []): VenueStatus {
    const { id, name, context } = this.options;
    const now = context.clock.monotonic();
    const session = this.options.session();
    const base = sessionStatus({ id, name }, session, { meter: this.meter, offset: this.offset }, this.served, now);
    const quiet = [...this.served].flatMap(([venueSymbol, symbol]) => {
      const reason = this.quietReason(venueSymbol);
      return reason === null ? [] : [{ symbol, reason }];
    });
    const away = new Set(quiet.map((q) => q.symbol));
    const polled = this.fallback.lastPriceAt;
    return {
      ...base,
      reason: this.reasonWith(base.reason) + this.bookWords(),
      lastMessageAgeMs: polled === null ? base.lastMessageAgeMs : Math.min(now - polled, base.lastMessageAgeMs ?? Infinity),
      symbols: base.symbols.filter((symbol) => !away.has(symbol)),
      subscriptions: sum(this.options.subscriptions()),
      unserved: [...[...this.options.impossible ?? [], ...this.gone].map(([symbol, reason]) => ({ symbol, reason })), ...quiet],
      budgets: [...this.http.budget.status(), session.messageBudget, ...budgets],
      unknownMessages: this.unknown,
      lagMs: this.lag.lagMs(this.offset.offsetMs),
      circuit: this.fallback.breaker.state(now),
      fallback: this.fallback.serving,
    };
  }

  /** One delay for the histogram of this hop. */
  private hop(delayMs: number): void {
    const { id, context: { metrics } } = this.options;
    metrics.venueHop.observe({ venue: id }, Math.max(0, delayMs + (this.offset.offsetMs ?? 0)) / 1_000);
    const { errorMs } = this.offset;
    if (errorMs !== null) metrics.venueClockError.set({ venue: id }, errorMs);
  }

  private serve(venueSymbol: string, symbol: string): void {
    this.gone.delete(symbol);
    this.add(venueSymbol, symbol);
    this.options.context.log.info({ symbol }, `symbol trades again on ${this.options.name}`);
    this.options.join(venueSymbol);
  }

  private add(venueSymbol: string, symbol: string): void {
    this.served.set(venueSymbol, symbol);
    if (this.options.books && this.booked.size < MAX_BOOKS) this.booked.add(venueSymbol);
  }

  /** Places for books that others gave up go to those without. */
  private spreadBooks(): void {
    if (!this.options.books) return;
    for (const venueSymbol of this.served.keys()) {
      if (this.booked.size >= MAX_BOOKS) return;
      if (this.booked.has(venueSymbol)) continue;
      this.booked.add(venueSymbol);
      this.options.join(venueSymbol);
    }
  }

  private everyStream(venueSymbol: string, state: 'silent' | 'rejected'): boolean {
    const keepers = this.options.subscriptions();
    return this.options.streamsOf(venueSymbol).every((stream) => keepers.some((keeper) => keeper.state(stream) === state));
  }

  private quietReason(venueSymbol: string): string | null {
    const words = () => {
      const [first = ''] = this.options.streamsOf(venueSymbol);
      return this.options.subscriptions().map((keeper) => keeper.reason(first)).find((reason) => reason !== '') ?? '';
    };
    if (this.everyStream(venueSymbol, 'silent')) return `silent: ${words()}`;
    return this.everyStream(venueSymbol, 'rejected') ? `refused by ${this.options.name}: ${words()}` : null;
  }

  private reasonWith(reason: string): string {
    const { words } = this.fallback;
    return words === '' ? reason : `${reason}; ${words}`;
  }

  private bookWords(): string {
    const without = this.options.books ? this.served.size - this.booked.size : 0;
    return without > 0 ? `; ${without} symbols without an order book (${MAX_BOOKS} at most)` : '';
  }
}

function sum(keepers: readonly Subscriptions[]): VenueStatus['subscriptions'] {
  const total = { pending: 0, confirmed: 0, active: 0, silent: 0, rejected: 0 };
  for (const keeper of keepers) {
    const counts = keeper.counts();
    for (const state of Object.keys(total) as (keyof typeof total)[]) total[state] += counts[state];
  }
  return total;
}
