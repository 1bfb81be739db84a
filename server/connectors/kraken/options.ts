import type { FallbackTimes } from '../base/fallback';
import { HTTP_DEFAULTS, type HttpOptions } from '../base/http';
import { SESSION_DEFAULTS, type SessionLimits } from '../base/session';

export interface KrakenOptions {
  readonly limits: SessionLimits;
  readonly http: HttpOptions;
  /** Order books as well. */
  readonly books: boolean;
  /** Levels of a book: 10, 25, 100, 500 or 1,000. The checksum proves ten, so with ten no level is taken on trust. */
  readonly depth: number;
  /** Silence of every kind, heartbeats too, after which the connection is given up, ms. */
  readonly heartbeatMs: number;
  /** The venue closes a connection that says nothing for about a minute, ms. */
  readonly pingMs: number;
  /** Time between two subscriptions to a stream that keeps failing, ms. */
  readonly resubscribeMs: number;
  /** Time between two REST calls, ms. */
  readonly restPaceMs: number;
  readonly fallback: Partial<FallbackTimes>;
}

/**
 * Heartbeats come every second, so a dead connection is known after ten; that a thin market says nothing for a minute is no
 * fault. About 150 connections in ten minutes are allowed, and none faster than every 5 s during maintenance. A connection
 * has no end of life. The list of all pairs is one message of about a megabyte.
 */
const KRAKEN_LIMITS: SessionLimits = {
  ...SESSION_DEFAULTS, maxMessageBytes: 8 * 2 ** 20, messagesPerSecond: 3, staleMs: 20_000, silentMs: 90_000, maxAgeMs: Infinity,
  backoff: { firstMs: 2_000, baseMs: 5_000, capMs: 60_000 },
};
export const KRAKEN_DEFAULTS: KrakenOptions = {
  limits: KRAKEN_LIMITS, http: HTTP_DEFAULTS, books: true, depth: 10, heartbeatMs: 10_000, pingMs: 30_000, resubscribeMs: 5_000, restPaceMs: 1_100, fallback: {},
};
