import { setTimeout as delay } from 'node:timers/promises';
import type { Instrument } from '@/core/market/instrument';
import { backoffDelay } from '@/core/util/backoff';
import type { CandleBackfill } from '../base/backfill';
import type { Connector, ConnectorContext, VenueStatus } from '../base/connector';
import { HTTP_DEFAULTS, VenueHttp, type HttpOptions } from '../base/http';
import type { Link } from '../base/link';
import { ClockOffset, RateMeter } from '../base/measure';
import { sessionStatus } from '../base/status';
import { SESSION_DEFAULTS, VenueSession, type SessionLimits } from '../base/session';
import { Subscriptions } from '../base/subscriptions';
import type { CoinbaseMapped } from './mapped';
import type { CoinbaseProduct } from './raw';
import { CoinbaseRest, createCoinbaseBackfill } from './rest';
import { mayBeListed, toCoinbase, toInstrument } from './symbols';
import { CoinbaseTranslator } from './translate';

export interface CoinbaseOptions {
  readonly limits: SessionLimits;
  readonly http: HttpOptions;
  /** Order books as well; costs the venue's level2 stream and a snapshot of up to 5 MB per product. */
  readonly books: boolean;
  /** Time an accepted stream may stay without a message before it counts as silent, ms. */
  readonly silentStreamMs: number;
  /** Longest wait for the list of products before subscriptions are sent without it, ms; the venue cuts after 5 s. */
  readonly listingsWaitMs: number;
  /** Silence of the venue's heartbeat, one a second, after which the connection is given up, ms. */
  readonly heartbeatMs: number;
  /** Shortest time between two requests for new book snapshots, ms; one that has not come is asked for again after five times this. */
  readonly resyncMs: number;
}

export const COINBASE_DEFAULTS: CoinbaseOptions = {
  // A book comes as one frame of 5 MB; eight messages a second are allowed per address; pairs may be thin, and the heartbeat
  // tells a dead connection sooner than silence does; the venue names no end of life of a connection.
  limits: { ...SESSION_DEFAULTS, maxMessageBytes: 16 * 2 ** 20, messagesPerSecond: 5, maxQueued: 512, staleMs: 15_000, silentMs: 45_000, maxAgeMs: Number.POSITIVE_INFINITY },
  http: HTTP_DEFAULTS,
  books: false,
  silentStreamMs: 120_000,
  listingsWaitMs: 2_500,
  heartbeatMs: 10_000,
  resyncMs: 2_000,
};

const PRODUCTS_PER_MESSAGE = 30;
/** Calls a minute that we allow ourselves; the venue allows several a second. */
const CALLS_PER_MINUTE = 240;
const LISTINGS_RETRY = { firstMs: 5_000, baseMs: 10_000, capMs: 300_000 };

/** The live feed: sockets, subscriptions and REST of Coinbase. What messages mean is the translator's business. */
export class CoinbaseFeed implements Connector {
  readonly id = 'coinbase';
  private readonly session: VenueSession;
  private readonly subscriptions: Subscriptions;
  private readonly meter = new RateMeter();
  private readonly offset = new ClockOffset();
  private readonly wanted: ReadonlyMap<string, Instrument>;
  private readonly channels: readonly string[];
  private served: Map<string, string>;
  private translator: CoinbaseTranslator;
  private abort = new AbortController();
  private backfill: CandleBackfill | null = null;
  private ticker: NodeJS.Timeout | null = null;
  /** Subscriptions may be sent: the list of products is here, or was waited for long enough. */
  private ready = false;
  private listingsKnown = false;
  /** Wall time of the newest data, for the range to load after an absence; null when nothing is missing. */
  private lastDataWall: number | null = null;
  private missingSince: number | null = null;
  /** Monotonic ms. */
  private startedAt = 0;
  private lastHeartbeat: number | null = null;
  private lastResync = -Infinity;
  private readonly broken = new Set<string>();
  private holed = false;

