import type { MarketInput } from '@/core/market/events';
import { err, ok, type Result } from '@/core/util/result';
import type { ConnectorContext, VenueStatus } from '../base/connector';
import type { HttpFailure } from '../base/http';
import type { Link } from '../base/link';
import { formFault, selectCrypto } from '../base/selection';
import { VenueSession } from '../base/session';
import { SocketVenue } from '../base/socketVenue';
import { Subscriptions } from '../base/subscriptions';
import { VenueFeed } from '../base/venueFeed';
import { createKrakenBackfill } from './backfill';
import type { KrakenMapped, KrakenPart } from './mapped';
import type { KrakenOptions } from './options';
import type { KrakenPair } from './raw';
import { KrakenRepeats } from './repeats';
import { INSTRUMENTS, KrakenRequests } from './requests';
import { KrakenRest } from './rest';
import { mayBeListed, toListed } from './symbols';
import { readTickers } from './tickers';
import { KrakenTranslator } from './translate';

/** Symbols named in one message. */
const SYMBOLS_PER_MESSAGE = 100;
const MAX_SYMBOLS = 1_000;
/** Time a subscription may stay without an answer, ms. */
const UNANSWERED_MS = 30_000;
const CALLS = { name: 'REST calls', per: 'minute', limit: 60 } as const;

/** The live feed: socket, subscriptions and REST of Kraken. What messages mean is the translator's business. */
export class KrakenFeed extends SocketVenue {
  readonly id = 'kraken';
  private readonly session: VenueSession;
  private readonly subscriptions = new Subscriptions(UNANSWERED_MS);
  protected readonly feed: VenueFeed;
  private readonly requests: KrakenRequests;
  private readonly repeats: KrakenRepeats;
  protected translator: KrakenTranslator;
  private rest: KrakenRest | null = null;
  private beat: NodeJS.Timeout | null = null;
  /** Monotonic ms of the newest message of any kind, and of the last ping. */
  private heardAt = 0;
  private pingedAt = 0;
  private system = 'online';

