import { setTimeout as delay } from 'node:timers/promises';
import type { Instrument } from '@/core/market/instrument';
import type { CandleBackfill } from '../base/backfill';
import type { Connector, ConnectorContext, VenueStatus } from '../base/connector';
import { HTTP_DEFAULTS, VenueHttp, type HttpOptions } from '../base/http';
import type { Link } from '../base/link';
import { ClockOffset, RateMeter } from '../base/measure';
import { sessionStatus } from '../base/status';
import { SESSION_DEFAULTS, VenueSession, type SessionLimits } from '../base/session';
import { Subscriptions } from '../base/subscriptions';
import { createKrakenBackfill } from './backfill';
import type { KrakenMapped, KrakenPart } from './mapped';
import type { KrakenPair } from './raw';
import { INSTRUMENTS, KrakenRequests } from './requests';
import { KrakenRest } from './rest';
import { mayBeListed, toInstrument } from './symbols';
import { KrakenTranslator } from './translate';

export interface KrakenOptions {
  readonly limits: SessionLimits;
  readonly http: HttpOptions;
  /** Order books as well. */
  readonly books: boolean;
  /** Levels of a book: 10, 25, 100, 500 or 1,000. The checksum proves ten, so with ten no level is taken on trust. */
  readonly depth: number;
  /** Silence of every kind, heartbeats too, after which the connection is given up, ms. */
  readonly heartbeatMs: number;
  /** The venue closes a connection that says nothing for about a minute, ms. */
  readonly pingMs: number;
  /** Time between two subscriptions to a stream that keeps failing, ms. */
  readonly resubscribeMs: number;
  /** Time between two REST calls, ms. */
  readonly restPaceMs: number;
}

/**
 * Heartbeats come every second, so a dead connection is known after ten; that a thin market says nothing for a minute is no
 * fault. About 150 connections in ten minutes are allowed, and none faster than every 5 s during maintenance. A connection
 * has no end of life. The list of all pairs is one message of about a megabyte.
 */
const KRAKEN_LIMITS: SessionLimits = {
  ...SESSION_DEFAULTS, maxMessageBytes: 8 * 2 ** 20, messagesPerSecond: 3, staleMs: 20_000, silentMs: 90_000, maxAgeMs: Infinity,
  backoff: { firstMs: 2_000, baseMs: 5_000, capMs: 60_000 },
};
export const KRAKEN_DEFAULTS: KrakenOptions = {
  limits: KRAKEN_LIMITS, http: HTTP_DEFAULTS, books: false, depth: 10, heartbeatMs: 10_000, pingMs: 30_000, resubscribeMs: 5_000, restPaceMs: 1_100,
};

/** Symbols named in one message. */
const SYMBOLS_PER_MESSAGE = 100;
const MAX_SYMBOLS = 1_000;
/** Time a subscription may stay without an answer, ms. */
const UNANSWERED_MS = 30_000;
const CALLS_PER_MINUTE = 60;
/** A stream repaired so many paces ago counts as healthy. */
const QUIET_PACES = 12;
const NOT_TRADING: ReadonlySet<string> = new Set(['delisted', 'disabled', 'work_in_progress']);

/** The live feed: socket, subscriptions and REST of Kraken. What messages mean is the translator's business. */
export class KrakenFeed implements Connector {
  readonly id = 'kraken';
  private readonly session: VenueSession;
  private readonly subscriptions = new Subscriptions(UNANSWERED_MS);
  private readonly meter = new RateMeter();
  private readonly offset = new ClockOffset();
  private readonly wanted: ReadonlyMap<string, Instrument>;
  private readonly channels: readonly string[];
  private readonly requests: KrakenRequests;
  /** Streams waiting to be asked for again. */
  private readonly repeating = new Set<string>();
  /** Monotonic ms of the last repetition by stream. */
  private readonly repeatedAt = new Map<string, number>();
  private served = new Map<string, string>();
  private translator: KrakenTranslator;
  private abort = new AbortController();
  private backfill: CandleBackfill | null = null;
  private beat: NodeJS.Timeout | null = null;
  /** Wall time of the newest data, for the range to load after an absence; null when nothing is missing. */
  private lastDataWall: number | null = null;
  private missingSince: number | null = null;
  /** Monotonic ms of the newest message of any kind, and of the last ping. */
  private heardAt = 0;
  private pingedAt = 0;
  private system = 'online';

