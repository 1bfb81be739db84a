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
import { createBinanceBackfill } from './backfill';
import type { BinanceMapped } from './mapper';
import type { BinanceSymbol } from './raw';
import { BinanceRest } from './rest';
import { mayBeListed, toBinance, toInstrument } from './symbols';
import { BinanceTranslator } from './translate';

export interface BinanceOptions {
  readonly limits: SessionLimits;
  readonly http: HttpOptions;
  /** Order books as well; costs the venue's depth stream per symbol. */
  readonly books: boolean;
  /** Time an accepted stream may stay without a message before it counts as silent, ms. */
  readonly silentStreamMs: number;
}
export const BINANCE_DEFAULTS: BinanceOptions = { limits: SESSION_DEFAULTS, http: HTTP_DEFAULTS, books: false, silentStreamMs: 60_000 };

/** Streams named in the address; the others are asked for by message, because an address has a practical length limit. */
const STREAMS_IN_ADDRESS = 64;
const STREAMS_PER_MESSAGE = 200;
/** A connection carries at most 1,024 streams. */
const MAX_STREAMS = 1_024;
/** Half of the 6,000 a minute that Binance allows one address: others may share it. */
const WEIGHT_PER_MINUTE = 3_000;
const LISTINGS_RETRY = { firstMs: 5_000, baseMs: 10_000, capMs: 300_000 };

export interface BinanceHosts {
  readonly ws: readonly string[];
  readonly rest: readonly string[];
}

/** The live feed: sockets, subscriptions and REST of Binance. What messages mean is the translator's business. */
export class BinanceFeed implements Connector {
  readonly id = 'binance';
  private readonly session: VenueSession;
  private readonly subscriptions: Subscriptions;
  private readonly meter = new RateMeter();
  private readonly offset = new ClockOffset();
  private readonly wanted: ReadonlyMap<string, Instrument>;
  private served: Map<string, string>;
  private translator: BinanceTranslator;
  private abort = new AbortController();
  private rest: BinanceRest | null = null;
  private backfill: CandleBackfill | null = null;
  /** Wall time of the newest data, for the range to load after an absence; null when nothing is missing. */
  private lastDataWall: number | null = null;
  private missingSince: number | null = null;
  private expiredAt = 0;
  private listingsKnown = false;

  constructor(
    private readonly context: ConnectorContext,
    private readonly hosts: BinanceHosts,
    private readonly options: BinanceOptions,
  ) {
    const streams = this.streamsPerSymbol();
    const listed = context.instruments.filter(mayBeListed).slice(0, Math.floor(MAX_STREAMS / streams));
    this.wanted = new Map(listed.map((i) => [toBinance(i.symbol), i]));
    this.served = new Map();
    this.subscriptions = new Subscriptions(options.silentStreamMs);
    this.translator = this.createTranslator();
    this.session = new VenueSession({
      venue: 'Binance',
      hosts: hosts.ws,
      clock: context.clock,
      random: context.random,
      log: context.log,
      limits: options.limits,
      address: (host) => `${host}/stream?streams=${this.subscriptions.wanted.slice(0, STREAMS_IN_ADDRESS).join('/')}`,
      onOpen: (link) => this.subscribe(link),
      onMessage: (text, at) => this.message(text, at),
      isData: (text) => text.startsWith('{"stream":"') && !text.startsWith('{"stream":"!'),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => context.emit({ type: 'feedStatus', venue: this.id, state, reason, receiveTime: context.clock.now() }),
    });
  }

