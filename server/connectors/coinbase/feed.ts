import type { MarketInput } from '@/core/market/events';
import { err, ok, type Result } from '@/core/util/result';
import type { ConnectorContext } from '../base/connector';
import type { HttpFailure } from '../base/http';
import type { Listed } from '../base/listings';
import { formFault, selectCrypto } from '../base/selection';
import { VenueSession } from '../base/session';
import { SocketVenue } from '../base/socketVenue';
import { Subscriptions } from '../base/subscriptions';
import { VenueFeed } from '../base/venueFeed';
import type { CoinbaseMapped } from './mapped';
import type { CoinbaseOptions } from './options';
import { CoinbaseRepairs } from './repairs';
import { CoinbaseRest, createCoinbaseBackfill } from './rest';
import { CoinbaseStreams } from './streams';
import { mayBeListed, toCoinbase, toListed } from './symbols';
import { readTicker } from './tickers';
import { CoinbaseTranslator } from './translate';

/** Calls a minute that we allow ourselves; the venue allows several a second. */
const CALLS = { name: 'REST calls', per: 'minute', limit: 240 } as const;
/** The venue tells prices product by product: so many of them at each poll, in turn. */
const PRODUCTS_PER_POLL = 10;

/** The live feed: sockets, subscriptions and REST of Coinbase. What messages mean is the translator's business. */
export class CoinbaseFeed extends SocketVenue {
  readonly id = 'coinbase';
  private readonly session: VenueSession;
  private readonly subscriptions: Subscriptions;
  protected readonly feed: VenueFeed;
  private readonly streams: CoinbaseStreams;
  private readonly repairs: CoinbaseRepairs;
  protected translator: CoinbaseTranslator;
  private rest: CoinbaseRest | null = null;
  private ticker: NodeJS.Timeout | null = null;
  /** Monotonic ms. */
  private startedAt = 0;
  private lastHeartbeat: number | null = null;
  private polled = 0;

