import { err, ok, type Result } from '@/core/util/result';
import type { MarketInput } from '@/core/market/events';
import { BookLoader } from '../base/bookLoader';
import type { ConnectorContext, VenueStatus } from '../base/connector';
import type { HttpFailure } from '../base/http';
import type { Link } from '../base/link';
import type { Listed } from '../base/listings';
import { formFault, selectCrypto } from '../base/selection';
import { VenueSession } from '../base/session';
import { SocketVenue } from '../base/socketVenue';
import { Subscriptions } from '../base/subscriptions';
import { MAX_BOOKS, VenueFeed } from '../base/venueFeed';
import { createBinanceBackfill } from './backfill';
import type { BinanceMapped } from './mapper';
import type { BinanceOptions } from './options';
import { BinanceRest } from './rest';
import { mayBeListed, toBinance, toListed } from './symbols';
import { readTickers } from './tickers';
import { BinanceTranslator } from './translate';

/** Streams named in the address; the others are asked for by message, because an address has a practical length limit. */
const STREAMS_IN_ADDRESS = 64;
const STREAMS_PER_MESSAGE = 200;
/** A connection carries at most 1,024 streams. */
const MAX_STREAMS = 1_024;
const STREAMS_OF_SYMBOL = 4;
const MAX_SYMBOLS = Math.floor((MAX_STREAMS - MAX_BOOKS) / STREAMS_OF_SYMBOL);
/** Half of the 6,000 a minute that Binance allows one address: others may share it. */
const WEIGHT = { name: 'request weight', per: 'minute', limit: 3_000 } as const;

export interface BinanceHosts {
  readonly ws: readonly string[];
  readonly rest: readonly string[];
}

/** The live feed: sockets, subscriptions and REST of Binance. What messages mean is the translator's business. */
export class BinanceFeed extends SocketVenue {
  readonly id = 'binance';
  private readonly session: VenueSession;
  private readonly subscriptions: Subscriptions;
  protected readonly feed: VenueFeed;
  protected translator: BinanceTranslator;
  private books: BookLoader | null = null;
  private rest: BinanceRest | null = null;

  constructor(
    context: ConnectorContext,
    private readonly hosts: BinanceHosts,
    private readonly options: BinanceOptions,
  ) {
    super(context);
    this.subscriptions = new Subscriptions(options.silentStreamMs);
    this.feed = new VenueFeed({
      ...options, ...selectCrypto(context.instruments, { name: 'Binance', mayBeListed, spell: toBinance, max: MAX_SYMBOLS }),
      id: this.id, name: 'Binance', context, budgets: [WEIGHT], fallback: { afterMs: options.limits.staleMs, ...options.fallback },
      session: () => this.session, subscriptions: () => [this.subscriptions], streamsOf: (s) => this.streamsOf(s),
      join: (s) => this.join(s), leave: (s, reason) => this.leave(s, reason), poll: () => this.poll(),
    });
    this.translator = this.createTranslator();
    this.session = new VenueSession({
      venue: 'Binance', hosts: hosts.ws, clock: context.clock, random: context.random, log: context.log, limits: options.limits,
      address: (host) => `${host}/stream?streams=${this.subscriptions.wanted.slice(0, STREAMS_IN_ADDRESS).join('/')}`,
      onOpen: (link) => this.subscribe(link),
      onMessage: (text, at) => this.message(text, at),
      isData: (text) => text.startsWith('{"stream":"') && !text.startsWith('{"stream":"!'),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => this.feed.tell(state, reason),
    });
  }

  start(): void {
    const { context, options, feed, session } = this;
    if (!this.begin(session)) return;
    const { signal } = feed;
    const rest = new BinanceRest(this.hosts.rest, feed.http, signal);
    const translator = this.createTranslator();
    this.rest = rest;
    this.translator = translator;
    this.books = new BookLoader({
      ...context, venue: 'Binance', signal, paceMs: options.bookPaceMs, load: (s) => rest.depth(s), waits: (s) => translator.waits(s),
      apply: (s, body) => translator.depthSnapshot(s, body, context.clock.now()), generation: () => session.linkGeneration,
    });
    feed.backfill = createBinanceBackfill(rest, translator.mapper, { ...context, signal, offsetMs: () => feed.offset.offsetMs, retry: options.limits.backoff });
    this.subscriptions.drop(this.subscriptions.wanted);
    this.subscriptions.want([...feed.served.keys()].flatMap((s) => this.streamsOf(s)), context.clock.monotonic());
    session.start();
    feed.fallback.start();
    feed.keepListings(() => this.listings(rest), (listings) => feed.take(listings));
  }

  stop(): Promise<void> {
    this.feed.end();
    this.translator.cut('stopped', this.context.clock.now());
    this.session.stop();
    return Promise.resolve();
  }

  /** The next change finds no book and asks for a snapshot. */
  protected override reloadAll(reason: string): void {
    this.translator.cut(reason, this.context.clock.now());
  }

