import * as v from 'valibot';
import { EpochMs, Finite, MaybeFinite, Quality, Seq, ShortText } from '../primitives';

export const CALLS = ['UP', 'DOWN', 'NONE'] as const;
export type Call = (typeof CALLS)[number];

/** Running record of one symbol's forecasts at one horizon. */
export const SentimentTrack = v.object({
  /** Matured forecasts that moved (ties are left out and counted in `flat`). */
  n: Seq,
  hit: MaybeFinite,
  hitLo: MaybeFinite,
  hitHi: MaybeFinite,
  /** Mean squared error of pUp. */
  brier: MaybeFinite,
  /** Brier skill against always 0.5; null below 30. */
  bss: MaybeFinite,
  bssLo: MaybeFinite,
  /** Expected calibration error. */
  ece: MaybeFinite,
  /** Forecasts that could not be judged, with a reason on record. */
  void: Seq,
  flat: Seq,
  open: Seq,
});
export type SentimentTrack = v.InferOutput<typeof SentimentTrack>;

export const SentimentHorizon = v.object({
  /** Horizon in seconds. */
  h: Finite,
  /** P(up | the price moves). */
  pUp: Finite,
  /** P(no move). null while unknown. */
  pFlat: MaybeFinite,
  /** 95% interval of pUp. */
  lo: Finite,
  hi: Finite,
  /** An arrow only where the live record shows skill; otherwise NONE ("no edge"). */
  call: v.picklist(CALLS),
  /** Hit rate at which a bet with 85% payout breaks even. */
  breakEven: Finite,
  track: SentimentTrack,
});
export type SentimentHorizon = v.InferOutput<typeof SentimentHorizon>;

/** Breadth over the watch list. Shares are 0..1. */
export const Breadth = v.object({
  n: Seq,
  adv: Seq,
  dec: Seq,
  flat: Seq,
  /** (adv - dec) / (adv + dec), -1..1. */
  net: MaybeFinite,
  upVol: MaybeFinite,
  aboveEma20: MaybeFinite,
  callShare: MaybeFinite,
  newHigh: Seq,
  newLow: Seq,
});
export type Breadth = v.InferOutput<typeof Breadth>;

/**
 * Up/down sentiment (`binary` channel): a model probability, not client positioning.
 * For the key `*` the horizons are empty and `breadth` and `mood` are filled.
 */
export const BinaryData = v.object({
  v: v.literal(1),
  /** P(up) and P(down) of the main horizon (60 s), adding up to 1: what plain clients read. null for `*`. */
  up: MaybeFinite,
  down: MaybeFinite,
  method: ShortText,
  source: Quality,
  venue: ShortText,
  ts: EpochMs,
  mid: MaybeFinite,
  /** `mid`: labelled on the mid of bid and ask; `trade`: on the last trade, where there are no quotes. */
  px: v.picklist(['mid', 'trade']),
  horizons: v.pipe(v.array(SentimentHorizon), v.maxLength(8)),
  drivers: v.pipe(v.array(v.object({ k: ShortText, value: Finite, effect: Finite })), v.maxLength(8)),
  breadth: v.nullable(Breadth),
  /** Market mood 0..100; null when too few instruments or too little history. */
  mood: MaybeFinite,
  seq: v.nullable(Seq),
  prev: v.nullable(ShortText),
  hash: v.nullable(ShortText),
});
export type BinaryData = v.InferOutput<typeof BinaryData>;

/** One moment of the whole watch list: time (epoch ms), mood 0..100 and net breadth -1..1; null = not known then. */
export const MoodPoint = v.tuple([EpochMs, MaybeFinite, MaybeFinite]);
export type MoodPoint = v.InferOutput<typeof MoodPoint>;

/** The part of `GET /api/v1/sentiment` that the channel does not bring: what was told of the whole list before, oldest first. */
export const SentimentHistory = v.object({ history: v.pipe(v.array(MoodPoint), v.maxLength(1_000)) });
export type SentimentHistory = v.InferOutput<typeof SentimentHistory>;
