import type { Interval } from '@/core/contract';
import { err, ok, type Result } from '@/core/util/result';
import type { HttpAnswer, HttpFailure, VenueHttp } from '../base/http';
import { faultOf } from './raw';

/** Rows one call may bring; it costs one credit whatever their number. */
export const SERIES_ROWS = 5_000;
export const TWELVE_DATA_INTERVALS: Readonly<Partial<Record<Interval, string>>> = { '1m': '1min', '5m': '5min', '15m': '15min', '1h': '1h', '4h': '4h', '1d': '1day' };
const MINUTE_MS = 60_000;

/** The REST calls that a terminal needs, each symbol for one credit. Errors arrive with HTTP 200 as well and are read as what they are. */
export class TwelveDataRest {
  constructor(private readonly base: string, private readonly http: VenueHttp, private readonly signal: AbortSignal) {}

  /** Prices of up to as many symbols as the minute has credits. */
  quotes(venueSymbols: readonly string[]): Promise<Result<HttpAnswer, HttpFailure>> {
    return this.get(`/quote?symbol=${venueSymbols.map(encodeURIComponent).join(',')}`, venueSymbols.length);
  }

  /** Candles in UTC from `start` (ms, null = the newest ones). */
  series(venueSymbol: string, interval: Interval, start: number | null, rows: number): Promise<Result<HttpAnswer, HttpFailure>> {
    const from = start === null ? '' : `&start_date=${new Date(start).toISOString().slice(0, 19)}`;
    const size = Math.min(SERIES_ROWS, rows);
    return this.get(`/time_series?symbol=${encodeURIComponent(venueSymbol)}&interval=${TWELVE_DATA_INTERVALS[interval] ?? ''}&outputsize=${size}&timezone=UTC${from}`, 1);
  }

  private async get(path: string, credits: number): Promise<Result<HttpAnswer, HttpFailure>> {
    const answer = await this.http.getJson(`${this.base.replace(/\/+$/, '')}${path}`, credits, this.signal);
    if (!answer.ok) return answer;
    const { headers, body } = answer.value;
    if (/^\d{1,6}$/.test(headers.get('api-credits-used') ?? '')) this.http.budget.report('minute', Number(headers.get('api-credits-used')));
    const fault = faultOf(body);
    return fault ? err(this.failure(fault.code, fault.words)) : ok(answer.value);
  }

  private failure(code: number | null, said: string): HttpFailure {
    const words = `Twelve Data refused a request (${code === null ? 'no code' : `code ${code}`}: ${said})`;
    const failure = (kind: HttpFailure['kind'], retryAfterMs: number | null = null): HttpFailure => ({ kind, words, status: 200, retryAfterMs, venueCode: code });
    if (code === 401) return failure('refused');
    if (code === 429) {
      // "... for the day" against "... for the current minute": the words alone tell them apart.
      this.http.budget.exhaust(/\bday\b/i.test(said) ? 'day' : 'minute');
      return failure('limited', Math.max(MINUTE_MS / 60, this.http.budget.waitMs(1)));
    }
    return failure(code !== null && code < 500 ? 'bad' : 'lost');
  }
}