  override status(): VenueStatus {
    return this.feed.status([{ name: 'streams', per: 'connection', limit: MAX_STREAMS, used: this.subscriptions.wanted.length, resetsInMs: null }]);
  }

  private createTranslator(): BinanceTranslator {
    const { feed } = this;
    return new BinanceTranslator({ kind: 'live', route: 'socket', symbolOf: (s) => feed.served.get(s) ?? null, emit: feed.emit, needSnapshot: (s) => void this.books?.load(s) });
  }

  private streamsOf(venueSymbol: string): readonly string[] {
    const s = venueSymbol.toLowerCase();
    return [`${s}@trade`, `${s}@bookTicker`, `${s}@miniTicker`, `${s}@kline_1m`, ...(this.feed.booked.has(venueSymbol) ? [`${s}@depth@100ms`] : [])];
  }

  /**
   * Asks for everything by message too: a stream named twice is delivered once, and the ack proves that the venue reads us.
   * A link that is only standing by leaves the states of the link in charge alone.
   */
  private subscribe(link: Link): void {
    if (link.generation === this.session.linkGeneration) this.subscriptions.reset(this.context.clock.monotonic());
    const streams = this.subscriptions.wanted;
    // The symbol list may have come while the connection was being opened with the older, longer list.
    const addressed = new URL(link.url).searchParams.get('streams')?.split('/') ?? [];
    const unwanted = addressed.filter((stream) => !streams.includes(stream));
    if (unwanted.length > 0) link.send(this.request('UNSUBSCRIBE', unwanted));
    for (let i = 0; i < streams.length; i += STREAMS_PER_MESSAGE) link.send(this.request('SUBSCRIBE', streams.slice(i, i + STREAMS_PER_MESSAGE)));
  }

  private request(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', params: readonly string[]): string {
    return JSON.stringify({ method, params, id: this.subscriptions.request(method === 'SUBSCRIBE' ? params : []) });
  }

  private join(venueSymbol: string): void {
    const fresh = this.streamsOf(venueSymbol).filter((stream) => this.subscriptions.state(stream) === null);
    this.subscriptions.want(fresh, this.context.clock.monotonic());
    if (fresh.length > 0) this.session.send(this.request('SUBSCRIBE', fresh));
  }

  private leave(venueSymbol: string, reason: string): void {
    const streams = this.streamsOf(venueSymbol);
    this.translator.drop(venueSymbol, reason, this.context.clock.now());
    this.subscriptions.drop(streams);
    this.session.send(this.request('UNSUBSCRIBE', streams));
  }

  private message(text: string, at: number): boolean {
    const now = this.feed.received(text);
    const mapped = this.translator.frame(text, at);
    this.feed.expireSilent((stream) => (stream.split('@')[0] ?? '').toUpperCase(), now, at);
    if (mapped.type === 'events' || mapped.type === 'depth') return this.delivered(mapped, at, now);
    if (mapped.type === 'ack') this.subscriptions.acked(mapped.id, now);
    else if (mapped.type === 'shutdown') this.session.handOver('Binance announced that it closes this connection');
    else if (mapped.type === 'error') this.venueError(mapped, at);
    return false;
  }

  private delivered(mapped: Extract<BinanceMapped, { type: 'events' | 'depth' }>, at: number, now: number): boolean {
    if (mapped.type === 'events' && mapped.events.length === 0) return false;
    if (mapped.stream) this.subscriptions.delivered(mapped.stream);
    this.feed.delivered(at, now, mapped.type === 'depth' ? mapped.update.E : mapped.events[0]?.type === 'trade' ? mapped.events[0].venueTime : null);
    return true;
  }

  private venueError(error: Extract<BinanceMapped, { type: 'error' }>, at: number): void {
    const streams = error.id === null ? [] : this.subscriptions.refused(error.id, error.words);
    const detail = `Binance refused a request (code ${error.code}: ${error.words})${streams.length > 0 ? ` for ${streams.length} streams` : ''}`;
    this.context.log.warn({ code: error.code, streams: streams.length }, detail);
    this.feed.emit({ type: 'badInput', venue: this.id, symbol: null, code: 'bad_payload', detail, receiveTime: at });
  }

  private switched(planned: boolean, reason: string): void {
    this.feed.switched(planned, reason);
    if (!planned) this.translator.cut(reason, this.context.clock.now());
  }

  private async listings(rest: BinanceRest): Promise<Result<ReadonlyMap<string, Listed>, HttpFailure>> {
    const wanted = this.feed.wanted;
    const answer = await rest.exchangeInfo([...wanted.keys()]);
    return answer.ok ? ok(new Map([...answer.value].map(([s, listed]) => [s, toListed(listed, wanted.get(s) ?? null)]))) : answer;
  }

  private async poll(): Promise<Result<readonly MarketInput[], HttpFailure>> {
    const answer = await this.rest?.tickers([...this.feed.served.keys()]);
    if (!answer?.ok) return answer ?? ok([]);
    const events = readTickers(answer.value.body, (s) => this.feed.served.get(s) ?? null, this.context.clock.now());
    return events ? ok(events) : err(formFault('the list of tickers'));
  }
}
