import { INTERVAL_MS, type Interval } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';
import { CandleBackfill, type BackfillOptions, type CandlePage, type CandleRange } from '../base/backfill';
import type { HttpAnswer, HttpFailure, VenueHttp } from '../base/http';
import type { CoinbaseMapper } from './mapper';
import type { CoinbaseProduct } from './raw';
import { readProducts } from './symbols';

/** Names of the venue's candle lengths; the others it does not offer. */
export const GRANULARITY: Readonly<Partial<Record<Interval, string>>> = {
  '1m': 'ONE_MINUTE', '5m': 'FIVE_MINUTE', '15m': 'FIFTEEN_MINUTE', '1h': 'ONE_HOUR', '1d': 'ONE_DAY',
};
const PREFIX = '/api/v3/brokerage/market/products';
/** The list of 900 products has 1.2 MB. */
const PRODUCTS_BYTES = 16 * 2 ** 20;
/** Rows asked for at once; the venue gives 300 to 350. */
const PAGE_ROWS = 300;
/** What a fresh start loads: newest rows per interval. */
const FULL: readonly (readonly [Interval, number])[] = [['1m', PAGE_ROWS], ['1h', PAGE_ROWS], ['1d', PAGE_ROWS]];

/** The REST calls a terminal needs, one weight each. */
export class CoinbaseRest {
  constructor(
    private readonly host: string,
    private readonly http: VenueHttp,
    private readonly signal: AbortSignal,
  ) {}

  async products(): Promise<Result<ReadonlyMap<string, CoinbaseProduct>, HttpFailure>> {
    const answer = await this.http.getJson(this.host + PREFIX, 1, this.signal, { maxBytes: PRODUCTS_BYTES });
    if (!answer.ok) return answer;
    const found = readProducts(answer.value.body);
    return found ? ok(found) : err({ kind: 'bad', words: 'the list of products has not the expected form', status: 200, retryAfterMs: null, venueCode: null });
  }

  /** The newest trade of a product and its best prices. */
  ticker(productId: string): Promise<Result<HttpAnswer, HttpFailure>> {
    return this.http.getJson(`${this.host}${PREFIX}/${encodeURIComponent(productId)}/ticker?limit=1`, 1, this.signal);
  }

  /** Candles that open from `start` to `end`, ms, both included. */
  candles(productId: string, granularity: string, start: number, end: number): Promise<Result<HttpAnswer, HttpFailure>> {
    const query = `start=${Math.floor(start / 1_000)}&end=${Math.floor(end / 1_000)}&granularity=${granularity}`;
    return this.http.getJson(`${this.host}${PREFIX}/${encodeURIComponent(productId)}/candles?${query}`, 1, this.signal);
  }
}

/** The candle loader over Coinbase's `candles`. */
export function createCoinbaseBackfill(rest: CoinbaseRest, mapper: CoinbaseMapper, options: Omit<BackfillOptions, 'full' | 'pageRows' | 'load'>): CandleBackfill {
  const load = async ({ venueSymbol, symbol, interval, start, rows }: CandleRange): Promise<Result<CandlePage, HttpFailure>> => {
    const step = INTERVAL_MS[interval];
    const present = options.clock.now() + (options.offsetMs() ?? 0);
    const newest = Math.floor(present / step) * step;
    const from = start ?? newest - (rows - 1) * step;
    const to = from + (rows - 1) * step;
    const answer = await rest.candles(venueSymbol, GRANULARITY[interval] ?? '', from, to);
    if (!answer.ok) return answer;
    const at = options.clock.now();
    const { events, refused } = mapper.candleRows(answer.value.body, symbol, interval, at, at + (options.offsetMs() ?? 0));
    // Bars without a trade are absent, so the time tells whether there is more, not the number of rows.
    return ok({ events, refused, next: to + step <= newest ? to + step : null });
  };
  return new CandleBackfill({ ...options, full: FULL, pageRows: PAGE_ROWS, load });
}
