import type { DataKind, Interval, SignalRecord } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';

export interface CandleQuery {
  readonly symbol: string;
  readonly interval: Interval;
  /** Data of different kinds is never mixed in one answer. */
  readonly kind: DataKind;
  /** Open times, ms, inclusive; null = open end. */
  readonly start: number | null;
  readonly end: number | null;
  /** The newest `limit` of the range, returned oldest first. */
  readonly limit: number;
}

/** What the rest of the server may read of history. */
export interface HistoryReader {
  candles(query: CandleQuery): Promise<readonly Candle[]>;
  signals(query: { readonly kind: DataKind; readonly symbol: string | null; readonly limit: number; readonly before: number | null }): Promise<readonly SignalRecord[]>;
}

export interface HistoryWriter {
  /** Queued, written in batches, bounded; never blocks and never throws. Same key again replaces (idempotent). */
  writeCandle(row: { readonly symbol: string; readonly interval: Interval; readonly kind: DataKind; readonly venue: string; readonly candle: Candle }): void;
  writeSignal(record: SignalRecord): void;
  /** Writes what is queued. */
  flush(): Promise<void>;
  close(): Promise<void>;
  /** ok, or degraded with the reason in words; streaming goes on either way. */
  health(): { readonly state: 'ok' | 'degraded' | 'off'; readonly reason: string };
}

export type History = HistoryReader & HistoryWriter;
