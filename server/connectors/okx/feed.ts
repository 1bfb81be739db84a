import { setTimeout as delay } from 'node:timers/promises';
import type { Instrument } from '@/core/market/instrument';
import { backoffDelay } from '@/core/util/backoff';
import type { CandleBackfill } from '../base/backfill';
import type { Connector, ConnectorContext, VenueStatus } from '../base/connector';
import { HTTP_DEFAULTS, VenueHttp, type HttpOptions } from '../base/http';
import { ClockOffset, RateMeter } from '../base/measure';
import { sessionStatus } from '../base/status';
import { SESSION_DEFAULTS, type SessionLimits } from '../base/session';
import { createOkxBackfill } from './backfill';
import type { OkxMapped } from './mapper';
import type { OkxInstrument } from './raw';
import { OkxRest } from './rest';
import { OkxSocket } from './socket';
import { mayBeListed, readInstruments, toInstrument, toOkx } from './symbols';
import { OkxTranslator } from './translate';

export interface OkxOptions {
  readonly limits: SessionLimits;
  /** Limits of the candle socket, which may say nothing for a while in a thin market. */
  readonly candleLimits: SessionLimits;
  readonly http: HttpOptions;
  /** Order books as well; costs the stream `books` per symbol. */
  readonly books: boolean;
  /** The venue's own candles, which come over a second socket. */
  readonly candles: boolean;
  /** Time an accepted stream may stay without a message before it counts as silent, ms. */
  readonly silentStreamMs: number;
  readonly pingAfterMs: number;
  readonly pongMs: number;
  /** Shortest time between two renewals of the same book, ms; random up to twice that. */
  readonly renewMs: number;
  /** Time between two REST calls, ms: 40 in two seconds are allowed to one address. */
  readonly restPaceMs: number;
}
export const OKX_DEFAULTS: OkxOptions = {
  limits: SESSION_DEFAULTS, candleLimits: { ...SESSION_DEFAULTS, staleMs: 60_000, silentMs: 120_000 }, http: HTTP_DEFAULTS,
  books: false, candles: true, silentStreamMs: 60_000, pingAfterMs: 15_000, pongMs: 10_000, renewMs: 1_000, restPaceMs: 100,
};

/** Streams of one connection are not limited by number; this bounds what we ask for. */
const MAX_SYMBOLS = 250;
/** A quarter of what 40 calls in two seconds would allow. */
const CALLS_PER_MINUTE = 300;
const LISTINGS_RETRY = { firstMs: 5_000, baseMs: 10_000, capMs: 300_000 };
const DOES_NOT_EXIST = '60018';

export interface OkxHosts {
  readonly ws: readonly string[];
  readonly rest: readonly string[];
}

/** The live feed: sockets, subscriptions and REST of OKX. What messages mean is the translator's business. */
export class OkxFeed implements Connector {
  readonly id = 'okx';
  private readonly market: OkxSocket;
  private readonly candles: OkxSocket;
  private readonly meter = new RateMeter();
  private readonly offset = new ClockOffset();
  private readonly wanted: ReadonlyMap<string, Instrument>;
  private served = new Map<string, string>();
  private translator: OkxTranslator;
  private abort = new AbortController();
  private rest: OkxRest | null = null;
  private backfill: CandleBackfill | null = null;
  private readonly renewedAt = new Map<string, number>();
  /** Wall time of the newest data, for the range to load after an absence; null when nothing is missing. */
  private lastDataWall: number | null = null;
  private missingSince: number | null = null;
  private expiredAt = 0;

  constructor(
    private readonly context: ConnectorContext,
    private readonly hosts: OkxHosts,
    private readonly options: OkxOptions,
  ) {
    this.wanted = new Map(context.instruments.filter(mayBeListed).slice(0, MAX_SYMBOLS).map((i) => [toOkx(i.symbol), i]));
    this.translator = this.createTranslator();
    const common = { ...options, context, hosts: hosts.ws };
    this.market = new OkxSocket({
      ...common, part: 'public',
      onMessage: (text, at) => this.message(this.market, text, at),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => context.emit({ type: 'feedStatus', venue: this.id, state, reason, receiveTime: context.clock.now() }),
    });
    this.candles = new OkxSocket({
      ...common, part: 'business', limits: options.candleLimits,
      onMessage: (text, at) => this.message(this.candles, text, at),
      onSwitch: (planned) => context.metrics.venueReconnects.inc({ venue: this.id, reason: planned ? 'planned' : 'lost' }),
      // Prices do not depend on it: without it candles are made of the trades.
      onState: (state, reason) => context.log.info({ state, reason }, 'candle socket of OKX'),
    });
  }

