import type { Interval } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';
import type { HttpAnswer, HttpFailure, VenueHttp } from '../base/http';
import { readExchangeInfo } from './symbols';
import type { BinanceSymbol } from './raw';

/** Code of "Invalid symbol." */
const INVALID_SYMBOL = -1121;
/** Even a filtered exchangeInfo is large, and mirrors may ignore the filter. */
const EXCHANGE_INFO_BYTES = 32 * 2 ** 20;
/** Some 3,000 symbols of half a kilobyte. */
const TICKERS_BYTES = 8 * 2 ** 20;

/** The REST calls a terminal needs. A host that refuses us for good is left out, the next one answers. */
export class BinanceRest {
  private hosts: string[];

  constructor(
    hosts: readonly string[],
    private readonly http: VenueHttp,
    private readonly signal: AbortSignal,
  ) {
    this.hosts = [...hosts];
  }

  /** Facts of the wanted symbols (weight 20 a call). One unknown symbol makes the venue refuse the list, so it is halved. */
  async exchangeInfo(symbols: readonly string[]): Promise<Result<ReadonlyMap<string, BinanceSymbol>, HttpFailure>> {
    const query = `symbols=${encodeURIComponent(JSON.stringify(symbols))}`;
    const answer = await this.get(`/api/v3/exchangeInfo?${query}`, 20, EXCHANGE_INFO_BYTES);
    if (answer.ok) {
      const found = readExchangeInfo(answer.value.body);
      return found ? ok(found) : err({ kind: 'bad', words: 'exchangeInfo has not the expected form', status: 200, retryAfterMs: null, venueCode: null });
    }
    if (answer.error.venueCode !== INVALID_SYMBOL) return answer;
    if (symbols.length === 1) return ok(new Map());
    const middle = Math.ceil(symbols.length / 2);
    const left = await this.exchangeInfo(symbols.slice(0, middle));
    if (!left.ok) return left;
    const right = await this.exchangeInfo(symbols.slice(middle));
    return right.ok ? ok(new Map([...left.value, ...right.value])) : right;
  }

  /** At most 1,000 rows from `start` (ms, null = the newest ones). */
  klines(symbol: string, interval: Interval, start: number | null, limit: number): Promise<Result<HttpAnswer, HttpFailure>> {
    const from = start === null ? '' : `&startTime=${start}`;
    return this.get(`/api/v3/klines?symbol=${symbol}&interval=${interval}${from}&limit=${limit}`, 2);
  }

  async depth(symbol: string): Promise<Result<unknown, HttpFailure>> {
    const answer = await this.get(`/api/v3/depth?symbol=${symbol}&limit=1000`, 50);
    return answer.ok ? ok(answer.value.body) : answer;
  }

  /** 24 h statistics with best prices: weight 2 up to 20 symbols, 40 up to 100, 80 for all of them. */
  tickers(symbols: readonly string[]): Promise<Result<HttpAnswer, HttpFailure>> {
    if (symbols.length > 100) return this.get('/api/v3/ticker/24hr', 80, TICKERS_BYTES);
    return this.get(`/api/v3/ticker/24hr?symbols=${encodeURIComponent(JSON.stringify(symbols))}`, symbols.length > 20 ? 40 : 2);
  }

  private async get(path: string, weight: number, maxBytes?: number): Promise<Result<HttpAnswer, HttpFailure>> {
    for (;;) {
      const host = this.hosts[0];
      if (host === undefined) return err({ kind: 'refused', words: 'Binance refuses REST calls from here', status: null, retryAfterMs: null, venueCode: null });
      const answer = await this.http.getJson(host + path, weight, this.signal, maxBytes ? { maxBytes } : {});
      if (answer.ok) this.http.budget.report('minute', Number(answer.value.headers.get('x-mbx-used-weight-1m') ?? Number.NaN));
      if (answer.ok || answer.error.kind !== 'refused') return answer;
      this.hosts = this.hosts.filter((h) => h !== host);
      if (this.hosts.length === 0) return answer;
    }
  }
}
