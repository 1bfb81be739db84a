import { Ratings } from './ratings';
import { Sentiment } from './sentiment';
import type { Analysis, AnalysisOptions } from './types';

export { RATING_METHOD, SIGNAL_PLAN } from './ratings';
export { SENTIMENT_METHOD, type SentimentState } from './sentiment';
export type { SymbolState } from './mix/symbolModel';
export type { Analysis, AnalysisOptions, AnalysisSink, CandleInput, QuoteInput } from './types';

/** Ratings and signals (`tr26@1`) on the timeframes given, and sentiment (`mix@1`). */
export function createAnalysis(options: AnalysisOptions): Analysis {
  const intervals = new Set(options.intervals);
  const ratings = new Ratings();
  const sentiment = new Sentiment(options.sentimentEveryMs);
  return {
    candleClosed(input, out) {
      if (intervals.has(input.interval)) ratings.closed(input, out);
      if (input.interval === '1m') sentiment.minute(input, out);
    },
    preview(input, forming, out) {
      if (intervals.has(input.interval)) ratings.preview(input, forming, out);
    },
    revised(input, candle) {
      if (intervals.has(input.interval)) ratings.revised(input, candle);
    },
    setPace: (pace) => sentiment.setPace(pace),
    quote: (input) => sentiment.quote(input),
    clock: (now, out) => sentiment.clock(now, out),
    short: (symbol) => sentiment.short(symbol),
    sentimentState: () => sentiment.state(),
    restoreSentiment: (state) => sentiment.restore(state),
    reset(now = 0, out = () => undefined) {
      ratings.reset(now, out);
      sentiment.reset(now, out);
    },
  };
}
