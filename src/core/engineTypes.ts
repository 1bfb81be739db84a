import type { BinaryData, BookStateName, DataKind, FeedMode, Interval, Route } from './contract';
import type { InputEvent } from './market/events';
import type { AssetClass, Instrument } from './market/instrument';
import type { BookOutput, Candle, EngineOutput, Quote, TradeOutput, VenueQuote } from './market/outputs';

export interface EngineOptions {
  readonly instruments: readonly Instrument[];
  /** Venue ids, the preferred first: the priority in choosing a leading source. */
  readonly venuePriority: readonly string[];
  /** Candles kept per symbol and interval. */
  readonly candleHistory?: number;
  /** Trades kept per symbol. */
  readonly tradeHistory?: number;
  /** A pushed value of a continuous market is stale beyond this age, ms of feed time; 15 s by default (market/staleness.ts has the table). */
  readonly staleMs?: number;
  /**
   * Staleness limit of every stream, ms of feed time, instead of the table of market/staleness.ts and `staleMs`: a daily reference rate is not late after 15 s.
   * Must be pure.
   */
  readonly staleMsOf?: (venue: string, route: Route, assetClass: AssetClass) => number;
  /** Timeframes on which ratings and signals are computed. */
  readonly signalIntervals?: readonly Interval[];
  /** Least time between two rating previews (and longer forming candles) of one symbol, ms of feed time at speed 1; 10 s by default. */
  readonly previewEveryMs?: number;
  /** Longest time between two sentiment outputs of one symbol, ms of feed time at speed 1. */
  readonly sentimentEveryMs?: number;
}

/** What the engine knows of one venue as a whole. */
export interface VenueFacts {
  readonly books: Readonly<Record<BookStateName, number>>;
  /** Gaps and failed checks of its books that a new snapshot has made good. */
  readonly gapsRepaired: number;
  /** Symbols whose shown values are its own. */
  readonly leads: number;
  /** Its clock minus the feed clock, ms: least (receipt - venue time) turned round, so at most the least transit time too low. null while unknown. */
  readonly clockOffsetMs: number | null;
  /** Symbols whose stream is thin or silent at the moment. */
  readonly thin: readonly string[];
  readonly silent: readonly string[];
}

/** Book content for queries and the replay command. */
export interface BookView {
  readonly venue: string;
  readonly symbol: string;
  readonly state: BookOutput['state'];
  readonly reason: string;
  readonly updateId: number | null;
  /** Kind of its data, and its newest change on the venue's and on the feed clock, ms; null where unknown. */
  readonly kind: DataKind;
  readonly venueTime: number | null;
  readonly receiveTime: number | null;
  /** Number of levels held: bids, asks. */
  readonly levels: readonly [number, number];
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

/** Exact running totals of one venue's trades in one symbol. */
export interface TradeTotals {
  readonly venue: string;
  readonly symbol: string;
  readonly count: number;
  /** Exact decimal sum of sizes. */
  readonly volume: string;
}

/**
 * The market engine: one deterministic step over input events. No clock, no randomness: the same inputs in the same order
 * give byte-identical outputs, live, in a replay, in a test or in a browser worker.
 */
export interface Engine {
  /** Takes one input and hands every output to `out`, in order. Never throws on bad data: it answers with `refused`. */
  step(input: InputEvent, out: (output: EngineOutput) => void): void;
  readonly mode: FeedMode;
  instruments(): readonly Instrument[];
  instrument(symbol: string): Instrument | null;
  quote(symbol: string): Quote | null;
  quotes(): readonly Quote[];
  /** What each venue says of a symbol, the preferred first; empty for an unknown symbol. */
  venueQuotes(symbol: string): readonly VenueQuote[];
  /** Per venue: books by state, symbols it leads, its clock minus the feed clock (ms; null while unknown). */
  venueFacts(): ReadonlyMap<string, VenueFacts>;
  /** The venue whose book of a symbol is shown when no venue is named: the leader's, else the preferred good one; null without any. */
  bookVenue(symbol: string): string | null;
  /** One venue's minutes of a symbol: the last closed one and the forming one, oldest first. */
  venueCandles(venue: string, symbol: string): readonly Candle[];
  /** The newest forecast for the next 10 s, made once a second; null without one. */
  shortSentiment(symbol: string): BinaryData | null;
  /** Oldest first; the last one may be forming. */
  candles(symbol: string, interval: Interval, limit: number): readonly Candle[];
  /** Newest last. */
  trades(symbol: string, limit: number): readonly TradeOutput[];
  tradeTotals(): readonly TradeTotals[];
  books(): readonly { readonly venue: string; readonly symbol: string }[];
  book(venue: string, symbol: string, depth: number): BookView | null;
  /** Canonical text of the whole state; equal texts = equal states. Hashed by callers. */
  fingerprint(): string;
}