  constructor(
    context: ConnectorContext,
    private readonly options: CoinbaseOptions,
  ) {
    super(context);
    this.subscriptions = new Subscriptions(options.silentStreamMs);
    this.feed = new VenueFeed({
      ...options, ...selectCrypto(context.instruments, { name: 'Coinbase', mayBeListed, spell: toCoinbase }),
      id: this.id, name: 'Coinbase', context, budgets: [CALLS], fallback: { afterMs: options.limits.staleMs, ...options.fallback },
      session: () => this.session, subscriptions: () => [this.subscriptions], streamsOf: (p) => this.streams.of(p),
      join: (p) => this.streams.join(p), leave: (p, reason) => this.leave(p, reason), poll: () => this.poll(),
    });
    const { subscriptions, feed } = this;
    this.streams = new CoinbaseStreams({ clock: context.clock, session: () => this.session, subscriptions, served: () => feed.served.keys(), booked: (p) => feed.booked.has(p) });
    this.repairs = new CoinbaseRepairs({ clock: context.clock, paceMs: options.resyncMs, traded: () => [...this.feed.served.keys()], ask: (channel, ids) => this.streams.renew(channel, ids) });
    this.translator = this.createTranslator();
    this.session = new VenueSession({
      venue: 'Coinbase', hosts: [context.urls.ws], clock: context.clock, random: context.random, log: context.log, limits: options.limits,
      address: (host) => host,
      onOpen: (link) => {
        this.repairs.opened();
        this.streams.opened(link);
      },
      onMessage: (text, at) => this.message(text, at),
      isData: (text) => /^\{"channel":"(market_trades|ticker|l2_data)"/.test(text),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => this.feed.tell(state, reason),
    });
  }

  start(): void {
    const { context, options, feed, session } = this;
    if (!this.begin(session)) return;
    const { signal } = feed;
    const rest = new CoinbaseRest(context.urls.rest.replace(/\/+$/, ''), feed.http, signal);
    this.rest = rest;
    this.translator = this.createTranslator();
    feed.backfill = createCoinbaseBackfill(rest, this.translator.mapper, { ...context, signal, offsetMs: () => feed.offset.offsetMs, retry: options.limits.backoff });
    this.streams.reset();
    this.startedAt = context.clock.monotonic();
    if (this.ticker) clearInterval(this.ticker);
    this.ticker = setInterval(() => this.tick(), Math.min(1_000, options.resyncMs / 4, options.listingsWaitMs / 4));
    session.start();
    feed.fallback.start();
    feed.keepListings(() => this.listings(rest), (listings) => this.useListings(listings), () => this.streams.begin());
  }

  stop(): Promise<void> {
    this.halt('stopped');
    return Promise.resolve();
  }

  /** A new connection begins with snapshots. */
  protected override reloadAll(reason: string): void {
    this.session.handOver(reason);
  }

  private halt(reason: string): void {
    this.feed.end();
    if (this.ticker) clearInterval(this.ticker);
    this.ticker = null;
    this.translator.cut(reason, this.context.clock.now());
    this.session.stop(reason);
  }

  private createTranslator(): CoinbaseTranslator {
    return new CoinbaseTranslator({
      kind: 'live', route: 'socket', symbolOf: (productId) => this.feed.served.get(this.requested(productId)) ?? null, emit: this.feed.emit,
      resync: (productIds, hole) => this.needSnapshots(productIds, hole),
      readLarge: (slice) => this.turnByTurn(slice),
      now: () => this.context.clock.now(),
    });
  }

  /** Products in USDC share the book in USD and are answered under that name. */
  private requested(productId: string): string {
    return !this.feed.served.has(productId) && productId.endsWith('-USD') ? `${productId}C` : productId;
  }

  /** Parses a large frame between other work, so that it never holds the process. */
  private turnByTurn(slice: () => boolean): void {
    const { signal } = this.feed;
    const turn = (): void => {
      if (!signal.aborted && !slice()) setImmediate(turn);
    };
    setImmediate(turn);
  }

  private leave(productId: string, reason: string): void {
    this.translator.drop(productId, reason, this.context.clock.now());
    this.streams.leave(productId);
  }

  // Messages

  private message(text: string, at: number): boolean {
    const now = this.feed.received(text);
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
    this.feed.delivered(at, now, mapped.events.findLast((e) => e.type === 'trade')?.venueTime ?? null);
    return true;
  }

  private venueError(words: string, at: number): void {
    const detail = `Coinbase refused a request (${words})`;
    this.context.log.warn(detail);
    this.feed.emit({ type: 'badInput', venue: this.id, symbol: null, code: 'bad_payload', detail, receiveTime: at });
  }

  private switched(planned: boolean, reason: string): void {
    this.feed.switched(planned, reason);
    this.lastHeartbeat = null;
    this.repairs.clear();
    this.translator.cut(reason, this.context.clock.now());
  }

  private needSnapshots(productIds: readonly string[], hole: boolean): void {
    if (hole) this.feed.missed();
    this.repairs.need(productIds.map((p) => this.requested(p)), hole);
  }

  private tick(): void {
    const now = this.context.clock.monotonic();
    if (now - this.startedAt >= this.options.listingsWaitMs) this.streams.begin();
    if (this.lastHeartbeat !== null && now - this.lastHeartbeat >= this.options.heartbeatMs) {
      this.lastHeartbeat = null;
      this.session.abandon(`no heartbeat for ${Math.round(this.options.heartbeatMs / 1_000)} s`);
    }
    if (this.session.state === 'live') this.repairs.overdue(() => this.translator.emptyBooks.map((p) => this.requested(p)));
    this.repairs.run();
    this.feed.expireSilent((stream) => stream.split(':')[1] ?? '', now, this.context.clock.now());
  }

  // REST

  private async listings(rest: CoinbaseRest): Promise<Result<ReadonlyMap<string, Listed>, HttpFailure>> {
    const answer = await rest.products();
    return answer.ok ? ok(new Map([...answer.value].map(([p, listed]) => [p, toListed(listed, this.feed.wanted)]))) : answer;
  }

  private useListings(listings: ReadonlyMap<string, Listed>): void {
    this.streams.listed = true;
    this.feed.take(listings);
    if (this.feed.served.size === 0) this.halt('none of the wanted symbols is traded there');
    else this.streams.begin();
  }

  /** The venue has no call for the prices of several products: ten of them at a time, in turn. */
  private async poll(): Promise<Result<readonly MarketInput[], HttpFailure>> {
    const all = [...this.feed.served];
    const part = Array.from({ length: Math.min(PRODUCTS_PER_POLL, all.length) }, (_, i) => all[(this.polled + i) % all.length]);
    const events: MarketInput[] = [];
    let failure: HttpFailure | null = null;
    for (const entry of part) {
      const [productId, symbol] = entry ?? ['', ''];
      const answer = await this.rest?.ticker(productId);
      if (!answer) break;
      // One product that cannot be asked for does not spoil the others; a venue that cannot be reached does.
      if (!answer.ok && answer.error.kind !== 'bad') return events.length > 0 ? ok(events) : answer;
      this.polled += 1;
      const read = answer.ok ? readTicker(answer.value.body, symbol, this.context.clock.now()) : null;
      if (read) events.push(...read);
      else failure = answer.ok ? formFault('the ticker of Coinbase') : answer.error;
    }
    return failure && events.length === 0 ? err(failure) : ok(events);
  }
}
