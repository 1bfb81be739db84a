import type { Result } from '@/core/util/result';
import type { HttpAnswer, HttpFailure, VenueHttp } from '../base/http';

/** The one REST call that a free key has and a terminal needs; candles (`stock/candle`) are for paying keys, HTTP 403 otherwise. */
export class FinnhubRest {
  private readonly base: string;

  constructor(base: string, private readonly http: VenueHttp, private readonly signal: AbortSignal) {
    this.base = base.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  }

  /** Price of one symbol; each costs a call. */
  quote(venueSymbol: string): Promise<Result<HttpAnswer, HttpFailure>> {
    return this.http.getJson(`${this.base}/api/v1/quote?symbol=${encodeURIComponent(venueSymbol)}`, 1, this.signal);
  }
}