  constructor(
    private readonly context: ConnectorContext,
    private readonly options: CoinbaseOptions,
  ) {
    this.wanted = new Map(context.instruments.filter(mayBeListed).map((i) => [toCoinbase(i.symbol), i]));
    this.channels = ['market_trades', 'ticker', ...(options.books ? ['level2'] : [])];
    this.served = new Map();
    this.subscriptions = new Subscriptions(options.silentStreamMs);
    this.translator = this.createTranslator();
    this.session = new VenueSession({
      venue: 'Coinbase',
      hosts: [context.urls.ws],
      clock: context.clock,
      random: context.random,
      log: context.log,
      limits: options.limits,
      address: (host) => host,
      onOpen: (link) => this.opened(link),
      onMessage: (text, at) => this.message(text, at),
      isData: (text) => /^\{"channel":"(market_trades|ticker|l2_data)"/.test(text),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => context.emit({ type: 'feedStatus', venue: this.id, state, reason, receiveTime: context.clock.now() }),
    });
  }

  start(): void {
    if (this.session.state !== 'off' && this.session.state !== 'refused') return;
    const { context, options } = this;
    if (this.wanted.size === 0) {
      context.emit({ type: 'feedStatus', venue: this.id, state: 'off', reason: 'none of the wanted symbols is traded there', receiveTime: context.clock.now() });
      return;
    }
    if (this.session.state === 'refused') this.session.stop();
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const http = new VenueHttp('Coinbase', context.clock, context.hosts.budget(this.id, [{ name: 'REST calls', per: 'minute', limit: CALLS_PER_MINUTE }]), options.http, { hosts: context.hosts });
    const rest = new CoinbaseRest(context.urls.rest.replace(/\/+$/, ''), http, signal);
    this.translator = this.createTranslator();
    this.backfill = createCoinbaseBackfill(rest, this.translator.mapper, { ...context, signal, offsetMs: () => this.offset.offsetMs, retry: options.limits.backoff });
    this.served = new Map([...this.wanted].map(([productId, i]) => [productId, i.symbol]));
    this.subscriptions.drop(this.subscriptions.wanted);
    this.ready = false;
    this.listingsKnown = false;
    this.startedAt = context.clock.monotonic();
    if (this.ticker) clearInterval(this.ticker);
    this.ticker = setInterval(() => this.tick(), Math.min(1_000, options.resyncMs / 4, options.listingsWaitMs / 4));
    this.session.start();
    void this.loadListings(rest, signal);
  }

  stop(): Promise<void> {
    this.halt('stopped');
    return Promise.resolve();
  }

  refill(): void {
    this.missingSince = null;
    this.backfill?.full(this.served);
  }

  status(): VenueStatus {
    return sessionStatus({ id: this.id, name: 'Coinbase' }, this.session, { meter: this.meter, offset: this.offset }, this.served, this.context.clock.monotonic());
  }

  private halt(reason: string): void {
    this.abort.abort();
    if (this.ticker) clearInterval(this.ticker);
    this.ticker = null;
    this.translator.cut(reason, this.context.clock.now());
    this.session.stop(reason);
  }

  private createTranslator(): CoinbaseTranslator {
    return new CoinbaseTranslator({
      kind: 'live',
      route: 'socket',
      symbolOf: (productId) => this.served.get(this.requested(productId)) ?? null,
      emit: this.context.emit,
      resync: (productIds, hole) => this.needSnapshots(productIds, hole),
      readLarge: (slice) => this.turnByTurn(slice),
      now: () => this.context.clock.now(),
    });
  }

  /** Products in USDC share the book in USD and are answered under that name. */
  private requested(productId: string): string {
    return !this.served.has(productId) && productId.endsWith('-USD') ? `${productId}C` : productId;
  }

  /** Parses a large frame between other work, so that it never holds the process. */
  private turnByTurn(slice: () => boolean): void {
    const { signal } = this.abort;
    const turn = (): void => {
      if (!signal.aborted && !slice()) setImmediate(turn);
    };
    setImmediate(turn);
  }

  // Subscriptions

  /** One channel a frame. Without the list of products each goes alone: an unknown one spoils the whole request. */
  private requests(type: 'subscribe' | 'unsubscribe', productIds: readonly string[], channels = this.channels): readonly string[] {
    const size = this.listingsKnown ? PRODUCTS_PER_MESSAGE : 1;
    const frames: string[] = [];
    for (let i = 0; i < productIds.length; i += size) {
      for (const channel of channels) frames.push(JSON.stringify({ type, product_ids: productIds.slice(i, i + size), channel }));
    }
    return frames;
  }

  private streamsOf(productId: string): readonly string[] {
    return this.channels.map((channel) => `${channel}:${productId}`);
  }

  /** The heartbeat is asked for at once: it keeps the connection open, and the venue cuts those that ask for nothing within 5 s. */
  private opened(link: Link): void {
    const now = this.context.clock.monotonic();
    if (link.generation === this.session.linkGeneration) this.subscriptions.reset(now);
    this.lastResync = now;
    link.send(JSON.stringify({ type: 'subscribe', channel: 'heartbeats' }));
    if (this.ready) for (const frame of this.requests('subscribe', [...this.served.keys()])) link.send(frame);
  }

  private becomeReady(): void {
    if (this.ready) return;
    this.ready = true;
    this.subscriptions.want([...this.served.keys()].flatMap((p) => this.streamsOf(p)), this.context.clock.monotonic());
    for (const frame of this.requests('subscribe', [...this.served.keys()])) this.session.send(frame);
  }

  // Messages

  private message(text: string, at: number): boolean {
    const now = this.context.clock.monotonic();
    this.meter.add(now);
    this.context.metrics.venueMessages.inc({ venue: this.id });
    this.context.watchRaw?.(text);
    const mapped = this.translator.frame(text, at);
    if (mapped.type === 'data') return this.delivered(mapped, at, now);
    if (mapped.type === 'ack') for (const stream of mapped.streams) this.subscriptions.confirmed(stream, now);
    else if (mapped.type === 'heartbeat') this.lastHeartbeat = now;
    else if (mapped.type === 'error') this.venueError(mapped.words, at);
    return false;
  }

  private delivered(mapped: Extract<CoinbaseMapped, { type: 'data' }>, at: number, now: number): boolean {
    for (const stream of mapped.streams) {
      const [channel = '', productId = ''] = stream.split(':');
      this.subscriptions.delivered(`${channel}:${this.requested(productId)}`);
    }
    if (mapped.events.length === 0 && mapped.books.length === 0) return false;
    const trade = mapped.events.findLast((e) => e.type === 'trade');
    if (trade && trade.venueTime !== null) this.offset.add(at, trade.venueTime, now);
    this.lastDataWall = at;
    if (this.missingSince !== null) {
      this.backfill?.missed(this.served, this.missingSince);
      this.missingSince = null;
    }
    return true;
  }

  private venueError(words: string, at: number): void {
    const detail = `Coinbase refused a request (${words})`;
    this.context.log.warn(detail);
    this.context.emit({ type: 'badInput', venue: this.id, symbol: null, code: 'bad_payload', detail, receiveTime: at });
  }

  private switched(planned: boolean, reason: string): void {
    this.context.metrics.venueReconnects.inc({ venue: this.id, reason: planned ? 'planned' : 'lost' });
    this.lastHeartbeat = null;
    this.broken.clear();
    this.holed = false;
    this.translator.cut(reason, this.context.clock.now());
    if (!planned) this.missingSince ??= this.lastDataWall;
  }

  // Repairs

  private needSnapshots(productIds: readonly string[], hole: boolean): void {
    for (const productId of productIds) this.broken.add(this.requested(productId));
    if (hole) {
      this.holed = true;
      this.missingSince ??= this.lastDataWall;
    }
    this.repair();
  }

  /** A new subscription brings a new snapshot: of the books, and after a hole of the latest trades. */
  private repair(): void {
    const now = this.context.clock.monotonic();
    if ((this.broken.size === 0 && !this.holed) || now - this.lastResync < this.options.resyncMs) return;
    this.lastResync = now;
    const channels: (readonly [string, readonly string[]])[] = [['level2', [...this.broken]], ['market_trades', this.holed ? [...this.served.keys()] : []]];
    for (const [channel, productIds] of channels) {
      for (const type of ['unsubscribe', 'subscribe'] as const) for (const frame of this.requests(type, productIds, [channel])) this.session.send(frame);
    }
    this.broken.clear();
    this.holed = false;
  }

  private tick(): void {
    const now = this.context.clock.monotonic();
    if (now - this.startedAt >= this.options.listingsWaitMs) this.becomeReady();
    if (this.lastHeartbeat !== null && now - this.lastHeartbeat >= this.options.heartbeatMs) {
      this.lastHeartbeat = null;
      this.session.abandon(`no heartbeat for ${Math.round(this.options.heartbeatMs / 1_000)} s`);
    }
    // A snapshot that was asked for and has not come is asked for again.
    if (this.session.state === 'live' && now - this.lastResync >= 5 * this.options.resyncMs) for (const p of this.translator.emptyBooks) this.broken.add(this.requested(p));
    this.repair();
    this.expireSilent(now);
  }

  /** When every stream of a product is silent, say so. */
  private expireSilent(now: number): void {
    const silent = new Set(this.subscriptions.expire(now).map((s) => s.split(':')[1] ?? ''));
    for (const productId of silent) {
      if (!this.streamsOf(productId).every((s) => this.subscriptions.state(s) === 'silent')) continue;
      const symbol = this.served.get(productId) ?? null;
      this.context.emit({ type: 'badInput', venue: this.id, symbol, code: 'unknown_symbol', detail: `Coinbase sends nothing for ${productId}`, receiveTime: this.context.clock.now() });
    }
  }

  // Products

  /** Tick and lot sizes, and which products trade. Until it answers, the built-in facts serve. */
  private async loadListings(rest: CoinbaseRest, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted && !this.listingsKnown; attempt += 1) {
      const answer = await rest.products();
      if (signal.aborted) return;
      if (answer.ok) return this.useListings(answer.value);
      const { kind, words, retryAfterMs } = answer.error;
      this.context.log[attempt === 1 ? 'warn' : 'debug']({ reason: words, attempt }, 'no list of products from Coinbase; the built-in facts serve');
      this.becomeReady();
      if (kind === 'refused') return;
      const wait = retryAfterMs ?? backoffDelay(attempt, this.context.random(), LISTINGS_RETRY);
      await delay(wait, undefined, { signal, ref: false }).catch(() => signal.aborted);
    }
  }

  private useListings(listings: ReadonlyMap<string, CoinbaseProduct>): void {
    this.listingsKnown = true;
    for (const [productId, instrument] of this.wanted) {
      const listed = listings.get(productId);
      if (!listed?.trading) this.unserve(productId, listed ? 'halted' : 'not listed');
      else if (listed.alias !== '' && this.wanted.has(listed.alias)) this.unserve(productId, `the same book as ${listed.alias}`);
      else this.context.emit({ type: 'instrument', venue: this.id, instrument: toInstrument(listed, instrument, this.id), receiveTime: this.context.clock.now() });
    }
    if (this.served.size === 0) this.halt('none of the wanted symbols is traded there');
    else this.becomeReady();
  }

  private unserve(productId: string, status: string): void {
    this.context.log.info({ symbol: productId, status }, 'product does not trade on Coinbase');
    this.served.delete(productId);
    this.subscriptions.drop(this.streamsOf(productId));
    if (this.ready) for (const frame of this.requests('unsubscribe', [productId])) this.session.send(frame);
  }
}
