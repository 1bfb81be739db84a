import * as v from 'valibot';
import { ChannelName, Epoch, Finite, IsoTime, KeyedPayload, Seq, ShortText, SymbolName } from '../primitives';

/**
 * Envelopes that carry channel changes. A data frame covers the half-open range (prev, seq]: a client applies it only when
 * the epoch is its own and `prev <= mine < seq`; `seq <= mine` is a duplicate; `prev > mine` is a gap and asks for a resync.
 * Payloads stay `unknown` here and are validated per channel family by `decodePayload`.
 */

/** Whole state of a channel; with `parts > 1` applied atomically when the last part is in. */
export const InitialData = v.object({
  type: v.literal('initial_data'),
  stream: ShortText,
  channel: ChannelName,
  epoch: Epoch,
  seq: Seq,
  part: v.optional(Seq, 1),
  parts: v.optional(Seq, 1),
  sv: v.optional(Seq),
  data: KeyedPayload,
  /** Log channels: the newest items, oldest first. */
  items: v.optional(v.array(v.unknown())),
  timestamp: IsoTime,
});
export type InitialData = v.InferOutput<typeof InitialData>;

const single = {
  symbol: v.optional(SymbolName),
  data: v.unknown(),
  timestamp: IsoTime,
  stream: v.optional(ShortText),
  channel: v.optional(ChannelName),
  epoch: v.optional(Epoch),
  prev: v.optional(Seq),
  seq: v.optional(Seq),
};
/** The plain (v1) shape of one change; `symbol` is absent for market-wide values. */
export const MarketUpdate = v.object({ type: v.literal('market_update'), ...single });
export type MarketUpdate = v.InferOutput<typeof MarketUpdate>;
export const SignalUpdate = v.object({ type: v.literal('signal_update'), ...single });
export type SignalUpdate = v.InferOutput<typeof SignalUpdate>;
export const BinaryUpdate = v.object({ type: v.literal('binary_update'), ...single });
export type BinaryUpdate = v.InferOutput<typeof BinaryUpdate>;

/** Types of the plain single-update messages, by stream. */
export const SINGLE_TYPES = { market: 'market_update', signals: 'signal_update', binary: 'binary_update' } as const;

/** Many changes of one channel. Keyed channels use `updates` and `removed`, log channels `items` and `lost`. */
export const BatchMessage = v.object({
  type: v.literal('batch'),
  stream: v.optional(ShortText),
  channel: ChannelName,
  epoch: Epoch,
  prev: Seq,
  seq: Seq,
  sv: v.optional(Seq),
  timestamp: IsoTime,
  /** `symbol` is the channel key (a symbol, `SYMBOL|TF`, or absent for the whole market). */
  updates: v.optional(v.array(v.object({ type: v.optional(ShortText), symbol: v.optional(v.string()), data: v.unknown() }))),
  removed: v.optional(v.array(v.string())),
  items: v.optional(v.array(v.unknown())),
  lost: v.optional(Seq),
});
export type BatchMessage = v.InferOutput<typeof BatchMessage>;

/**
 * Column layout for the compact rows of one channel. `ids[i]` is the key of row index i; a later schema with the same
 * `sid` only appends ids, a new `sid` replaces everything. `enums` lists the texts that a column sends as an index.
 */
export const SchemaMessage = v.object({
  type: v.literal('schema'),
  channel: ChannelName,
  sid: Seq,
  cols: v.pipe(v.array(ShortText), v.maxLength(32)),
  /** Row index of the first entry of `ids`: 0 replaces, n appends. */
  from: v.optional(Seq, 0),
  ids: v.pipe(v.array(v.string()), v.maxLength(10_000)),
  enums: v.optional(v.record(ShortText, v.array(ShortText)), {}),
  /** Rows are sparse: `[row index, mask, age_ms, ts - venue_time, ...changed columns]` (docs/protocol.md, section 4). */
  sparse: v.optional(v.boolean(), false),
});
export type SchemaMessage = v.InferOutput<typeof SchemaMessage>;

/**
 * Compact rows: `c` = sid, `e`, `p`, `q` = epoch, prev, seq, `v` = subscription version, `ts` = send time (ms),
 * `r` = rows `[row index, ...columns]`, or sparse ones, as the schema says, `x` = removed row indexes. Checked by hand in `decodeRows`, the hottest decoder.
 */
export interface RowsMessage {
  readonly t: 'b';
  readonly c: number;
  readonly e: string;
  readonly p: number;
  readonly q: number;
  readonly v: number;
  readonly ts: number;
  readonly r: readonly (readonly (number | null)[])[];
  readonly x: readonly number[];
}

/** The compatibility shape of the `/ws` endpoint. */
export const PriceUpdate = v.object({
  type: v.literal('price_update'),
  connector_id: ShortText,
  exchange: ShortText,
  instrument: SymbolName,
  price: v.nullable(Finite),
  timestamp: IsoTime,
  data: v.unknown(),
});
export type PriceUpdate = v.InferOutput<typeof PriceUpdate>;