  constructor(
    private readonly context: ConnectorContext,
    private readonly hosts: { readonly ws: string; readonly rest: string },
    private readonly options: KrakenOptions,
  ) {
    this.wanted = new Map(context.instruments.filter(mayBeListed).slice(0, MAX_SYMBOLS).map((i) => [i.symbol, i]));
    this.requests = new KrakenRequests(options.depth);
    this.channels = ['ticker', 'trade', 'ohlc', ...(options.books ? ['book'] : [])];
    this.translator = this.createTranslator();
    this.session = new VenueSession({
      venue: 'Kraken',
      hosts: [hosts.ws],
      clock: context.clock,
      random: context.random,
      log: context.log,
      limits: options.limits,
      address: (host) => host,
      onOpen: (link) => this.subscribe(link),
      onMessage: (text, at) => this.message(text, at),
      isData: (text) => /^\{"channel":"(ticker|trade|ohlc|book)"/.test(text),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => context.emit({ type: 'feedStatus', venue: this.id, state, reason, receiveTime: context.clock.now() }),
    });
  }

  start(): void {
    const { context, options, session } = this;
    if (session.state !== 'off' && session.state !== 'refused') return;
    if (this.wanted.size === 0) {
      context.emit({ type: 'feedStatus', venue: this.id, state: 'off', reason: 'none of the wanted symbols is traded there', receiveTime: context.clock.now() });
      return;
    }
    if (session.state === 'refused') session.stop();
    this.abort.abort();
    this.abort = new AbortController();
    this.translator = this.createTranslator();
    const rest = new KrakenRest(this.hosts.rest, new VenueHttp('Kraken', context.clock, context.hosts.budget(this.id, [{ name: 'REST calls', per: 'minute', limit: CALLS_PER_MINUTE }]), options.http, { hosts: context.hosts }), this.abort.signal, options.restPaceMs);
    this.backfill = createKrakenBackfill(rest, this.translator.mapper, {
      ...context, signal: this.abort.signal, offsetMs: () => this.offset.offsetMs, retry: options.limits.backoff,
    });
    this.served = new Map([...this.wanted].map(([venueSymbol, i]) => [venueSymbol, i.symbol]));
    this.subscriptions.want([...this.served.keys()].flatMap((s) => this.streamsOf(s)), context.clock.monotonic());
    if (this.beat) clearInterval(this.beat);
    this.beat = setInterval(() => this.keepAlive(), Math.max(5, Math.min(1_000, options.heartbeatMs / 4)));
    session.start();
  }

  stop(): Promise<void> {
    this.abort.abort();
    if (this.beat) clearInterval(this.beat);
    this.beat = null;
    this.repeating.clear();
    this.translator.cut('stopped', this.context.clock.now());
    this.session.stop();
    return Promise.resolve();
  }

  refill(): void {
    this.missingSince = null;
    this.backfill?.full(this.served);
  }

  status(): VenueStatus {
    const status = sessionStatus({ id: this.id, name: 'Kraken' }, this.session, { meter: this.meter, offset: this.offset }, this.served, this.context.clock.monotonic());
    return this.system === 'online' || status.state === 'off' ? status : { ...status, reason: `${status.reason}; Kraken says it is in ${this.system}` };
  }

  private createTranslator(): KrakenTranslator {
    return new KrakenTranslator({
      kind: 'live',
      route: 'socket',
      symbolOf: (venueSymbol) => this.served.get(venueSymbol) ?? null,
      depth: this.options.depth,
      emit: this.context.emit,
      resubscribe: (venueSymbol) => this.repeat('book', venueSymbol, true),
    });
  }

  private streamsOf(venueSymbol: string): readonly string[] {
    return this.channels.map((channel) => `${channel} ${venueSymbol}`);
  }

  private subscribe(link: Link): void {
    const now = this.context.clock.monotonic();
    this.heardAt = this.pingedAt = now;
    this.system = 'online';
    this.requests.reset();
    this.repeating.clear();
    this.subscriptions.reset(now);
    const symbols = [...this.served.keys()];
    for (let i = 0; i < symbols.length; i += SYMBOLS_PER_MESSAGE) {
      for (const channel of this.channels) link.send(this.requests.stream('subscribe', channel, symbols.slice(i, i + SYMBOLS_PER_MESSAGE)));
    }
    link.send(this.requests.instruments());
  }

  private message(text: string, at: number): boolean {
    const now = this.context.clock.monotonic();
    this.heardAt = now;
    this.meter.add(now);
    this.context.metrics.venueMessages.inc({ venue: this.id });
    this.context.watchRaw?.(text);
    const mapped = this.translator.frame(text, at);
    if (mapped.type === 'data') return this.delivered(mapped, at, now);
    if (mapped.type === 'ack' && mapped.method === 'subscribe') this.subscriptions.confirmed(`${mapped.channel} ${mapped.venueSymbol}`, now);
    else if (mapped.type === 'refused') this.venueRefused(mapped, at);
    else if (mapped.type === 'pairs') this.useListings(mapped.pairs, mapped.snapshot, at);
    else if (mapped.type === 'status') this.systemState(mapped.system, at);
    return false;
  }

  private delivered(mapped: Extract<KrakenMapped, { type: 'data' }>, at: number, now: number): boolean {
    const good = mapped.parts.filter((part) => part.type !== 'bad' && (part.type !== 'ticker' || part.events.length > 0));
    for (const part of good) {
      if (part.type === 'bad') continue;
      this.subscriptions.delivered(`${mapped.channel} ${part.venueSymbol}`);
      const venueTime = timeOf(part);
      if (venueTime !== null) this.offset.add(at, venueTime, now);
    }
    if (good.length === 0) return false;
    this.lastDataWall = at;
    if (this.missingSince !== null) {
      this.backfill?.missed(this.served, this.missingSince);
      this.missingSince = null;
    }
    return true;
  }

  /** A pair that is not listed is left out; a full message budget or a lost unsubscription is asked for again. */
  private venueRefused({ method, id, venueSymbol, words }: Extract<KrakenMapped, { type: 'refused' }>, at: number): void {
    const channel = this.requests.channelOf(id);
    if (method === 'unsubscribe') return this.context.log.info({ symbol: venueSymbol, words }, 'Kraken refused to unsubscribe');
    if (venueSymbol !== null && /not (supported|found)/i.test(words)) return this.unserve([venueSymbol], words);
    if (channel !== undefined && venueSymbol !== null) this.subscriptions.rejected(`${channel} ${venueSymbol}`, words);
    const detail = `Kraken refused ${channel ?? 'a request'}${venueSymbol === null ? '' : ` of ${venueSymbol}`}: ${words}`;
    this.context.log.warn({ channel, symbol: venueSymbol }, detail);
    this.context.emit({ type: 'badInput', venue: this.id, symbol: null, code: 'bad_payload', detail, receiveTime: at });
    if (channel === undefined || channel === INSTRUMENTS) return;
    if (venueSymbol !== null) this.repeat(channel, venueSymbol, /already subscribed/i.test(words));
    else for (const symbol of this.served.keys()) this.repeat(channel, symbol, false);
  }

  /** Asks for one stream again; `fresh` = unsubscribe first, for a new snapshot. */
  private repeat(channel: string, venueSymbol: string, fresh: boolean): void {
    const stream = `${channel} ${venueSymbol}`;
    if (this.repeating.has(stream)) return;
    this.repeating.add(stream);
    const { signal } = this.abort;
    const generation = this.session.linkGeneration;
    // A first repair is made at once; a book that goes wrong again and again costs the venue one request in a while.
    const { resubscribeMs } = this.options;
    const quiet = this.context.clock.monotonic() - (this.repeatedAt.get(stream) ?? -Infinity) >= QUIET_PACES * resubscribeMs;
    const wait = fresh && quiet ? 0 : resubscribeMs * (1 + this.context.random());
    const ask = () => {
      this.repeating.delete(stream);
      if (signal.aborted || generation !== this.session.linkGeneration || !this.served.has(venueSymbol)) return;
      this.repeatedAt.set(stream, this.context.clock.monotonic());
      if (fresh) this.session.send(this.requests.stream('unsubscribe', channel, [venueSymbol]));
      this.subscriptions.drop([stream]);
      this.subscriptions.want([stream], this.context.clock.monotonic());
      // Too many are waiting for their turn: this one comes back.
      if (!this.session.send(this.requests.stream('subscribe', channel, [venueSymbol]))) this.repeat(channel, venueSymbol, fresh);
    };
    if (wait === 0) ask();
    else void delay(wait, undefined, { signal, ref: false }).then(ask, () => this.repeating.delete(stream));
  }

  private systemState(system: string, at: number): void {
    if (system === this.system) return;
    this.system = system;
    this.context.log.warn({ system }, 'the trading system of Kraken changed its state');
    const { state, reason } = this.status();
    this.context.emit({ type: 'feedStatus', venue: this.id, state, reason, receiveTime: at });
  }

  private switched(planned: boolean, reason: string): void {
    this.context.metrics.venueReconnects.inc({ venue: this.id, reason: planned ? 'planned' : 'lost' });
    if (planned) return;
    this.translator.cut(reason, this.context.clock.now());
    this.missingSince ??= this.lastDataWall;
  }

  /** The heartbeat rule: anything heard proves the connection, data alone proves the feed (which the session judges). */
  private keepAlive(): void {
    const now = this.context.clock.monotonic();
    const silence = now - this.heardAt;
    // Of an open connection only: the time is set anew when one opens.
    if (silence >= this.options.heartbeatMs) return this.session.abandon(`no heartbeat for ${Math.round(silence / 1_000)} s`);
    if (now - this.pingedAt >= this.options.pingMs && this.session.send(this.requests.ping())) this.pingedAt = now;
    const unanswered = this.subscriptions.expire(now);
    if (unanswered.length > 0) this.context.log.info({ streams: unanswered.slice(0, 20) }, 'Kraken has sent nothing for these streams yet');
  }

  /** Tick and lot sizes, and which pairs trade; later messages of the channel bring changes. */
  private useListings(pairs: readonly KrakenPair[], snapshot: boolean, at: number): void {
    const listed = new Map(pairs.map((pair) => [pair.symbol, pair]));
    const gone: string[] = [];
    for (const [venueSymbol, instrument] of this.wanted) {
      const pair = listed.get(venueSymbol);
      if (pair ? NOT_TRADING.has(pair.status) : snapshot && pairs.length > 0) gone.push(venueSymbol);
      else if (pair) this.context.emit({ type: 'instrument', venue: this.id, instrument: toInstrument(pair, instrument, this.id), receiveTime: at });
    }
    this.unserve(gone, 'not listed or not trading');
  }

  private unserve(venueSymbols: readonly string[], reason: string): void {
    const gone = venueSymbols.filter((venueSymbol) => this.served.has(venueSymbol));
    if (gone.length === 0) return;
    for (const venueSymbol of gone) {
      this.translator.drop(venueSymbol, reason, this.context.clock.now());
      this.served.delete(venueSymbol);
    }
    this.context.log.info({ symbols: gone, reason }, 'symbols that Kraken does not serve');
    this.subscriptions.drop(gone.flatMap((venueSymbol) => this.streamsOf(venueSymbol)));
    for (let i = 0; i < gone.length; i += SYMBOLS_PER_MESSAGE) {
      for (const channel of this.channels) this.session.send(this.requests.stream('unsubscribe', channel, gone.slice(i, i + SYMBOLS_PER_MESSAGE)));
    }
  }
}

/** The time of an event that was sent at once; candles and first trades are older than their message. */
function timeOf(part: KrakenPart): number | null {
  if (part.type === 'book') return part.message.time;
  if (part.type === 'trade') return part.snapshot ? null : part.event.venueTime;
  return part.type === 'ticker' ? (part.events[0]?.venueTime ?? null) : null;
}
