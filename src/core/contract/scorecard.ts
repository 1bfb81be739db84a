import * as v from 'valibot';
import { INTERVALS } from './messages/candles';
import { EpochMs, Finite, MaybeFinite, Quality, Seq, ShortText, SymbolName } from './primitives';

/** Windows of the scorecard: by the time at which outcomes were known. */
export const SCORECARD_WINDOWS = ['24h', '7d', 'all'] as const;
export type ScorecardWindow = (typeof SCORECARD_WINDOWS)[number];
/** Kinds of data that have logs and figures of their own; they are never added up. */
export const SCORECARD_KINDS = ['live', 'simulated', 'replay'] as const;
export type ScorecardKind = (typeof SCORECARD_KINDS)[number];
/** Fewest outcomes for which figures are told; below it `enough` is false and every figure is null. */
export const ENOUGH_OUTCOMES = 30;

const Quantiles = v.object({ p10: Finite, p50: Finite, p90: Finite });

/** Figures of the signals of one cell in one window. Every figure is over the same `n` outcomes; null while there are not enough. */
export const SignalFigures = v.object({
  /** Outcomes (target, stop or expiry), scored signals without one yet, signals that could not be judged. */
  n: Seq,
  open: Seq,
  void: Seq,
  /** Ended before the time they were given was over. They count from its end on, or quick losses would come first. */
  pending: v.optional(Seq, 0),
  /** Stretches of time (20 candles each) that outcomes fall into: intervals of cells with several series are made of these, because what ends at one time moves together. */
  clusters: v.optional(v.nullable(Seq), null),
  enough: v.boolean(),
  hit: MaybeFinite,
  hitLo: MaybeFinite,
  hitHi: MaybeFinite,
  avgR: MaybeFinite,
  avgReturn: MaybeFinite,
  /** Mean return of holding over the same candles, whatever the side. */
  holdReturn: MaybeFinite,
  /** Random entries of the same signals; null below 30 of them and while they fall into one stretch of time. `aboveLo`, `aboveHi`: 95% interval of avgR minus theirs. */
  random: v.nullable(v.object({ n: Seq, hit: Finite, hitLo: Finite, hitHi: Finite, avgR: Finite, avgRLo: Finite, avgRHi: Finite, avgReturn: Finite, above: Finite, aboveLo: Finite, aboveHi: Finite })),
  profitFactor: MaybeFinite,
  expectancy: MaybeFinite,
  sqn: MaybeFinite,
  /** Deepest fall of the sum of R, in R, >= 0. */
  maxDrawdownR: MaybeFinite,
  sharpe: MaybeFinite,
  psr0: MaybeFinite,
  dsr: MaybeFinite,
  /** Excursions in R. */
  mae: v.nullable(Quantiles),
  mfe: v.nullable(Quantiles),
  /** Median candles until the target, until the stop; null where none ended so. */
  barsToTarget: MaybeFinite,
  barsToStop: MaybeFinite,
  targets: Seq,
  stops: Seq,
  expiries: Seq,
  longestLosingRun: v.nullable(Seq),
  /** Time of the first outcome behind the figures; null without any. */
  since: v.nullable(EpochMs),
});
export type SignalFigures = v.InferOutput<typeof SignalFigures>;

/** Signals of one method; `symbol` null = all symbols, `tf` null = all timeframes. */
export const SignalCell = v.object({ method: ShortText, symbol: v.nullable(SymbolName), tf: v.nullable(v.picklist(INTERVALS)), ...SignalFigures.entries });
export type SignalCell = v.InferOutput<typeof SignalCell>;

/** One bin of the calibration plot: forecasts with pUp in [lo, hi), how many, their mean, and the share of them that rose. */
export const CalibrationBin = v.object({ lo: Finite, hi: Finite, n: Seq, meanP: MaybeFinite, up: MaybeFinite });
export type CalibrationBin = v.InferOutput<typeof CalibrationBin>;

