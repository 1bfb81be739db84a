import type { FallbackTimes } from '../base/fallback';
import { HTTP_DEFAULTS, type HttpOptions } from '../base/http';
import { SESSION_DEFAULTS, type SessionLimits } from '../base/session';

export interface BinanceOptions {
  readonly limits: SessionLimits;
  readonly http: HttpOptions;
  /** Order books as well; costs the venue's depth stream and a REST snapshot per symbol. */
  readonly books: boolean;
  /** Time an accepted stream may stay without a message before it counts as silent, ms. */
  readonly silentStreamMs: number;
  /** Time between two book snapshots of one symbol when its first repair did not do, ms; at random up to twice that. */
  readonly bookPaceMs: number;
  readonly fallback: Partial<FallbackTimes>;
  /** Time between two readings of the symbol list, ms. */
  readonly listingsMs?: number;
}
export const BINANCE_DEFAULTS: BinanceOptions = { limits: SESSION_DEFAULTS, http: HTTP_DEFAULTS, books: true, silentStreamMs: 60_000, bookPaceMs: 1_000, fallback: {} };