  start(): void {
    const { context, options, market } = this;
    if (market.session.state !== 'off' && market.session.state !== 'refused') return;
    if (this.wanted.size === 0) {
      context.emit({ type: 'feedStatus', venue: this.id, state: 'off', reason: 'none of the wanted symbols is traded there', receiveTime: context.clock.now() });
      return;
    }
    this.candles.stop();
    if (market.session.state === 'refused') market.stop();
    this.abort.abort();
    this.abort = new AbortController();
    const http = new VenueHttp('OKX', context.clock, context.hosts.budget(this.id, [{ name: 'REST calls', per: 'minute', limit: CALLS_PER_MINUTE }]), options.http, { hosts: context.hosts });
    this.rest = new OkxRest(this.hosts.rest, http, this.abort.signal, options.restPaceMs);
    this.translator = this.createTranslator();
    this.backfill = createOkxBackfill(this.rest, this.translator.mapper, {
      ...context, signal: this.abort.signal, offsetMs: () => this.offset.offsetMs, retry: options.limits.backoff,
    });
    this.served = new Map([...this.wanted].map(([instId, i]) => [instId, i.symbol]));
    this.market.start([...this.served.keys()].flatMap((s) => this.streamsOf(s)));
    if (options.candles) this.candles.start([...this.served.keys()].map((s) => `candle1m:${s}`));
    void this.loadListings(this.rest, this.abort.signal);
  }

  stop(): Promise<void> {
    this.abort.abort();
    this.translator.cut('stopped', this.context.clock.now());
    this.candles.stop();
    this.market.stop();
    return Promise.resolve();
  }

  refill(): void {
    this.missingSince = null;
    this.backfill?.full(this.served);
  }

  status(): VenueStatus {
    return sessionStatus({ id: this.id, name: 'OKX' }, this.market.session, { meter: this.meter, offset: this.offset }, this.served, this.context.clock.monotonic());
  }

  private createTranslator(): OkxTranslator {
    return new OkxTranslator({
      kind: 'live',
      route: 'socket',
      symbolOf: (instId) => this.served.get(instId) ?? null,
      emit: this.context.emit,
      needSnapshot: (instId, again) => void this.loadBook(instId, again),
      needStream: (stream) => void this.renewBook(stream),
    });
  }

  private streamsOf(instId: string): readonly string[] {
    return ['trades', 'bbo-tbt', 'tickers', ...(this.options.books ? ['books'] : [])].map((channel) => `${channel}:${instId}`);
  }

  private message(socket: OkxSocket, text: string, at: number): boolean {
    const now = this.context.clock.monotonic();
    this.meter.add(now);
    this.context.metrics.venueMessages.inc({ venue: this.id });
    this.context.watchRaw?.(text);
    const mapped = this.translator.frame(text, at);
    this.expireSilent(now, at);
    if (mapped.type === 'events' || mapped.type === 'book') return this.delivered(socket, mapped, at, now);
    if (mapped.type === 'ack' && mapped.op === 'subscribe') socket.subscriptions.confirmed(mapped.stream, now);
    else if (mapped.type === 'shutdown') socket.session.handOver('OKX announced that it closes this connection');
    else if (mapped.type === 'error') this.venueError(socket, mapped, at);
    return false;
  }

  private delivered(socket: OkxSocket, mapped: Extract<OkxMapped, { type: 'events' | 'book' }>, at: number, now: number): boolean {
    socket.subscriptions.delivered(mapped.stream);
    const venueTime = mapped.type === 'book' ? mapped.data.ts : (mapped.events[0]?.venueTime ?? null);
    if (venueTime !== null) this.offset.add(at, venueTime, now);
    if (socket !== this.market) return true;
    this.lastDataWall = at;
    if (this.missingSince !== null) {
      this.backfill?.missed(this.served, this.missingSince);
      this.missingSince = null;
    }
    return true;
  }

  /** A pair of which no stream exists is left out without an alarm; any other refusal is told and the rest goes on. */
  private venueError(socket: OkxSocket, { code, stream, words }: Extract<OkxMapped, { type: 'error' }>, at: number): void {
    const instId = stream?.split(':')[1] ?? '';
    if (stream !== null) socket.subscriptions.rejected(stream, words);
    const detail = `OKX refused ${stream ?? 'a request'} (code ${code}: ${words})`;
    this.context.log.warn({ code, stream }, detail);
    if (code === DOES_NOT_EXIST && stream !== null) {
      const states = this.streamsOf(instId).map((s) => this.market.subscriptions.state(s));
      if (states.every((state) => state === 'rejected')) return this.unserve(instId, 'not listed', false);
      if (!states.some((state) => state === 'confirmed' || state === 'active')) return;
    }
    this.context.emit({ type: 'badInput', venue: this.id, symbol: this.served.get(instId) ?? null, code: 'bad_payload', detail, receiveTime: at });
  }