/** Sentiment forecasts of one method and horizon; `symbol` null = all symbols. `n` counts moves; intervals use `effective` independent ones. */
export const SentimentCell = v.object({
  method: ShortText,
  symbol: v.nullable(SymbolName),
  h: Finite,
  n: Seq,
  effective: Finite,
  flat: Seq,
  open: Seq,
  void: Seq,
  /** Several symbols: stretches of time that intervals are made of, because symbols move together; null for one symbol. */
  clusters: v.optional(v.nullable(Seq), null),
  enough: v.boolean(),
  /** Share of moves that rose. */
  upRate: MaybeFinite,
  hit: MaybeFinite,
  hitLo: MaybeFinite,
  hitHi: MaybeFinite,
  brier: MaybeFinite,
  /** Brier skill against always 0.5, with its 95% interval, and against the up-rate of the same moves. */
  bss: MaybeFinite,
  bssLo: MaybeFinite,
  bssHi: MaybeFinite,
  bssBase: MaybeFinite,
  logLoss: MaybeFinite,
  ece: MaybeFinite,
  bins: v.array(CalibrationBin),
  since: v.nullable(EpochMs),
});
export type SentimentCell = v.InferOutput<typeof SentimentCell>;

/** One hash chain of the log. */
export const ChainHead = v.object({
  /** `live.signals`, `simulated.sentiment` ... */
  chain: ShortText,
  seq: Seq,
  /** Hash of the newest record. */
  head: ShortText,
  /** Newest record that is on disk; null while the log is not kept on disk. */
  durable: v.nullable(Seq),
  /** `ok`, `memory` (not kept on disk) or `degraded` with the reason in words. */
  state: v.fallback(v.picklist(['ok', 'memory', 'degraded']), 'degraded'),
  reason: v.pipe(v.string(), v.maxLength(512)),
});
export type ChainHead = v.InferOutput<typeof ChainHead>;

/** forecasts = outcomes + void + open, at all times. Signals that are scored count one, sentiment messages one per horizon. */
export const ForecastCounts = v.object({ forecasts: Seq, outcomes: Seq, void: Seq, open: Seq });
export type ForecastCounts = v.InferOutput<typeof ForecastCounts>;

/** Running sums in R at the time of an outcome, ms: the signals, as many random entries (null before 30 of them ended), holding over the same candles. */
export const EquityPoint = v.tuple([EpochMs, Finite, MaybeFinite, Finite]);
export type EquityPoint = v.InferOutput<typeof EquityPoint>;

/** `GET /api/v1/scorecard?window=24h|7d|all&symbol=&tf=`. */
export const ScorecardReport = v.object({
  /** Kind of the data shown at the moment; records of other kinds are in other chains. */
  source: Quality,
  window: v.picklist(SCORECARD_WINDOWS),
  /** Time of the report on the feed clock, ms. */
  at: EpochMs,
  /** true while what was logged before the start is still being read: figures are not complete yet. */
  loading: v.boolean(),
  /** Earliest record that is counted, ms; null without any. */
  since: v.nullable(EpochMs),
  /** Cells shown side by side: the trials of the deflated Sharpe ratio. */
  trials: Seq,
  /** How scored signals are entered and left. */
  plan: v.object({ stopAtr: Finite, targetAtr: Finite, expiryBars: Finite }),
  counts: v.object({ signals: ForecastCounts, sentiment: ForecastCounts }),
  signals: v.array(SignalCell),
  /** All symbols together, by timeframe, and all of a method (`tf` null). */
  pooledSignals: v.array(SignalCell),
  sentiment: v.array(SentimentCell),
  pooledSentiment: v.array(SentimentCell),
  /** Of the signals asked for together, by method; no points below 30 outcomes, 200 at most. A server of before had none. */
  equity: v.optional(v.array(v.object({ method: ShortText, points: v.array(EquityPoint) })), []),
  chains: v.array(ChainHead),
});
export type ScorecardReport = v.InferOutput<typeof ScorecardReport>;

