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

/** A closed candle of one series as it is stored. */
export interface StoredCandle {
  readonly symbol: string;
  readonly interval: Interval;
  readonly venue: string;
  readonly candle: Candle;
  /** Open time of the oldest stored candle of the series, ms. */
  readonly firstOpenTime: number;
}

/** What the rest of the server may read of history. Reads reject when history cannot be read; with history off they are empty. */
export interface HistoryReader {
  /** The newest `perSeries` candles of every symbol and interval that opened before `before` (ms), oldest first within each. */
  newestCandles(query: { readonly kind: DataKind; readonly perSeries: number; readonly before: number }): Promise<readonly StoredCandle[]>;
  candles(query: CandleQuery): Promise<readonly Candle[]>;
  /** The newest `limit` records published before `before` (ms), oldest first. */
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
