import * as v from 'valibot';
import { LIMITS } from './limits';
import { SYMBOL_PATTERN } from './channels';

/** A finite JSON number; NaN and Infinity cannot be written in JSON and are refused here too. */
export const Finite = v.pipe(v.number(), v.finite());
/** A finite number, or null where the value is not known. Unknown is never 0. */
export const MaybeFinite = v.nullable(Finite);
export const SymbolName = v.pipe(v.string(), v.regex(SYMBOL_PATTERN, 'not a symbol'));
export const ChannelName = v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.channelLength));
/** Opaque mark of one numbering; new whenever the numbering restarts. */
export const Epoch = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
/** Position inside an epoch: integer, 0 = before the first change. */
export const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const RequestId = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(LIMITS.maxRequestId));
/** ISO-8601 UTC with milliseconds. */
export const IsoTime = v.pipe(v.string(), v.maxLength(32));
/** Milliseconds since the Unix epoch. */
export const EpochMs = Finite;
/** A number as the venue wrote it, e.g. `"61837.63000000"`. */
export const DecimalText = v.pipe(v.string(), v.regex(/^-?\d{1,30}(\.\d{1,30})?$/, 'not a decimal'));
export const ShortText = v.pipe(v.string(), v.maxLength(256));

/** Values by channel key, each still unknown. Not `v.record`, which silently leaves out the keys `__proto__`, `prototype` and `constructor`. */
export const KeyedPayload = v.custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'not an object');

/** What kind of data a value is. Never mixed inside one value. */
export const DATA_KINDS = ['live', 'delayed', 'simulated', 'replay'] as const;
export type DataKind = (typeof DATA_KINDS)[number];
/** An open set: a newer server may send a kind this client does not know; it is shown as `unknown`. */
export const Quality = v.fallback(v.picklist([...DATA_KINDS, 'unknown']), 'unknown');

/** What feeds the whole server at the moment. */
export const FEED_MODES = ['live', 'mixed', 'simulated', 'replay', 'none'] as const;
export type FeedMode = (typeof FEED_MODES)[number];
export const FeedModeSchema = v.picklist(FEED_MODES);