  start(): void {
    if (this.session.state !== 'off' && this.session.state !== 'refused') return;
    if (this.wanted.size === 0) {
      this.context.emit({ type: 'feedStatus', venue: this.id, state: 'off', reason: 'none of the wanted symbols is traded there', receiveTime: this.context.clock.now() });
      return;
    }
    if (this.session.state === 'refused') this.session.stop();
    this.abort.abort();
    this.abort = new AbortController();
    const { context, options } = this;
    const http = new VenueHttp('Binance', context.clock, context.hosts.budget(this.id, [{ name: 'request weight', per: 'minute', limit: WEIGHT_PER_MINUTE }]), options.http, { hosts: context.hosts });
    this.rest = new BinanceRest(this.hosts.rest, http, this.abort.signal);
    this.translator = this.createTranslator();
    this.backfill = createBinanceBackfill(this.rest, this.translator.mapper, {
      ...context, signal: this.abort.signal, offsetMs: () => this.offset.offsetMs, retry: options.limits.backoff,
    });
    this.served = new Map([...this.wanted].map(([venueSymbol, i]) => [venueSymbol, i.symbol]));
    this.subscriptions.want([...this.served.keys()].flatMap((s) => this.streamsOf(s)), context.clock.monotonic());
    this.listingsKnown = false;
    this.session.start();
    void this.loadListings(this.rest, this.abort.signal);
  }

  stop(): Promise<void> {
    this.abort.abort();
    this.translator.cut('stopped', this.context.clock.now());
    this.session.stop();
    return Promise.resolve();
  }

  refill(): void {
    this.missingSince = null;
    this.backfill?.full(this.served);
  }

  status(): VenueStatus {
    return sessionStatus({ id: this.id, name: 'Binance' }, this.session, { meter: this.meter, offset: this.offset }, this.served, this.context.clock.monotonic());
  }

  private createTranslator(): BinanceTranslator {
    return new BinanceTranslator({
      kind: 'live',
      route: 'socket',
      symbolOf: (venueSymbol) => this.served.get(venueSymbol) ?? null,
      emit: this.context.emit,
      needSnapshot: (venueSymbol, again) => void this.loadBook(venueSymbol, again),
    });
  }

  private streamsPerSymbol(): number {
    return this.options.books ? 5 : 4;
  }

