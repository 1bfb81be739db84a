import type { DataKind, Interval } from '../contract';
import type { Candle, EngineOutput } from '../market/outputs';

/** Takes what the analysis has to say, in order. */
export type AnalysisSink = (output: EngineOutput) => void;

export interface AnalysisOptions {
  /** Timeframes on which ratings and signals are computed; others are ignored. */
  readonly intervals: readonly Interval[];
  /** Longest time between two sentiment outputs of one symbol, ms of feed time. */
  readonly sentimentEveryMs: number;
}

/** Candles of one symbol and timeframe, oldest first. The last one is the candle the call is about. */
export interface CandleInput {
  readonly symbol: string;
  readonly interval: Interval;
  /** `candleClosed`: all closed. `preview`: the last one is forming. */
  readonly candles: readonly Candle[];
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
  /** A candle closed (or history is being loaded: `warm`). Emits `rating`, `signal` and, for 1m, `sentiment`. */
  candleClosed(input: CandleInput, out: AnalysisSink): void;
  /** The forming candle changed. Emits one `rating` with `final: false`, which is never scored. */
  preview(input: CandleInput, out: AnalysisSink): void;
  /** The consolidated quote changed. Feeds sentiment labels and breadth; emits nothing. */
  quote(input: QuoteInput): void;
  /** Time passed. Matures forecasts; emits `sentiment` of every symbol that is due and of the watch list. */
  clock(now: number, out: AnalysisSink): void;
  /** The kind of data changed: open forecasts become void, open signals are dropped, prices are forgotten. Tracks stay with their kind. */
  reset(): void;
}
