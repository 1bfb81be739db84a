import type { FallbackTimes } from '../base/fallback';
import { HTTP_DEFAULTS, type HttpOptions } from '../base/http';
import { SESSION_DEFAULTS, type SessionLimits } from '../base/session';

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
  readonly fallback: Partial<FallbackTimes>;
  /** Time between two readings of the list of pairs, ms. */
  readonly listingsMs?: number;
}
export const OKX_DEFAULTS: OkxOptions = {
  limits: SESSION_DEFAULTS, candleLimits: { ...SESSION_DEFAULTS, staleMs: 60_000, silentMs: 120_000 }, http: HTTP_DEFAULTS,
  books: true, candles: true, silentStreamMs: 60_000, pingAfterMs: 15_000, pongMs: 10_000, renewMs: 1_000, restPaceMs: 100, fallback: {},
};