  private streamsOf(venueSymbol: string): readonly string[] {
    const s = venueSymbol.toLowerCase();
    return [`${s}@trade`, `${s}@bookTicker`, `${s}@miniTicker`, `${s}@kline_1m`, ...(this.options.books ? [`${s}@depth@100ms`] : [])];
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
    if (unwanted.length > 0) link.send(JSON.stringify({ method: 'UNSUBSCRIBE', params: unwanted, id: this.subscriptions.request([]) }));
    for (let i = 0; i < streams.length; i += STREAMS_PER_MESSAGE) {
      const params = streams.slice(i, i + STREAMS_PER_MESSAGE);
      link.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: this.subscriptions.request(params) }));
    }
  }

  private message(text: string, at: number): boolean {
    const now = this.context.clock.monotonic();
    this.meter.add(now);
    this.context.metrics.venueMessages.inc({ venue: this.id });
    this.context.watchRaw?.(text);
    const mapped = this.translator.frame(text, at);
    this.expireSilent(now, at);
    if (mapped.type === 'events' || mapped.type === 'depth') return this.delivered(mapped, at, now);
    if (mapped.type === 'ack') this.subscriptions.acked(mapped.id, now);
    else if (mapped.type === 'shutdown') this.session.handOver('Binance announced that it closes this connection');
    else if (mapped.type === 'error') this.venueError(mapped, at);
    return false;
  }

  private delivered(mapped: Extract<BinanceMapped, { type: 'events' | 'depth' }>, at: number, now: number): boolean {
    if (mapped.type === 'events' && mapped.events.length === 0) return false;
    if (mapped.stream) this.subscriptions.delivered(mapped.stream);
    const venueTime = mapped.type === 'depth' ? mapped.update.E : mapped.events[0]?.type === 'trade' ? mapped.events[0].venueTime : null;
    if (venueTime !== null) this.offset.add(at, venueTime, now);
    this.lastDataWall = at;
    if (this.missingSince !== null) {
      this.backfill?.missed(this.served, this.missingSince);
      this.missingSince = null;
    }
    return true;
  }

  private venueError(error: Extract<BinanceMapped, { type: 'error' }>, at: number): void {
    const streams = error.id === null ? [] : this.subscriptions.refused(error.id, error.words);
    const detail = `Binance refused a request (code ${error.code}: ${error.words})${streams.length > 0 ? ` for ${streams.length} streams` : ''}`;
    this.context.log.warn({ code: error.code, streams: streams.length }, detail);
    this.context.emit({ type: 'badInput', venue: this.id, symbol: null, code: 'bad_payload', detail, receiveTime: at });
  }

  private switched(planned: boolean, reason: string): void {
    this.context.metrics.venueReconnects.inc({ venue: this.id, reason: planned ? 'planned' : 'lost' });
    if (planned) return;
    this.translator.cut(reason, this.context.clock.now());
    this.missingSince ??= this.lastDataWall;
  }

  /** Binance accepts misspelt or delisted symbols and stays silent: when every stream of one is silent, say so. */
  private expireSilent(now: number, at: number): void {
    if (now - this.expiredAt < 1_000) return;
    this.expiredAt = now;
    const silent = new Set(this.subscriptions.expire(now).map((s) => (s.split('@')[0] ?? '').toUpperCase()));
    for (const venueSymbol of silent) {
      if (!this.streamsOf(venueSymbol).every((s) => this.subscriptions.state(s) === 'silent')) continue;
      const symbol = this.served.get(venueSymbol) ?? null;
      this.context.emit({ type: 'badInput', venue: this.id, symbol, code: 'unknown_symbol', detail: `Binance sends nothing for ${venueSymbol}`, receiveTime: at });
    }
  }

  /** Tick and lot sizes, and which symbols trade. Until it answers, the built-in facts serve. */
  private async loadListings(rest: BinanceRest, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted && !this.listingsKnown; attempt += 1) {
      const answer = await rest.exchangeInfo([...this.wanted.keys()]);
      if (signal.aborted) return;
      if (answer.ok) return this.useListings(answer.value);
      const { kind, words, retryAfterMs } = answer.error;
      this.context.log[attempt === 1 ? 'warn' : 'debug']({ reason: words, attempt }, 'no symbol list from Binance; the built-in facts serve');
      if (kind === 'refused') return;
      const wait = retryAfterMs ?? backoffDelay(attempt, this.context.random(), LISTINGS_RETRY);
      await delay(wait, undefined, { signal, ref: false }).catch(() => signal.aborted);
    }
  }

  private useListings(listings: ReadonlyMap<string, BinanceSymbol>): void {
    this.listingsKnown = true;
    for (const [venueSymbol, instrument] of this.wanted) {
      const listed = listings.get(venueSymbol);
      if (listed?.status !== 'TRADING') this.unserve(venueSymbol, listed?.status ?? 'not listed');
      else this.context.emit({ type: 'instrument', venue: this.id, instrument: toInstrument(listed, instrument, this.id), receiveTime: this.context.clock.now() });
    }
  }

  private unserve(venueSymbol: string, status: string): void {
    const params = this.streamsOf(venueSymbol);
    this.context.log.info({ symbol: venueSymbol, status }, 'symbol does not trade on Binance');
    this.served.delete(venueSymbol);
    this.subscriptions.drop(params);
    this.session.send(JSON.stringify({ method: 'UNSUBSCRIBE', params, id: this.subscriptions.request([]) }));
  }

  private async loadBook(venueSymbol: string, again: boolean): Promise<void> {
    const { signal } = this.abort;
    if (again) await delay(1_000 + 1_000 * this.context.random(), undefined, { signal, ref: false }).catch(() => signal.aborted);
    if (signal.aborted || !this.rest) return;
    const answer = await this.rest.depth(venueSymbol);
    if (signal.aborted) return;
    if (answer.ok && this.translator.depthSnapshot(venueSymbol, answer.value.body, this.context.clock.now())) return;
    this.context.log.warn({ symbol: venueSymbol, reason: answer.ok ? 'unreadable' : answer.error.words }, 'no book snapshot');
    if (!answer.ok && answer.error.kind !== 'refused') void this.loadBook(venueSymbol, true);
  }
}
