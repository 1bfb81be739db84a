import * as v from 'valibot';
import { ChannelName, DecimalText, Epoch, EpochMs, Finite, IsoTime, Quality, Seq, ShortText, SymbolName } from '../primitives';

/** Integrity of an order book. Only `ok` may be drawn as good. */
export const BOOK_STATES = ['syncing', 'ok', 'gap', 'crossed', 'stale'] as const;
export type BookStateName = (typeof BOOK_STATES)[number];

/** `[price, size]` as the venue wrote them; size "0" removes the level. */
export const Level = v.tuple([DecimalText, DecimalText]);
const Levels = v.pipe(v.array(Level), v.maxLength(5_000));

const common = {
  symbol: SymbolName,
  channel: ChannelName,
  epoch: Epoch,
  seq: Seq,
  venue: ShortText,
  /** Why the state is what it is; empty when `ok`. */
  reason: v.optional(ShortText, ''),
  state: v.fallback(v.picklist(BOOK_STATES), 'stale'),
  quality: Quality,
  bids: Levels,
  asks: Levels,
  /** Levels the server holds: bids, asks. */
  levels: v.optional(v.tuple([Seq, Seq])),
  /** The venue's own time of the newest change, ms since epoch. */
  venue_time: v.optional(v.nullable(EpochMs)),
  /** Time since the newest change or confirmation was received, ms, at the moment of sending. */
  age_ms: v.optional(v.nullable(Finite)),
  /** CRC-32 of the top 25 levels (docs/protocol.md, section 4). */
  crc: v.optional(v.pipe(v.number(), v.safeInteger())),
  timestamp: IsoTime,
};

export const BookSnapshotMessage = v.object({ type: v.literal('book_snapshot'), depth: Seq, ...common });
export type BookSnapshotMessage = v.InferOutput<typeof BookSnapshotMessage>;
export const BookUpdateMessage = v.object({ type: v.literal('book_update'), prev: Seq, ...common });
export type BookUpdateMessage = v.InferOutput<typeof BookUpdateMessage>;