  private switched(planned: boolean, reason: string): void {
    this.context.metrics.venueReconnects.inc({ venue: this.id, reason: planned ? 'planned' : 'lost' });
    this.translator.cut(reason, this.context.clock.now(), planned);
    if (!planned) this.missingSince ??= this.lastDataWall;
  }

  /** A pair of which no stream ever delivered is said to be silent. */
  private expireSilent(now: number, at: number): void {
    if (now - this.expiredAt < 1_000) return;
    this.expiredAt = now;
    const { subscriptions } = this.market;
    const silent = new Set(subscriptions.expire(now).map((stream) => stream.split(':')[1] ?? ''));
    for (const instId of silent) {
      if (!this.streamsOf(instId).every((s) => subscriptions.state(s) === 'silent')) continue;
      this.context.emit({ type: 'badInput', venue: this.id, symbol: this.served.get(instId) ?? null, code: 'unknown_symbol', detail: `OKX sends nothing for ${instId}`, receiveTime: at });
    }
  }

  /** Tick and lot sizes, and which pairs trade. Until it answers, the built-in facts serve. */
  private async loadListings(rest: OkxRest, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const answer = await rest.instruments();
      if (signal.aborted) return;
      const listings = answer.ok ? readInstruments(answer.value) : null;
      if (listings) return this.useListings(listings);
      const { kind, words, retryAfterMs } = answer.ok ? { kind: 'bad', words: 'the list has not the expected form', retryAfterMs: null } : answer.error;
      this.context.log[attempt === 1 ? 'warn' : 'debug']({ reason: words, attempt }, 'no instrument list from OKX; the built-in facts serve');
      if (kind === 'refused') return;
      await delay(retryAfterMs ?? backoffDelay(attempt, this.context.random(), LISTINGS_RETRY), undefined, { signal, ref: false }).catch(() => signal.aborted);
    }
  }

  private useListings(listings: ReadonlyMap<string, OkxInstrument>): void {
    for (const [instId, instrument] of this.wanted) {
      const listed = listings.get(instId);
      if (listed?.state !== 'live') this.unserve(instId, listed?.state ?? 'not listed');
      else this.context.emit({ type: 'instrument', venue: this.id, instrument: toInstrument(listed, instrument, this.id), receiveTime: this.context.clock.now() });
    }
  }

  /** `running`: the venue delivers its streams and must be told to end them. */
  private unserve(instId: string, state: string, running = true): void {
    if (!this.served.delete(instId)) return;
    this.context.log.info({ symbol: instId, state }, 'pair does not trade on OKX');
    this.market.leave(this.streamsOf(instId), running);
    this.candles.leave([`candle1m:${instId}`], running);
  }

  /** A first repair is made at once; a book that goes wrong again and again costs the venue one request in a while. */
  private async renewBook(stream: string): Promise<void> {
    const { signal } = this.abort;
    const generation = this.market.session.linkGeneration;
    const now = this.context.clock.monotonic();
    const wait = this.options.renewMs * (1 + this.context.random()) - (now - (this.renewedAt.get(stream) ?? -Infinity));
    this.renewedAt.set(stream, now + Math.max(0, wait));
    if (wait > 0) await delay(wait, undefined, { signal, ref: false }).catch(() => signal.aborted);
    if (!signal.aborted && generation === this.market.session.linkGeneration) this.market.renew(stream);
  }

  private async loadBook(instId: string, again: boolean): Promise<void> {
    const { signal } = this.abort;
    if (again) await delay(this.options.renewMs * (1 + this.context.random()), undefined, { signal, ref: false }).catch(() => signal.aborted);
    if (signal.aborted || !this.rest) return;
    const answer = await this.rest.book(instId);
    if (signal.aborted) return;
    if (answer.ok && this.translator.restBook(instId, answer.value, this.context.clock.now())) return;
    this.context.log.warn({ symbol: instId, reason: answer.ok ? 'unreadable' : answer.error.words }, 'no book snapshot');
    if (this.served.has(instId) && (answer.ok || answer.error.kind !== 'refused')) void this.loadBook(instId, true);
  }
}
