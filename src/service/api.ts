import { CandlesAnswer, CompareReport, OverviewAnswer, SentimentHistory, VenueInfo, VenueList, type HistoryAnswer, type Interval, type ScorecardKind, type ScorecardReport, type ScorecardWindow } from '@/core/contract';
import { createAsk, type Answer } from './ask';
import type { FetchLike } from './types';

export type { Answer, ApiFailure } from './ask';

export interface ScorecardQuery {
  /** null = the kind of data shown now. */
  readonly source: ScorecardKind | null;
  readonly window: ScorecardWindow;
  /** null = all. */
  readonly symbol: string | null;
  readonly tf: Interval | null;
}

/** What the page asks the server for by plain requests (docs/http.md). Never throws; an aborted request is `unreachable`. */
export interface Api {
  /** Every source, the preferred first. */
  venues(signal: AbortSignal): Answer<readonly VenueInfo[]>;
  /** Starts or stops a source; for administrators. */
  switchVenue(id: string, to: 'start' | 'stop', signal: AbortSignal): Answer<VenueInfo>;
  /** One instrument across venues, for a size in base units. */
  compare(symbol: string, size: string, signal: AbortSignal): Answer<CompareReport>;
  /** The market as a whole, by a source that counts it. */
  overview(signal: AbortSignal): Answer<OverviewAnswer>;
  /** The newest `limit` candles that opened at or before `end` (ms; null = now). */
  candles(query: { readonly symbol: string; readonly interval: Interval; readonly end: number | null; readonly limit: number }, signal: AbortSignal): Answer<CandlesAnswer>;
  /** What signals and forecasts of one kind of data were worth. */
  scorecard(query: ScorecardQuery, signal: AbortSignal): Answer<ScorecardReport>;
  /** What was told of the whole watch list before this page listened. */
  moodHistory(signal: AbortSignal): Answer<SentimentHistory>;
  /** What is stored, what is missing and what is being repaired. */
  history(signal: AbortSignal): Answer<HistoryAnswer>;
}

/** Requests to one server. */
export function createApi(server: string, get: FetchLike = (url, init) => fetch(url, init)): Api {
  const ask = createAsk(server, get);
  return {
    venues: (signal) => ask('GET', 'api/v1/venues', VenueList, signal),
    switchVenue: (id, to, signal) => ask('POST', `api/v1/venues/${encodeURIComponent(id)}/${to}`, VenueInfo, signal),
    compare: (symbol, size, signal) => ask('GET', `api/v1/compare?${new URLSearchParams({ symbol, size }).toString()}`, CompareReport, signal),
    overview: (signal) => ask('GET', 'api/v1/overview', OverviewAnswer, signal),
    candles: ({ symbol, interval, end, limit }, signal) =>
      ask('GET', `api/v1/candles?${new URLSearchParams({ symbol, interval, limit: String(limit), ...(end === null ? {} : { end: String(end) }) }).toString()}`, CandlesAnswer, signal),
    moodHistory: (signal) => ask('GET', 'api/v1/sentiment', SentimentHistory, signal),
    // Its schema is large and only one page needs it.
    history: async (signal) => (await import('./history')).askHistory(ask, signal),
    scorecard: async (query, signal) => (await import('./scorecard')).askScorecard(ask, query, signal),
  };
}
