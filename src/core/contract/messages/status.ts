import * as v from 'valibot';
import { FeedModeSchema, Finite, IsoTime, MaybeFinite, Seq, ShortText } from '../primitives';

/** State of a source. `standby` = a REST source that is ready and not asked, because preferred sources have everything it could give. */
export const FEED_STATES = ['off', 'connecting', 'live', 'stale', 'waiting', 'standby', 'refused', 'ended', 'unknown'] as const;
export type FeedStateName = (typeof FEED_STATES)[number];

/** State of one venue as every heartbeat carries it. */
export const FeedSummary = v.object({
  state: v.fallback(v.picklist(FEED_STATES), 'unknown'),
  /** Age of its newest message; null before the first. */
  age_ms: MaybeFinite,
  /** In words: why, and what happens next. */
  reason: v.optional(ShortText),
});
export type FeedSummary = v.InferOutput<typeof FeedSummary>;

/** Something the user should know although nothing was asked. */
export const StatusMessage = v.object({
  type: v.literal('status'),
  level: v.fallback(v.picklist(['info', 'warn', 'error']), 'info'),
  /** One of STATUS_CODES; an open set. */
  code: ShortText,
  source: v.optional(ShortText),
  state: v.optional(ShortText),
  mode: v.optional(FeedModeSchema),
  since: v.optional(IsoTime),
  message: v.pipe(v.string(), v.maxLength(512)),
  timestamp: IsoTime,
});
export type StatusMessage = v.InferOutput<typeof StatusMessage>;

/** What a client missed and what it got back, after a resume or a resync. */
export const ReceiptMessage = v.object({
  type: v.literal('receipt'),
  channel: ShortText,
  /** `delta`: everything missed follows as changes; `snapshot`: the state follows whole, steps between are gone; `current`: nothing was missed. */
  outcome: v.picklist(['current', 'delta', 'snapshot']),
  /** Why a snapshot was needed. */
  reason: v.optional(v.picklist(['epoch_changed', 'too_old', 'filter_changed', 'unknown_position', 'fresh'])),
  from: v.nullable(v.object({ epoch: ShortText, seq: Seq })),
  to: v.object({ epoch: ShortText, seq: Seq }),
  /** Changes between the two positions; null when the numbering restarted, so that it cannot be known. */
  missed: v.nullable(Seq),
  /** Changes or items sent again. Conflated keys count once. */
  replayed: Seq,
  /** Log items that cannot be had any more. Always 0 on keyed channels. */
  lost: Seq,
  timestamp: IsoTime,
});
export type ReceiptMessage = v.InferOutput<typeof ReceiptMessage>;

export const HeartbeatMessage = v.object({
  type: v.literal('heartbeat'),
  timestamp: IsoTime,
  /** Position of every subscribed channel; `sv` = subscription version. */
  pos: v.record(ShortText, v.object({ epoch: ShortText, seq: Seq, sv: v.optional(Seq) })),
  feeds: v.record(ShortText, FeedSummary),
  mode: FeedModeSchema,
  /** Clock of the feed (venue time of replay and simulator runs apart from the wall), ms since epoch. */
  feed_time: v.optional(Finite),
});
export type HeartbeatMessage = v.InferOutput<typeof HeartbeatMessage>;
