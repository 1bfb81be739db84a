import type { Instrument } from '@/core/market/instrument';
import { ok, type Result } from '@/core/util/result';
import type { Connector, ConnectorContext, VenueStatus } from '../base/connector';
import { HTTP_DEFAULTS, type HttpFailure, type HttpOptions } from '../base/http';
import { KEYED_TIMES, KeyedFeed, type KeyedTimes } from '../base/keyedFeed';
import type { PollTaken } from '../base/poller';
import { SESSION_DEFAULTS, type SessionLimits } from '../base/session';
import { FinnhubMapper, type FinnhubMapped } from './mapper';
import { FinnhubRest } from './rest';
import { shareTick, SOCKET_SYMBOLS, toFinnhub } from './symbols';

export interface FinnhubOptions {
  readonly limits: SessionLimits;
  readonly times: KeyedTimes;
  readonly http: HttpOptions;
  /** Crypto pairs as Binance trades them; off because Binance itself is connected. */
  readonly crypto: boolean;
  readonly socketSymbols: number;
  /** Time between two REST calls, ms: 60 a minute are allowed. */
  readonly restPaceMs: number;
  /** Time for which a price by REST need not be asked again, ms. */
  readonly restFreshMs: number;
}

/**
 * A key has one connection, and a second one cuts both: it is never replaced by overlap. Nothing is said of client messages, so
 * ten a second are sent. Shares may pause for half a minute; the connection is given up after two minutes of open market.
 */
const FINNHUB_LIMITS: SessionLimits = {
  ...SESSION_DEFAULTS, messagesPerSecond: 10, maxQueued: 256, staleMs: 30_000, silentMs: 120_000, maxAgeMs: Infinity,
  backoff: { firstMs: 2_000, baseMs: 5_000, capMs: 60_000 },
};
export const FINNHUB_DEFAULTS: FinnhubOptions = {
  limits: FINNHUB_LIMITS, times: KEYED_TIMES, http: HTTP_DEFAULTS, crypto: false, socketSymbols: SOCKET_SYMBOLS, restPaceMs: 1_100, restFreshMs: 15_000,
};

/** Ten a minute below what is allowed: others may use the key. */
const CALLS_PER_MINUTE = 50;
/** A symbol that REST does not know need not be asked for again this day, ms. */
const UNKNOWN_FOR_MS = 86_400_000;
const FORBIDDEN_IN_A_ROW = 5;
const KEY_REFUSED = /api.?key|token|unauthori[sz]ed|not logged in/i;
const TOO_MANY = /too many symbols/i;

/** The live feed: one socket of trades, REST for what it does not deliver. What messages mean is the mapper's business. */
export class FinnhubFeed implements Connector {
  readonly id = 'finnhub';
  private readonly feed: KeyedFeed;
  private readonly mapper: FinnhubMapper;
  private readonly wanted: ReadonlyMap<string, Instrument>;
  private rest: FinnhubRest | null = null;
  /** REST answers with HTTP 403 in a row. */
  private forbidden = 0;

  constructor(private readonly context: ConnectorContext, private readonly options: FinnhubOptions) {
    const named = context.instruments.map((i) => [toFinnhub(i, options.crypto), i] as const);
    this.wanted = new Map(named.flatMap(([name, i]) => (name === null ? [] : [[name, i] as const])));
    this.mapper = new FinnhubMapper({ kind: 'live', route: 'socket', symbolOf: (venueSymbol) => this.feed.shared.served.get(venueSymbol) ?? null });
    this.feed = new KeyedFeed({
      id: this.id, name: 'Finnhub', keyVariable: 'FINNHUB_API_KEY', context, wanted: this.wanted, socketSymbols: options.socketSymbols,
      limits: options.limits, times: options.times,
      address: (key) => `${context.urls.ws.replace(/\/+$/, '')}/?token=${key}`,
      subscribe: (link, venueSymbols) => {
        this.mapper.connected();
        for (const symbol of venueSymbols) link.send(JSON.stringify({ type: 'subscribe', symbol }));
      },
      message: (text, at, now) => this.message(this.mapper.map(text, at), at, now),
      isData: (text) => text.includes('"type":"trade"'),
      leave: (symbol) => void this.feed.session.send(JSON.stringify({ type: 'unsubscribe', symbol })),
      poll: {
        rules: [{ name: 'REST calls', per: 'minute', limit: CALLS_PER_MINUTE }], http: options.http, headers: { 'X-Finnhub-Token': context.key ?? '' },
        spacingMs: options.restPaceMs, batch: 1, ask: (venueSymbols) => this.ask(venueSymbols[0] ?? ''),
      },
    });
  }

