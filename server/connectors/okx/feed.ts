import type { MarketInput } from '@/core/market/events';
import { err, ok, type Result } from '@/core/util/result';
import { BookLoader } from '../base/bookLoader';
import type { ConnectorContext, VenueStatus } from '../base/connector';
import type { HttpFailure } from '../base/http';
import type { Listed } from '../base/listings';
import { formFault, selectCrypto } from '../base/selection';
import { SocketVenue } from '../base/socketVenue';
import { VenueFeed } from '../base/venueFeed';
import { createOkxBackfill } from './backfill';
import type { OkxMapped } from './mapper';
import type { OkxOptions } from './options';
import { OkxRest } from './rest';
import { OkxSocket } from './socket';
import { mayBeListed, readInstruments, toListed, toOkx } from './symbols';
import { OkxTranslator } from './translate';

/** Streams of one connection are not limited by number; this bounds what we ask for. */
const MAX_SYMBOLS = 250;
/** A quarter of what 40 calls in two seconds would allow. */
const CALLS = { name: 'REST calls', per: 'minute', limit: 300 } as const;
const DOES_NOT_EXIST = '60018';

export interface OkxHosts {
  readonly ws: readonly string[];
  readonly rest: readonly string[];
}

/** The live feed: sockets, subscriptions and REST of OKX. What messages mean is the translator's business. */
export class OkxFeed extends SocketVenue {
  readonly id = 'okx';
  private readonly market: OkxSocket;
  private readonly candles: OkxSocket;
  protected readonly feed: VenueFeed;
  protected translator: OkxTranslator;
  private books: BookLoader | null = null;
  private rest: OkxRest | null = null;

  constructor(
    context: ConnectorContext,
    private readonly hosts: OkxHosts,
    private readonly options: OkxOptions,
  ) {
    super(context);
    this.feed = new VenueFeed({
      ...options, ...selectCrypto(context.instruments, { name: 'OKX', mayBeListed, spell: toOkx, max: MAX_SYMBOLS }),
      id: this.id, name: 'OKX', context, budgets: [CALLS], fallback: { afterMs: options.limits.staleMs, ...options.fallback },
      session: () => this.market.session, subscriptions: () => [this.market.subscriptions, this.candles.subscriptions], streamsOf: (s) => this.streamsOf(s),
      join: (s) => this.join(s), leave: (s, reason) => this.leave(s, reason), poll: () => this.poll(),
    });
    this.translator = this.createTranslator();
    const common = { ...options, context, hosts: hosts.ws };
    this.market = new OkxSocket({
      ...common, part: 'public',
      onMessage: (text, at) => this.message(this.market, text, at),
      onSwitch: (planned, reason) => this.switched(planned, reason),
      onState: (state, reason) => this.feed.tell(state, reason),
    });
    this.candles = new OkxSocket({
      ...common, part: 'business', limits: options.candleLimits,
      onMessage: (text, at) => this.message(this.candles, text, at),
      onSwitch: (planned, reason) => this.feed.reconnected(planned, reason),
      // Prices do not depend on it: without it candles are made of the trades.
      onState: (state, reason) => context.log.info({ state, reason }, 'candle socket of OKX'),
    });
  }

  start(): void {
    const { context, options, market, feed } = this;
    if (!this.begin(market.session, () => market.stop())) return;
    this.candles.stop();
    const { signal } = feed;
    const rest = new OkxRest(this.hosts.rest, feed.http, signal, options.restPaceMs);
    const translator = this.createTranslator();
    this.rest = rest;
    this.translator = translator;
    this.books = new BookLoader({
      ...context, venue: 'OKX', signal, paceMs: options.renewMs, load: (s) => rest.book(s), waits: (s) => translator.waits(s),
      apply: (s, body) => translator.restBook(s, body, context.clock.now()), generation: () => market.session.linkGeneration,
    });
    feed.backfill = createOkxBackfill(rest, translator.mapper, { ...context, signal, offsetMs: () => feed.offset.offsetMs, retry: options.limits.backoff });
    market.start([...feed.served.keys()].flatMap((s) => this.streamsOf(s)));
    if (options.candles) this.candles.start([...feed.served.keys()].map(candlesOf));
    feed.fallback.start();
    feed.keepListings(() => this.listings(rest), (listings) => feed.take(listings));
  }