/** Every figure in plain words, for the page: what it is and how it is made. */
export const SCORECARD_WORDS = {
  n: 'Outcomes: scored signals whose 20 candles ended in this window, by reaching the target, the stop or their end. Those that ended early count from then on too, because stops come sooner than targets and would be seen first.',
  open: 'Scored signals that have no outcome yet.',
  clusters: 'Stretches of time (20 candles; an hour for sentiment) that the outcomes fall into. Symbols move together: what ends in one stretch counts as about one case, and intervals are made of these.',
  void: 'Signals or forecasts that could not be judged, because data is missing or the market shown changed. They are counted, never dropped.',
  hit: 'Share of outcomes with a return above zero, with the 95% interval of Wilson; of several symbols or timeframes by independent stretches of time.',
  avgR: 'Mean result in units of the risk: 1 R is the distance from entry to stop (1.5 ATR). Entry is the open of the next candle, before costs.',
  avgReturn: 'Mean return from entry to exit, before costs.',
  holdReturn: 'Mean return of simply holding from the same entries to the close of the same last candles, whatever the side of the signal.',
  random: 'Three entries per signal at random candles among the 100 after it, same side, same stop, target and expiry. They count when all three are over, 120 candles after the signal. The interval is of the mean. A method without skill looks the same.',
  profitFactor: 'Sum of gains divided by sum of losses. 1 is break-even before costs.',
  expectancy: 'Mean return per trade.',
  sqn: 'System quality number: square root of n times mean return divided by its standard deviation.',
  maxDrawdownR: 'Deepest fall of the running sum of R from its highest point.',
  sharpe: 'Mean return per trade divided by its standard deviation, not annualised.',
  psr0: 'Probability that the true Sharpe ratio is above zero, given length, skewness and tails of the record.',
  dsr: 'Deflated Sharpe ratio: the same, against the best that as many cells without skill as are shown here would reach by luck.',
  mae: 'Worst excursion against the position, in R: 10%, 50% and 90% quantiles.',
  mfe: 'Best excursion in favour of the position, in R: 10%, 50% and 90% quantiles.',
  barsToTarget: 'Median candles from entry to target.',
  barsToStop: 'Median candles from entry to stop.',
  longestLosingRun: 'Most outcomes in a row without a gain.',
  brier: 'Mean squared difference between the stated probability of a rise and what happened (1 or 0). Always 0.5 would score 0.25.',
  bss: 'Brier skill: how much smaller the Brier score is than that of always saying 0.5, with its 95% interval. 0 is no skill.',
  bssBase: 'Brier skill against always saying the share of rises of the same moves, which nobody could know before.',
  logLoss: 'Mean negative logarithm of the probability given to what happened. Always 0.5 would score 0.693.',
  ece: 'Expected calibration error: mean distance between stated probability and share of rises over the bins of the calibration plot, weighted by their counts.',
  effective: 'Independent forecasts: forecasts of overlapping times count as one. Intervals are made with it.',
} as const satisfies Record<string, string>;

/** Report of a backtest: what was computed, on what, and what came of it. Equal input gives an equal report. */
export const BacktestReport = v.object({
  method: ShortText,
  symbol: SymbolName,
  tf: v.picklist(INTERVALS),
  source: Quality,
  parameters: v.object({
    plan: v.object({ stopAtr: Finite, targetAtr: Finite, expiryBars: Finite }),
    randomEntries: Seq,
    randomSpan: Seq,
    /** First candles that were taken in without a signal. */
    warm: Seq,
    candles: Seq,
    /** Open time of the first and the last candle, ms. */
    from: v.nullable(EpochMs),
    to: v.nullable(EpochMs),
    /** SHA-256 of the candles. */
    input: ShortText,
  }),
  counts: ForecastCounts,
  figures: v.nullable(SignalFigures),
  /** Records a live server would have logged, and the hash of the last. */
  records: Seq,
  head: ShortText,
  /** Places at which later candles were replaced by garbage, and how many of them changed an earlier record: 0. */
  lookAhead: v.object({ cuts: Seq, differences: Seq, ok: v.boolean() }),
});
export type BacktestReport = v.InferOutput<typeof BacktestReport>;

/** `POST /api/v1/backtests` and `GET /api/v1/backtests/ID`. */
export const BacktestJob = v.object({
  id: ShortText,
  state: v.fallback(v.picklist(['waiting', 'running', 'done', 'failed']), 'failed'),
  /** 0..1. */
  progress: Finite,
  symbol: SymbolName,
  tf: v.picklist(INTERVALS),
  report: v.nullable(BacktestReport),
  /** Why it failed, in words; empty otherwise. */
  error: v.pipe(v.string(), v.maxLength(512)),
});
export type BacktestJob = v.InferOutput<typeof BacktestJob>;