  start(): void {
    this.forbidden = 0;
    if (this.feed.start()) this.rest = new FinnhubRest(this.context.urls.rest, this.feed.shared.http, this.feed.shared.signal);
  }

  stop(): Promise<void> {
    return this.feed.stop();
  }

  refill(): void {
    this.feed.refill();
  }

  status(): VenueStatus {
    return this.feed.status();
  }

  private message(mapped: FinnhubMapped, at: number, now: number): boolean {
    if (mapped.type === 'bad') this.feed.refused(mapped.code, mapped.symbol, mapped.detail, at);
    else if (mapped.type === 'error') this.venueError(mapped.words, at);
    if (mapped.type !== 'rows') return false;
    let good = false;
    for (const row of mapped.rows) {
      if (row.type === 'bad') {
        this.feed.refused(row.code, row.symbol, row.detail, at);
        continue;
      }
      good = true;
      this.deliver(row.venueSymbol, row.event);
      this.feed.shared.delivered(at, now, row.event.venueTime);
    }
    return good;
  }

  private deliver(venueSymbol: string, event: Parameters<KeyedFeed['deliver']>[1]): void {
    const instrument = this.wanted.get(venueSymbol);
    const price = Number(event.type === 'trade' ? event.price : event.type === 'ticker' ? event.last : 0);
    this.feed.deliver(venueSymbol, event, instrument ? (shareTick(instrument, price) ?? instrument.tickSize) : null);
  }

  /** Errors are words without a code. Which symbols are too many is not said: they stay silent, and REST brings them. */
  private venueError(words: string, at: number): void {
    this.context.log.warn({ words }, 'Finnhub sent an error');
    if (KEY_REFUSED.test(words)) return this.feed.session.refuse(`Finnhub refuses the key: ${words}`);
    const next = TOO_MANY.test(words) ? '; symbols that stay silent are asked for by REST' : '';
    this.feed.refused('bad_payload', null, `Finnhub refused a request: ${words}${next}`, at);
  }

  private async ask(venueSymbol: string): Promise<Result<PollTaken, HttpFailure>> {
    if (!this.rest) return ok({ freshForMs: () => 0 });
    const answer = await this.rest.quote(venueSymbol);
    if (!answer.ok) return this.noQuote(venueSymbol, answer);
    this.forbidden = 0;
    this.context.watchRaw?.(answer.value.text);
    const event = this.mapper.quote(answer.value.body, venueSymbol, answer.value.receivedAt);
    if (event === 'unknown') {
      this.unknown(venueSymbol);
      return ok({ freshForMs: () => UNKNOWN_FOR_MS });
    }
    if (event.type === 'bad') this.feed.refused(event.code, event.symbol, event.detail, answer.value.receivedAt);
    else this.deliver(venueSymbol, event);
    return ok({ freshForMs: () => this.options.restFreshMs });
  }

  /** HTTP 403 is said of single symbols that a plan does not hold; of one after another it is said of the key or of this place. */
  private noQuote(venueSymbol: string, answer: { readonly ok: false; readonly error: HttpFailure }): Result<PollTaken, HttpFailure> {
    if (answer.error.status !== 403) return answer;
    this.forbidden += 1;
    if (this.forbidden >= FORBIDDEN_IN_A_ROW) return answer;
    this.feed.lacks(venueSymbol, `not in what this key may ask for by REST: ${answer.error.words}`);
    return ok({ freshForMs: () => UNKNOWN_FOR_MS });
  }

  /** A share it does not know gives its place on the socket to another; of pairs REST may know less than the socket. */
  private unknown(venueSymbol: string): void {
    const reason = 'Finnhub does not know it, or this key may not see it';
    const streamed = this.feed.subscriptions.state(venueSymbol) === 'active';
    if (streamed || this.wanted.get(venueSymbol)?.assetClass !== 'equity') this.feed.lacks(venueSymbol, reason);
    else this.feed.shared.unserve(venueSymbol, reason);
  }
}