  stop(): Promise<void> {
    this.feed.end();
    this.translator.cut('stopped', this.context.clock.now());
    this.candles.stop();
    this.market.stop();
    return Promise.resolve();
  }

  /** The next change finds no book and asks for a snapshot. */
  protected override reloadAll(reason: string): void {
    this.translator.cut(reason, this.context.clock.now(), true);
  }

  override status(): VenueStatus {
    return this.feed.status([this.market.operationBudget, ...(this.options.candles ? [this.candles.operationBudget] : [])]);
  }

  private createTranslator(): OkxTranslator {
    const { feed } = this;
    return new OkxTranslator({
      kind: 'live', route: 'socket', symbolOf: (instId) => feed.served.get(instId) ?? null, emit: feed.emit,
      needSnapshot: (instId) => void this.books?.load(instId),
      needStream: (stream) => void this.market.renew(stream, feed.signal),
    });
  }

  private streamsOf(instId: string): readonly string[] {
    return ['trades', 'bbo-tbt', 'tickers', ...(this.feed.booked.has(instId) ? ['books'] : [])].map((channel) => `${channel}:${instId}`);
  }

  private join(instId: string): void {
    this.market.join(this.streamsOf(instId));
    if (this.options.candles) this.candles.join([candlesOf(instId)]);
  }

  private leave(instId: string, reason: string): void {
    this.translator.drop(instId, reason, this.context.clock.now());
    this.market.leave(this.streamsOf(instId));
    this.candles.leave([candlesOf(instId)]);
  }

  private message(socket: OkxSocket, text: string, at: number): boolean {
    const now = this.feed.received(text);
    const mapped = this.translator.frame(text, at);
    this.feed.expireSilent((stream) => stream.split(':')[1] ?? '', now, at);
    if (mapped.type === 'events' || mapped.type === 'book') return this.delivered(socket, mapped, at, now);
    if (mapped.type === 'ack' && mapped.op === 'subscribe') socket.subscriptions.confirmed(mapped.stream, now);
    else if (mapped.type === 'shutdown') socket.session.handOver('OKX announced that it closes this connection');
    else if (mapped.type === 'error') this.venueError(socket, mapped, at);
    return false;
  }

  private delivered(socket: OkxSocket, mapped: Extract<OkxMapped, { type: 'events' | 'book' }>, at: number, now: number): boolean {
    socket.subscriptions.delivered(mapped.stream);
    this.feed.delivered(at, now, mapped.type === 'book' ? mapped.data.ts : (mapped.events[0]?.venueTime ?? null), socket === this.market);
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
      if (states.every((state) => state === 'rejected')) return this.feed.unserve(instId, 'not listed');
      if (!states.some((state) => state === 'confirmed' || state === 'active')) return;
    }
    this.feed.emit({ type: 'badInput', venue: this.id, symbol: this.feed.served.get(instId) ?? null, code: 'bad_payload', detail, receiveTime: at });
  }

  private switched(planned: boolean, reason: string): void {
    this.feed.switched(planned, reason);
    this.translator.cut(reason, this.context.clock.now(), planned);
  }

  private async listings(rest: OkxRest): Promise<Result<ReadonlyMap<string, Listed>, HttpFailure>> {
    const answer = await rest.instruments();
    const found = answer.ok ? readInstruments(answer.value) : null;
    if (!answer.ok) return answer;
    return found ? ok(new Map([...found].map(([s, listed]) => [s, toListed(listed, this.feed.wanted.get(s) ?? null)]))) : err(formFault('the list of pairs'));
  }

  private async poll(): Promise<Result<readonly MarketInput[], HttpFailure>> {
    const answer = await this.rest?.tickers();
    if (!answer?.ok) return answer ?? ok([]);
    const events = this.translator.mapper.restTickers(answer.value, this.context.clock.now());
    return events ? ok(events) : err(formFault('the list of tickers'));
  }
}

function candlesOf(instId: string): string {
  return `candle1m:${instId}`;
}
