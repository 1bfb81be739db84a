import type { Instrument } from '@/core/market/instrument';
import { ok, type Result } from '@/core/util/result';
import type { Connector, ConnectorContext, VenueStatus } from '../base/connector';
import { HTTP_DEFAULTS, type HttpFailure, type HttpOptions } from '../base/http';
import { isRecord } from '../base/json';
import { KEYED_TIMES, KeyedFeed, type KeyedTimes } from '../base/keyedFeed';
import type { PollTaken } from '../base/poller';
import { SESSION_DEFAULTS, type SessionLimits } from '../base/session';
import { createTwelveDataBackfill } from './backfill';
import { TwelveDataMapper, type TwelveDataMapped } from './mapper';
import { faultOf, type TwelveDataFault } from './raw';
import { TwelveDataRest } from './rest';
import { toTwelveData } from './symbols';

export interface TwelveDataOptions {
  readonly limits: SessionLimits;
  readonly times: KeyedTimes;
  readonly http: HttpOptions;
  /** Crypto pairs too; off because exchanges themselves are connected. */
  readonly crypto: boolean;
  /** The venue wants a sign of life every 10 s, ms. */
  readonly heartbeatMs: number;
  /** Credits of the plan. */
  readonly creditsPerMinute: number;
  readonly creditsPerDay: number;
  /** Time between two REST calls, ms. */
  readonly restPaceMs: number;
}

/** A message has at most 1 MB; a trial key has one connection, so it is never replaced by overlap. Prices come about once a second. */
const TWELVE_DATA_LIMITS: SessionLimits = {
  ...SESSION_DEFAULTS, maxMessageBytes: 2 ** 20 + 2 ** 16, messagesPerSecond: 2, staleMs: 30_000, silentMs: 120_000, maxAgeMs: Infinity,
  backoff: { firstMs: 2_000, baseMs: 5_000, capMs: 60_000 },
};
export const TWELVE_DATA_DEFAULTS: TwelveDataOptions = {
  limits: TWELVE_DATA_LIMITS, times: KEYED_TIMES, http: HTTP_DEFAULTS, crypto: false, heartbeatMs: 9_000, creditsPerMinute: 8, creditsPerDay: 800, restPaceMs: 2_000,
};

/** More symbols than any plan's events of one connection could bear. */
const SOCKET_SYMBOLS = 1_000;
const SYMBOLS_PER_MESSAGE = 100;
/** Candles may take this share of a day's credits: present prices come first. */
const BACKFILL_SHARE = 0.5;
/** A symbol that this key cannot have need not be asked for again this day, ms. */
const REFUSED_FOR_MS = 86_400_000;
const HEARTBEAT = '{"action":"heartbeat"}';

/** The live feed: one socket of prices where the plan has it, REST by the credits of the day for the rest. What messages mean is the mapper's business. */
export class TwelveDataFeed implements Connector {
  readonly id = 'twelvedata';
  private readonly feed: KeyedFeed;
  private readonly mapper: TwelveDataMapper;
  private readonly wanted: ReadonlyMap<string, Instrument>;
  private rest: TwelveDataRest | null = null;
  private beat: NodeJS.Timeout | null = null;

  constructor(private readonly context: ConnectorContext, private readonly options: TwelveDataOptions) {
    const named = context.instruments.map((i) => [toTwelveData(i, options.crypto), i] as const);
    this.wanted = new Map(named.flatMap(([name, i]) => (name === null ? [] : [[name, i] as const])));
    this.mapper = new TwelveDataMapper({
      kind: 'live', route: 'socket', instrumentOf: (name) => (this.feed.shared.served.has(name) ? (this.wanted.get(name) ?? null) : null),
    });
    this.feed = new KeyedFeed({
      id: this.id, name: 'Twelve Data', keyVariable: 'TWELVE_DATA_API_KEY', context, wanted: this.wanted, socketSymbols: SOCKET_SYMBOLS,
      limits: options.limits, times: options.times,
      address: (key) => `${context.urls.ws.replace(/(\/v1\/quotes\/price)?\/*$/, '')}/v1/quotes/price?apikey=${key}`,
      subscribe: (link, names) => {
        for (let i = 0; i < names.length; i += SYMBOLS_PER_MESSAGE) link.send(request('subscribe', names.slice(i, i + SYMBOLS_PER_MESSAGE)));
      },
      message: (text, at, now) => this.message(this.mapper.map(text, at), at, now),
      isData: (text) => text.includes('"event":"price"'),
      leave: (name) => void this.feed.session.send(request('unsubscribe', [name])),
      poll: {
        rules: [{ name: 'credits', per: 'minute', limit: options.creditsPerMinute }, { name: 'credits', per: 'day', limit: options.creditsPerDay }],
        http: options.http, headers: { authorization: `apikey ${context.key ?? ''}` }, spacingMs: options.restPaceMs, batch: options.creditsPerMinute,
        ask: (names, all) => this.ask(names, all),
      },
    });
  }

