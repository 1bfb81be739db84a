import * as v from 'valibot';
import { INTERVALS } from './candles';
import { EpochMs, Finite, MaybeFinite, Quality, Seq, ShortText, SymbolName } from '../primitives';

export const STRENGTHS = ['STRONG_SELL', 'SELL', 'NEUTRAL', 'BUY', 'STRONG_BUY'] as const;
export type Strength = (typeof STRENGTHS)[number];
export const ACTIONS = ['BUY', 'SELL', 'NEUTRAL'] as const;
export type Action = (typeof ACTIONS)[number];

/** One vote of a rating with the values it was cast on. */
export const Vote = v.object({
  /** Indicator name, e.g. `rsi_14`. */
  k: ShortText,
  value: MaybeFinite,
  prev: v.optional(MaybeFinite),
  vote: v.picklist([-1, 0, 1]),
  /** The rule in words, e.g. `below 30 and rising`. */
  rule: ShortText,
  group: v.picklist(['ma', 'osc']),
});
export type Vote = v.InferOutput<typeof Vote>;

/** How signals of this method, symbol and timeframe did so far. n below 30 is shown as "not enough". */
export const SignalTrack = v.object({
  n: Seq,
  hit: MaybeFinite,
  lo: MaybeFinite,
  hi: MaybeFinite,
  avgR: MaybeFinite,
  pf: MaybeFinite,
  random: v.object({ hit: MaybeFinite, avgR: MaybeFinite }),
  since: v.nullable(EpochMs),
});
export type SignalTrack = v.InferOutput<typeof SignalTrack>;

const shared = {
  /** Method id with version, e.g. `tr26@1`. A changed method is a new id with a fresh track record. */
  method: ShortText,
  /** Kind of the data it was computed on. */
  source: Quality,
  venue: ShortText,
  symbol: SymbolName,
  tf: v.picklist(INTERVALS),
  /** Close time of the candle used, ms. */
  asOf: EpochMs,
  /** Publish time, ms; never before asOf for final records. */
  ts: EpochMs,
  /** false = preview on the forming candle; never scored. */
  final: v.boolean(),
  action: v.picklist(ACTIONS),
  strength: v.picklist(STRENGTHS),
  /** Mean of the two group means, -1..1. */
  score: Finite,
  ma: Finite,
  osc: Finite,
  dir: v.picklist(['strengthening', 'weakening', 'steady']),
  /** Percentile (0..100) of |score| in its own last 500 candles; null below 30 of them. */
  pct: MaybeFinite,
  counts: v.object({ buy: Seq, neutral: Seq, sell: Seq, na: Seq }),
  rationale: v.pipe(v.array(Vote), v.maxLength(64)),
};

/** Present rating of one symbol and timeframe (`ratings` channel, key `SYMBOL|TF`). */
export const RatingData = v.object({ ...shared, price: Finite });
export type RatingData = v.InferOutput<typeof RatingData>;

/** A signal: a rating that changed its class, with a plan that is scored (`signals` channel). */
export const SignalRecord = v.object({
  v: v.literal(1),
  id: ShortText,
  ...shared,
  /** Indicative entry: the last mid (or last price). The scored entry is the next candle's open. */
  entry: Finite,
  /** null for NEUTRAL, which ends a signal and plans nothing. */
  stop: MaybeFinite,
  targets: v.pipe(v.array(Finite), v.maxLength(4)),
  atr: MaybeFinite,
  /** Time at which an unresolved signal is closed, ms. */
  expiry: v.nullable(EpochMs),
  track: SignalTrack,
  /** Is its outcome counted? One signal of a symbol and timeframe is open at a time; those between are told, logged and not scored. */
  scored: v.optional(v.boolean()),
  /** Position and hashes in the tamper-evident log; null while that log is not kept. */
  seq: v.nullable(Seq),
  prev: v.nullable(ShortText),
  hash: v.nullable(ShortText),
});
export type SignalRecord = v.InferOutput<typeof SignalRecord>;
