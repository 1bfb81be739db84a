import type { FallbackTimes } from '../base/fallback';
import { HTTP_DEFAULTS, type HttpOptions } from '../base/http';
import { SESSION_DEFAULTS, type SessionLimits } from '../base/session';

export interface CoinbaseOptions {
  readonly limits: SessionLimits;
  readonly http: HttpOptions;
  /** Order books as well; costs the venue's level2 stream and a snapshot of up to 5 MB per product. */
  readonly books: boolean;
  /** Time an accepted stream may stay without a message before it counts as silent, ms. */
  readonly silentStreamMs: number;
  /** Longest wait for the list of products before subscriptions are sent without it, ms; the venue cuts after 5 s. */
  readonly listingsWaitMs: number;
  /** Silence of the venue's heartbeat, one a second, after which the connection is given up, ms. */
  readonly heartbeatMs: number;
  /** Shortest time between two requests for new book snapshots, ms; one that has not come is asked for again after five times this. */
  readonly resyncMs: number;
  readonly fallback: Partial<FallbackTimes>;
  /** Time between two readings of the list of products, ms. */
  readonly listingsMs?: number;
}

export const COINBASE_DEFAULTS: CoinbaseOptions = {
  // A book comes as one frame of 5 MB; eight messages a second are allowed per address; pairs may be thin, and the heartbeat
  // tells a dead connection sooner than silence does; the venue names no end of life of a connection.
  limits: { ...SESSION_DEFAULTS, maxMessageBytes: 16 * 2 ** 20, messagesPerSecond: 5, maxQueued: 512, staleMs: 15_000, silentMs: 45_000, maxAgeMs: Number.POSITIVE_INFINITY },
  http: HTTP_DEFAULTS,
  books: true,
  silentStreamMs: 120_000,
  listingsWaitMs: 2_500,
  heartbeatMs: 10_000,
  resyncMs: 2_000,
  fallback: {},
};
