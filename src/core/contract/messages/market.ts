import * as v from 'valibot';
import { EpochMs, Finite, MaybeFinite, Quality, ShortText } from '../primitives';

/**
 * State of one shown value.
 * - `ok`: fresh; `stale`: older than its stream's limit; `closed`: the market is closed (not a fault);
 * - `suspect`: the source sent values that were refused, the last good one is kept; `none`: no source has this symbol.
 */
export const QUOTE_STATES = ['ok', 'stale', 'closed', 'suspect', 'none'] as const;
export type QuoteStateName = (typeof QUOTE_STATES)[number];

/** By which way a value came in. */
export const ROUTES = ['socket', 'rest', 'simulator', 'replay', 'history'] as const;
export type Route = (typeof ROUTES)[number];

/**
 * One symbol's consolidated quote on the wire (`market` channel). Prices are JSON numbers; null = not known.
 * `age_ms` is the time since the value was received, at the moment of sending: the client adds its own monotonic time.
 */
export const MarketData = v.object({
  /** Last traded price (mid for markets without public trades). */
  price: MaybeFinite,
  bid: MaybeFinite,
  ask: MaybeFinite,
  bid_size: MaybeFinite,
  ask_size: MaybeFinite,
  /** Price 24 hours ago, in the same unit as `price`. */
  open_24h: MaybeFinite,
  /** Change against `open_24h` in percent. */
  change_24h: MaybeFinite,
  high_24h: MaybeFinite,
  low_24h: MaybeFinite,
  /** Traded volume of the last 24 h in base units. */
  volume_24h: MaybeFinite,
  /** Venue id of the leading source, e.g. `binance`; empty when there is none. */
  source: ShortText,
  quality: Quality,
  route: v.fallback(v.picklist(ROUTES), 'socket'),
  state: v.fallback(v.picklist(QUOTE_STATES), 'suspect'),
  /** The venue's own time of the newest part, ms since epoch; null when the venue gives none. */
  venue_time: v.nullable(EpochMs),
  age_ms: v.nullable(v.pipe(Finite, v.minValue(0))),
});
export type MarketData = v.InferOutput<typeof MarketData>;

/** Columns of the compact encoding, in wire order; a test holds them equal to the keys of `MarketData`. */
export const MARKET_COLUMNS = [
  'price', 'bid', 'ask', 'bid_size', 'ask_size', 'open_24h', 'change_24h', 'high_24h', 'low_24h', 'volume_24h',
  'source', 'quality', 'route', 'state', 'venue_time', 'age_ms',
] as const satisfies readonly (keyof MarketData)[];

/** Columns that a sparse row may leave out, bit i of its mask standing for the i-th: all but the two times, which come in every row. */
export const SPARSE_COLUMNS = MARKET_COLUMNS.filter((c) => c !== 'venue_time' && c !== 'age_ms');

/** Closes of the last hour, one a minute, oldest first (`sparkline` channel). null = no trade in that minute. */
export const SparklineData = v.object({
  /** Open time of the last minute in `closes`, ms since epoch. */
  end_time: EpochMs,
  step_ms: Finite,
  closes: v.pipe(v.array(MaybeFinite), v.maxLength(120)),
  quality: Quality,
});
export type SparklineData = v.InferOutput<typeof SparklineData>;
