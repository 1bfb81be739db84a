import * as v from 'valibot';
import { EpochMs, Finite, MaybeFinite, ShortText, SymbolName } from './primitives';

const Words = v.pipe(v.string(), v.maxLength(512));

/** `GET /api/v1/history`: what is stored, what is missing, and what is being repaired. Times are ms since the epoch. */
export const HistoryAnswer = v.object({
  /** `off`: TICKGLASS_DATA_DIR is :memory:. A set of words that may grow. */
  health: v.object({ state: v.fallback(v.picklist(['ok', 'degraded', 'off']), 'degraded'), reason: Words }),
  /** Room in use in the file and its log, and the limit beyond which the oldest go. */
  bytes: Finite,
  max_bytes: Finite,
  /** `oldest` and `newest` are market times; null without rows. */
  tables: v.array(v.object({ table: ShortText, rows: Finite, oldest: MaybeFinite, newest: MaybeFinite })),
  /** Known gaps, the newest 200; `state` is `open`, `repaired` or `kept`. */
  gaps: v.array(v.object({ symbol: SymbolName, from: EpochMs, to: EpochMs, reason: Words, noticed: EpochMs, state: ShortText, note: Words, ended: MaybeFinite })),
  /** Repairs that wait or are under way: minutes `done` of `of`. */
  backfills: v.array(v.object({ symbol: SymbolName, venue: v.nullable(ShortText), from: EpochMs, to: EpochMs, done: Finite, of: Finite, note: Words })),
});
export type HistoryAnswer = v.InferOutput<typeof HistoryAnswer>;
