import type { BinaryData, DataKind, Interval } from '../contract';
import type { Candles } from '../market/candleList';
import type { Candle, EngineOutput } from '../market/outputs';
import type { SentimentState } from './sentiment';

/** Takes what the analysis has to say, in order. */
export type AnalysisSink = (output: EngineOutput) => void;

export interface AnalysisOptions {
  /** Timeframes on which ratings and signals are computed; others are ignored. */
  readonly intervals: readonly Interval[];
  /** Longest time between two sentiment outputs of one symbol, ms of feed time at pace 1. */
  readonly sentimentEveryMs: number;
}

/** One symbol and timeframe with its circumstances. */
export interface CandleInput {
  readonly symbol: string;
  readonly interval: Interval;
  /** Closed ones, oldest first; only read during the call. Those taken in by an earlier call are not looked at again. */
  readonly candles: Candles;
  readonly kind: DataKind;
  readonly venue: string;
  /** Feed time of the call, ms. */
  readonly now: number;
  /** Present mid of bid and ask, or the last price; null while unknown. Indicative entry of a signal. */
  readonly mid: number | null;
  /** true while history is loaded: ratings are computed, nothing is signalled or scored. */
  readonly warm: boolean;
}

export interface QuoteInput {
  readonly symbol: string;
  /** (bid + ask) / 2; null while one side is unknown. */
  readonly mid: number | null;
  readonly last: number | null;
  /** ask - bid in price units; null while unknown. */
  readonly spread: number | null;
  /** Sizes at the best bid and ask, in any one unit; null or absent while unknown. */
  readonly bidSize?: number | null;
  readonly askSize?: number | null;
  readonly venue: string;
  readonly kind: DataKind;
  /** Feed time of receipt, ms; does not decrease. */
  readonly now: number;
}

/**
 * Ratings, signals and sentiment over one engine's candles and quotes. Deterministic: same calls, same outputs. Bad or missing
 * values lead to missing outputs, never to a NaN and never to an exception.
 */
export interface Analysis {
  /** The last of the candles closed (or history is being loaded: `warm`). Emits `rating`, `signal` and, for 1m, `sentiment`. */
  candleClosed(input: CandleInput, out: AnalysisSink): void;
  /** The candle after those given changed. Emits one `rating` with `final: false`, which is never scored, unless its means and counts are those of the preview before. */
  preview(input: CandleInput, forming: Candle, out: AnalysisSink): void;
  /** One of the closed candles was corrected or put in between others. Emits nothing; what follows knows it. */
  revised(input: CandleInput, candle: Candle): void;
  /** The consolidated quote changed. Feeds sentiment labels and breadth; emits nothing. */
  quote(input: QuoteInput): void;
  /** Time passed. Matures forecasts; emits `sentiment` of every symbol that is due and of the watch list. */
  clock(now: number, out: AnalysisSink): void;
  /** Newest forecast of the shortest horizon, made once a second, in the form of a `sentiment` output; null without one. Asking changes nothing. */
  short?(symbol: string): BinaryData | null;
  /** What the sentiment model has learned and its record, as plain data: `restoreSentiment` of another analysis goes on from there. */
  sentimentState?(): SentimentState;
  /** Goes on from a state (before any quote): number of symbols that do. What was open then is void; what does not fit starts anew. */
  restoreSentiment?(state: SentimentState): number;
  /** Feed time runs this many times as fast as the reader's: outputs that come by time come that much more rarely in feed time. */
  setPace(pace: number): void;
  /** The kind of data changed: open forecasts become void, open signals are dropped, prices are forgotten. Tracks stay with their kind. `now` is the feed time of what was shown; `out` gets the voids. */
  reset(now?: number, out?: AnalysisSink): void;
}
