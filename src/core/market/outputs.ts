import type { ActivityName, BinaryData, DataKind, FeedMode, FeedStateName, Interval, QuoteStateName, RatingData, Route, SignalRecord, SparklineData, TradeSide, BookStateName } from '../contract';
import type { Instrument } from './instrument';
import type { LevelChange } from './events';

/** Consolidated quote of one symbol: the leading source's values, never a mix of two kinds. null = unknown. */
export interface Quote {
  readonly symbol: string;
  readonly last: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly open24h: number | null;
  readonly high24h: number | null;
  readonly low24h: number | null;
  readonly volume24h: number | null;
  /** Leading venue; empty when no source has the symbol. */
  readonly venue: string;
  readonly kind: DataKind;
  readonly route: Route;
  readonly state: QuoteStateName;
  /** Newest venue time behind the value; null when the venue gives none. */
  readonly venueTime: number | null;
  /** Feed-clock time of the newest receipt; null before the first. */
  readonly receiveTime: number | null;
}

/** What one venue says of one symbol, whether it leads or not. null = unknown. Times on the feed clock, ms. */
export interface VenueQuote {
  readonly symbol: string;
  readonly venue: string;
  readonly kind: DataKind;
  readonly route: Route;
  readonly last: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly volume24h: number | null;
  readonly state: QuoteStateName;
  readonly activity: ActivityName;
  /** Messages a minute, now and usually; null while unknown. */
  readonly perMinute: number | null;
  readonly usualPerMinute: number | null;
  readonly leads: boolean;
  /** In words, where there is something to say: why it does not lead. */
  readonly note: string;
  readonly venueTime: number | null;
  readonly receiveTime: number | null;
}

export interface Candle {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface QuoteOutput { readonly type: 'quote'; readonly quote: Quote }
export interface TradeOutput {
  readonly type: 'trade';
  readonly symbol: string;
  readonly venue: string;
  readonly kind: DataKind;
  readonly id: string;
  readonly price: string;
  readonly size: string;
  readonly side: TradeSide;
  /** Venue time, or receive time where the venue gives none. */
  readonly time: number;
}
export interface CandleOutput {
  readonly type: 'candle';
  readonly symbol: string;
  readonly interval: Interval;
  readonly candle: Candle;
  readonly closed: boolean;
  readonly kind: DataKind;
  readonly venue: string;
  /** true when it replaces an already closed candle (late repair from the venue). */
  readonly revised: boolean;
}
export interface BookOutput {
  readonly type: 'book';
  readonly symbol: string;
  readonly venue: string;
  readonly kind: DataKind;
  readonly action: 'snapshot' | 'delta' | 'state';
  readonly state: BookStateName;
  readonly reason: string;
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
  readonly updateId: number | null;
}
export interface SparklineOutput { readonly type: 'sparkline'; readonly symbol: string; readonly data: SparklineData }
/** A rating changed class; `record` is what gets scored. */
export interface SignalOutput { readonly type: 'signal'; readonly record: SignalRecord }
export interface RatingOutput { readonly type: 'rating'; readonly rating: RatingData }
/** `symbol` null = the whole watch list. `quiet`: a forecast for the record, which readers of a feed that runs fast are not told. */
export interface SentimentOutput { readonly type: 'sentiment'; readonly symbol: string | null; readonly data: BinaryData; readonly quiet?: true }
/** What became of a scored signal; with `void` everything from `entry` on is null. Found again in the log by the signal's `id`. */
export interface SignalOutcome {
  readonly id: string;
  readonly method: string;
  readonly source: DataKind;
  readonly symbol: string;
  readonly tf: Interval;
  /** `asOf` and side of the signal. */
  readonly asOf: number;
  readonly side: 1 | -1;
  /** Close time of the candle that ended it, or feed time at which it became void, ms. */
  readonly ts: number;
  readonly result: 'target' | 'stop' | 'expiry' | 'void';
  /** Why it is void: `gap` (candles are missing), `mode` (another market is shown); empty otherwise. */
  readonly reason: '' | 'gap' | 'mode';
  readonly entry: number | null;
  readonly exit: number | null;
  /** Candles from the entry to the end, the last included. */
  readonly bars: number | null;
  /** side (exit - entry) / entry. */
  readonly ret: number | null;
  /** Return of holding from the entry to the close of the last candle, whatever the side. */
  readonly hold: number | null;
  /** Return, worst and best excursion in units of the risk (distance of the stop); mae <= 0 <= mfe. */
  readonly r: number | null;
  readonly mae: number | null;
  readonly mfe: number | null;
  /** Mark (CRC-32) of the candles it was judged by: another mark later means that a candle was corrected since. */
  readonly path: number | null;
}
/** Three entries at random candles after a signal, same side and exits, judged by the same rules: what the signal is compared with. */
export interface RandomEntries {
  /** Id of the signal they belong to. */
  readonly id: string;
  readonly method: string;
  readonly source: DataKind;
  readonly symbol: string;
  readonly tf: Interval;
  readonly ts: number;
  readonly ret: readonly number[];
  readonly r: readonly number[];
}
/** What became of one horizon of a published forecast (the `sentiment` output of `symbol` at `forecast`). */
export interface SentimentOutcome {
  readonly method: string;
  readonly source: DataKind;
  readonly symbol: string;
  /** `ts` of the publication. */
  readonly forecast: number;
  /** Horizon, seconds. */
  readonly h: number;
  /** Feed time at which it was due (or became void), ms; later than `forecast`. */
  readonly ts: number;
  readonly result: 'up' | 'down' | 'flat' | 'void';
  /** Why it is void: `stale`, `feed`, `gap`, `mode`, ...; empty otherwise. */
  readonly reason: string;
  /** Price at the end; null when void. */
  readonly price: number | null;
}
/** Ends of signals and forecasts. Go to the tamper-evident log, each after the record of what it ends. */
export type OutcomeOutput =
  | { readonly type: 'outcome'; readonly of: 'signal'; readonly outcome: SignalOutcome }
  | { readonly type: 'outcome'; readonly of: 'random'; readonly entries: RandomEntries }
  | { readonly type: 'outcome'; readonly of: 'sentiment'; readonly outcomes: readonly SentimentOutcome[] };
export interface FeedStatusOutput {
  readonly type: 'feedStatus';
  readonly venue: string;
  readonly state: FeedStateName;
  readonly reason: string;
  readonly since: number;
}
export interface ModeOutput { readonly type: 'mode'; readonly mode: FeedMode; readonly reason: string; readonly since: number }
export interface InstrumentOutput { readonly type: 'instrument'; readonly instrument: Instrument }
/** A refused input. The value before it stays, flagged. */
export interface RefusedOutput {
  readonly type: 'refused';
  readonly venue: string;
  readonly symbol: string | null;
  /** Counter label: `not_finite`, `not_positive`, `absurd_price`, `crossed`, `unknown_symbol`, `time_range`, `duplicate`, or a mapper's code. */
  readonly code: string;
  readonly detail: string;
  readonly time: number;
}

export type EngineOutput =
  | QuoteOutput
  | TradeOutput
  | CandleOutput
  | BookOutput
  | SparklineOutput
  | SignalOutput
  | RatingOutput
  | SentimentOutput
  | OutcomeOutput
  | FeedStatusOutput
  | ModeOutput
  | InstrumentOutput
  | RefusedOutput;