  constructor(
    context: ConnectorContext,
    private readonly hosts: { readonly ws: string; readonly rest: string },
    private readonly options: KrakenOptions,
  ) {
    super(context);
    const { clock, random } = context;
    this.feed = new VenueFeed({
      ...options, ...selectCrypto(context.instruments, { name: 'Kraken', mayBeListed, spell: (symbol) => symbol, max: MAX_SYMBOLS }),
      id: this.id, name: 'Kraken', context, budgets: [CALLS], fallback: { afterMs: options.limits.staleMs, ...options.fallback },
      session: () => this.session, subscriptions: () => [this.subscriptions], streamsOf: (s) => this.streamsOf(s),
      join: (s) => this.join(s), leave: (s, reason) => this.leave(s, reason), poll: () => this.poll(),
    });
    this.requests = new KrakenRequests(options.depth);
    this.translator = this.createTranslator();
    this.session = new VenueSession({
      venue: 'Kraken', hosts: [hosts.ws], clock, random, log: context.log, limits: options.limits,
      address: (host) => host,
      onOpen: (link) => this.subscribe(link),
      onMessage: (text, at) => this.message(text, at),
      isData: (text) => /^\{"channel":"(ticker|trade|ohlc|book)"/.test(text),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => this.feed.tell(state, reason),
    });
    const { session, subscriptions, requests, feed } = this;
    this.repeats = new KrakenRepeats({ session, subscriptions, requests, clock, random, paceMs: options.resubscribeMs, signal: () => feed.signal, served: (s) => feed.served.has(s) });
  }

  start(): void {
    const { context, options, session, feed } = this;
    if (!this.begin(session)) return;
    const { signal } = feed;
    this.translator = this.createTranslator();
    this.rest = new KrakenRest(this.hosts.rest, feed.http, signal, options.restPaceMs);
    feed.backfill = createKrakenBackfill(this.rest, this.translator.mapper, { ...context, signal, offsetMs: () => feed.offset.offsetMs, retry: options.limits.backoff });
    this.subscriptions.drop(this.subscriptions.wanted);
    this.subscriptions.want([...feed.served.keys()].flatMap((s) => this.streamsOf(s)), context.clock.monotonic());
    if (this.beat) clearInterval(this.beat);
    this.beat = setInterval(() => this.keepAlive(), Math.max(5, Math.min(1_000, options.heartbeatMs / 4)));
    session.start();
    feed.fallback.start();
  }

  stop(): Promise<void> {
    this.feed.end();
    if (this.beat) clearInterval(this.beat);
    this.beat = null;
    this.repeats.clear();
    this.translator.cut('stopped', this.context.clock.now());
    this.session.stop();
    return Promise.resolve();
  }

  /** A new connection begins with snapshots. */
  protected override reloadAll(reason: string): void {
    this.session.handOver(reason);
  }

  override status(): VenueStatus {
    const status = super.status();
    return status.state === 'off' ? status : { ...status, reason: status.reason + this.systemWords() };
  }

  private createTranslator(): KrakenTranslator {
    const { feed } = this;
    return new KrakenTranslator({
      kind: 'live', route: 'socket', symbolOf: (s) => feed.served.get(s) ?? null, depth: this.options.depth, emit: feed.emit,
      resubscribe: (s) => this.repeats.repeat('book', s, true),
    });
  }

  private channelsOf(venueSymbol: string): readonly string[] {
    return ['ticker', 'trade', 'ohlc', ...(this.feed.booked.has(venueSymbol) ? ['book'] : [])];
  }

  private streamsOf(venueSymbol: string): readonly string[] {
    return this.channelsOf(venueSymbol).map((channel) => `${channel} ${venueSymbol}`);
  }

  private subscribe(link: Link): void {
    const now = this.context.clock.monotonic();
    this.heardAt = this.pingedAt = now;
    this.system = 'online';
    this.requests.reset();
    this.repeats.clear();
    this.subscriptions.reset(now);
    const symbols = [...this.feed.served.keys()];
    for (let i = 0; i < symbols.length; i += SYMBOLS_PER_MESSAGE) {
      const part = symbols.slice(i, i + SYMBOLS_PER_MESSAGE);
      for (const channel of ['ticker', 'trade', 'ohlc']) link.send(this.requests.stream('subscribe', channel, part));
      const booked = part.filter((s) => this.feed.booked.has(s));
      if (booked.length > 0) link.send(this.requests.stream('subscribe', 'book', booked));
    }
    link.send(this.requests.instruments());
  }

  private join(venueSymbol: string): void {
    for (const channel of this.channelsOf(venueSymbol)) {
      const stream = `${channel} ${venueSymbol}`;
      if (this.subscriptions.state(stream) !== null) continue;
      this.subscriptions.want([stream], this.context.clock.monotonic());
      this.session.send(this.requests.stream('subscribe', channel, [venueSymbol]));
    }
  }

  private leave(venueSymbol: string, reason: string): void {
    this.translator.drop(venueSymbol, reason, this.context.clock.now());
    this.subscriptions.drop(this.streamsOf(venueSymbol));
    for (const channel of this.channelsOf(venueSymbol)) this.session.send(this.requests.stream('unsubscribe', channel, [venueSymbol]));
  }

  private message(text: string, at: number): boolean {
    const now = this.feed.received(text);
    this.heardAt = now;
    const mapped = this.translator.frame(text, at);
    if (mapped.type === 'data') return this.delivered(mapped, at, now);
    if (mapped.type === 'ack' && mapped.method === 'subscribe') this.subscriptions.confirmed(`${mapped.channel} ${mapped.venueSymbol}`, now);
    else if (mapped.type === 'refused') this.venueRefused(mapped, at);
    else if (mapped.type === 'pairs') this.useListings(mapped.pairs, mapped.snapshot);
    else if (mapped.type === 'status') this.systemState(mapped.system);
    return false;
  }

  private delivered(mapped: Extract<KrakenMapped, { type: 'data' }>, at: number, now: number): boolean {
    const good = mapped.parts.filter((part) => part.type !== 'bad' && (part.type !== 'ticker' || part.events.length > 0));
    for (const part of good) {
      if (part.type === 'bad') continue;
      this.subscriptions.delivered(`${mapped.channel} ${part.venueSymbol}`);
      this.feed.delivered(at, now, timeOf(part));
    }
    return good.length > 0;
  }

  /** A pair that is not listed is left out; a full message budget or a lost unsubscription is asked for again. */
  private venueRefused({ method, id, venueSymbol, words }: Extract<KrakenMapped, { type: 'refused' }>, at: number): void {
    const channel = this.requests.channelOf(id);
    if (method === 'unsubscribe') return this.context.log.info({ symbol: venueSymbol, words }, 'Kraken refused to unsubscribe');
    if (venueSymbol !== null && /not (supported|found)/i.test(words)) return this.feed.unserve(venueSymbol, 'not listed');
    if (channel !== undefined && venueSymbol !== null) this.subscriptions.rejected(`${channel} ${venueSymbol}`, words);
    const detail = `Kraken refused ${channel ?? 'a request'}${venueSymbol === null ? '' : ` of ${venueSymbol}`}: ${words}`;
    this.context.log.warn({ channel, symbol: venueSymbol }, detail);
    this.feed.emit({ type: 'badInput', venue: this.id, symbol: null, code: 'bad_payload', detail, receiveTime: at });
    if (channel === undefined || channel === INSTRUMENTS) return;
    if (venueSymbol !== null) this.repeats.repeat(channel, venueSymbol, /already subscribed/i.test(words));
    else for (const symbol of channel === 'book' ? this.feed.booked : this.feed.served.keys()) this.repeats.repeat(channel, symbol, false);
  }

  private systemState(system: string): void {
    if (system === this.system) return;
    this.system = system;
    this.context.log.warn({ system }, 'the trading system of Kraken changed its state');
    this.feed.tell(this.session.state, this.session.reason + this.systemWords());
  }

  private systemWords(): string {
    return this.system === 'online' ? '' : `; Kraken says it is in ${this.system}`;
  }

  private switched(planned: boolean, reason: string): void {
    this.feed.switched(planned, reason);
    if (!planned) this.translator.cut(reason, this.context.clock.now());
  }

  /** The heartbeat rule: anything heard proves the connection, data alone proves the feed (which the session judges). */
  private keepAlive(): void {
    const now = this.context.clock.monotonic();
    const silence = now - this.heardAt;
    // Of an open connection only: the time is set anew when one opens.
    if (silence >= this.options.heartbeatMs) return this.session.abandon(`no heartbeat for ${Math.round(silence / 1_000)} s`);
    if (now - this.pingedAt >= this.options.pingMs && this.session.send(this.requests.ping())) this.pingedAt = now;
    this.feed.expireSilent((stream) => stream.split(' ')[1] ?? '', now, this.context.clock.now());
  }

  /** Tick and lot sizes, and which pairs trade; the channel goes on to bring changes, so the list is never read again. */
  private useListings(pairs: readonly KrakenPair[], snapshot: boolean): void {
    const listed = new Map(pairs.map((pair) => [pair.symbol, toListed(pair, this.feed.wanted.get(pair.symbol) ?? null)]));
    // A list without a single pair is no list.
    if (pairs.length > 0) this.feed.take(listed, !snapshot);
  }

  private async poll(): Promise<Result<readonly MarketInput[], HttpFailure>> {
    const answer = await this.rest?.tickers([...this.feed.served.keys()]);
    if (!answer?.ok) return answer ?? ok([]);
    const events = readTickers(answer.value, this.feed.served, this.context.clock.now());
    return events ? ok(events) : err(formFault('the list of tickers'));
  }
}

/** The time of an event that was sent at once; candles and first trades are older than their message. */
function timeOf(part: KrakenPart): number | null {
  if (part.type === 'book') return part.message.time;
  if (part.type === 'trade') return part.snapshot ? null : part.event.venueTime;
  return part.type === 'ticker' ? (part.events[0]?.venueTime ?? null) : null;
}