  start(): void {
    if (!this.feed.start()) return;
    const { context, options } = this;
    const { shared } = this.feed;
    this.rest = new TwelveDataRest(context.urls.rest, shared.http, shared.signal);
    shared.backfill = createTwelveDataBackfill(this.rest, this.mapper, {
      needed: context.needed, isShare: (name) => this.wanted.get(name)?.assetClass === 'equity',
      affordable: () => this.creditsUsed() < BACKFILL_SHARE * options.creditsPerDay,
    }, { ...context, signal: shared.signal, offsetMs: () => shared.offset.offsetMs, retry: options.limits.backoff });
    if (this.beat) clearInterval(this.beat);
    this.beat = setInterval(() => this.feed.session.send(HEARTBEAT), options.heartbeatMs).unref();
  }

  stop(): Promise<void> {
    if (this.beat) clearInterval(this.beat);
    this.beat = null;
    return this.feed.stop();
  }

  refill(): void {
    this.feed.refill();
  }

  status(): VenueStatus {
    return this.feed.status();
  }

  private message(mapped: TwelveDataMapped, at: number, now: number): boolean {
    switch (mapped.type) {
      case 'price':
        for (const event of mapped.events) this.feed.deliver(mapped.venueSymbol, event);
        this.feed.shared.delivered(at, now, mapped.events[0]?.venueTime ?? null);
        return true;
      case 'answer':
        this.answered(mapped, now);
        return false;
      case 'error':
        this.venueError(mapped, at);
        return false;
      case 'bad':
        this.feed.refused(mapped.code, mapped.symbol, mapped.detail, at);
        return false;
      case 'ignored':
        return false;
    }
  }

  /** A free key has a few symbols on its socket; the others are no fault, REST brings them. */
  private answered({ success, fails, words }: Extract<TwelveDataMapped, { type: 'answer' }>, now: number): void {
    for (const name of success) this.feed.subscriptions.confirmed(name, now);
    for (const name of fails) this.feed.subscriptions.rejected(name, words || 'not on the socket of this key');
    if (fails.length > 0) this.context.log.info({ symbols: fails.slice(0, 20), count: fails.length }, 'symbols that Twelve Data does not stream to this key; asked for by REST');
  }

  private venueError({ code, words }: TwelveDataFault, at: number): void {
    this.context.log.warn({ code, words }, 'Twelve Data sent an error');
    if (code === 401) return this.feed.session.refuse(`Twelve Data refuses the key (code 401: ${words})`);
    this.feed.refused('bad_payload', null, `Twelve Data refused a request (${code === null ? 'no code' : `code ${code}`}: ${words})`, at);
  }

  private async ask(names: readonly string[], all: number): Promise<Result<PollTaken, HttpFailure>> {
    if (!this.rest) return ok({ freshForMs: () => 0 });
    const answer = await this.rest.quotes(names);
    const [only] = names;
    // One symbol that this key cannot have is a fact about it, not a failure of the source.
    if (!answer.ok) return names.length === 1 && only !== undefined && this.lacks(only, { code: answer.error.venueCode, words: answer.error.words }) ? ok({ freshForMs: () => REFUSED_FOR_MS }) : answer;
    this.context.watchRaw?.(answer.value.text);
    const { body, receivedAt } = answer.value;
    for (const name of names) this.priced(name, names.length === 1 ? body : isRecord(body) ? body[name] : null, receivedAt);
    const fresh = this.paceMs() * Math.max(all, names.length);
    return ok({ freshForMs: () => fresh });
  }

  private priced(name: string, entry: unknown, at: number): void {
    const fault = faultOf(entry);
    if (fault && this.lacks(name, fault)) return;
    const event = isRecord(entry) && !fault ? this.mapper.quote(entry, name, at) : null;
    if (event?.type === 'ticker') this.feed.deliver(name, event);
    else this.feed.refused(event?.code ?? 'bad_payload', this.wanted.get(name)?.symbol ?? null, event?.detail ?? `no quote of ${name}${fault ? `: ${fault.words}` : ''}`, at);
  }

  /** Unknown (404, 400) or not in this plan (403): left to the socket. */
  private lacks(name: string, { code, words }: TwelveDataFault): boolean {
    if (code !== 404 && code !== 403 && code !== 400) return false;
    this.feed.lacks(name, code === 403 ? `not in the plan of this key: ${words}` : `Twelve Data does not know it: ${words}`);
    return true;
  }

  private creditsUsed(): number {
    return this.feed.shared.http.budget.status().find((b) => b.per === 'day')?.used ?? 0;
  }

  /** What is left of the day's credits lasts to its end: time for one credit, ms. */
  private paceMs(): number {
    const { now } = this.context.clock;
    const midnight = 86_400_000 - (now() % 86_400_000);
    return Math.max(60_000 / this.options.creditsPerMinute, midnight / Math.max(1, this.options.creditsPerDay - this.creditsUsed()));
  }
}

function request(action: 'subscribe' | 'unsubscribe', names: readonly string[]): string {
  return JSON.stringify({ action, params: { symbols: names.join(',') } });
}
