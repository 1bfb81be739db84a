import type { ChainRecord } from '@/core/analysis/chain';
import type { Interval } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';

/** What came of recomputing outcomes: of signals over stored candles, of sentiment from the prices in the log and the range of stored minutes. */
export interface OutcomeCheck {
  readonly equal: number;
  /** Judged by candles that were corrected since, or at a price outside the stored minute: no proof either way. */
  readonly corrected: number;
  /** Nothing is stored to check their prices with. */
  readonly missing: number;
  /** Another outcome follows from the same prices: the record is wrong. */
  readonly wrong: number;
}

/** Stored candles of one series, those that opened in [from, to], oldest first; null when candles cannot be read. */
export type CandleSource = (query: { readonly kind: string; readonly symbol: string; readonly interval: Interval; readonly from: number; readonly to: number }) => Promise<readonly Candle[] | null>;

/** Reads a chain record by record and says at its end what came of recomputing it. */
export interface OutcomeReader {
  /** A promise when the next record has to wait. */
  read(record: ChainRecord): Promise<void> | null;
  /** null = nothing was checked. */
  finish(): Promise<OutcomeCheck | null>;
}
