import type { DataKind, Interval, SignalRecord, TradeSide } from '@/core/contract';
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

/** A trade as it is stored. Decimals of up to 15 digits come back as they were written. */
export interface StoredTrade {
  readonly symbol: string;
  readonly kind: DataKind;
  readonly venue: string;
  readonly id: string;
  /** Venue time, or receive time where the venue gives none, ms. */
  readonly time: number;
  readonly price: string;
  readonly size: string;
  readonly side: TradeSide;
}

/** `open`: not loaded yet; `repaired`: loaded afterwards; `kept`: cannot be had, `note` says why. */
export type GapState = 'open' | 'repaired' | 'kept';

/** A stretch of which minutes are or were missing: nobody was there to receive it. Times in ms; [start, stop). */
export interface Gap {
  readonly symbol: string;
  readonly kind: DataKind;
  readonly start: number;
  readonly stop: number;
  /** Why it is there, in words: "the server was not running". */
  readonly reason: string;
  readonly noticed: number;
  readonly state: GapState;
  /** What came of the repair, in words. */
  readonly note: string;
  /** When it was repaired or given up; null while open. */
  readonly ended: number | null;
}

export interface GapQuery {
  readonly kind: DataKind;
  readonly symbol: string | null;
  readonly from: number | null;
  readonly to: number | null;
  /** The newest of them. */
  readonly limit: number;
}

/** Progress of the repair of one gap. */
export interface Fill {
  readonly symbol: string;
  /** Who was asked last; null before anybody was. */
  readonly venue: string | null;
  readonly from: number;
  readonly to: number;
  /** Minutes looked at, of how many. */
  readonly done: number;
  readonly of: number;
  /** What happens now, in words. */
  readonly note: string;
}

export interface TableStats {
  readonly table: string;
  readonly rows: number;
  /** Market time of the oldest and newest row, ms; null without rows. */
  readonly oldest: number | null;
  readonly newest: number | null;
}

export const EXPORT_TABLES = ['candles', 'trades', 'signals'] as const;
export const EXPORT_FORMATS = ['csv', 'parquet'] as const;

/** Rows of one table to be written to a file. */
export interface ExportRequest {
  readonly table: (typeof EXPORT_TABLES)[number];
  readonly format: (typeof EXPORT_FORMATS)[number];
  /** null = all symbols. */
  readonly symbol: string | null;
  /** Of candles. */
  readonly interval: Interval;
  readonly kind: DataKind;
  /** Market times, ms; [from, to); null = open end. */
  readonly from: number | null;
  readonly to: number | null;
  /** Most rows; the oldest of the range. */
  readonly limit: number;
}

/** What the rest of the server may read of history. Reads reject when history cannot be read; with history off they are empty. */
export interface HistoryReader {
  /** The newest `perSeries` candles of every symbol and interval that opened before `before` (ms), oldest first within each. */
  newestCandles(query: { readonly kind: DataKind; readonly perSeries: number; readonly before: number }): Promise<readonly StoredCandle[]>;
  /** Intervals longer than a minute are made of the stored minutes where they are not stored themselves. */
  candles(query: CandleQuery): Promise<readonly Candle[]>;
  /** The newest `limit` records published before `before` (ms), oldest first. */
  signals(query: { readonly kind: DataKind; readonly symbol: string | null; readonly limit: number; readonly before: number | null }): Promise<readonly SignalRecord[]>;
}

/** What is told about history as a whole. */
export interface HistoryArchive {
  /** Known gaps, newest first. */
  gaps(query: GapQuery): Promise<readonly Gap[]>;
  /** Open time of the newest stored minute by symbol, of those not older than `since`, ms. */
  newestMinutes(kind: DataKind, since: number): Promise<ReadonlyMap<string, number>>;
  /** Rows of each table, and bytes of the file in use. */
  stats(): Promise<{ readonly tables: readonly TableStats[]; readonly bytes: number }>;
  /** Writes rows to a new file; resolves with how many. */
  exportTo(request: ExportRequest, file: string): Promise<number>;
}

export interface HistoryWriter {
  /** Queued, written in batches, bounded; never blocks and never throws. Same key again replaces (idempotent). */
  writeCandle(row: { readonly symbol: string; readonly interval: Interval; readonly kind: DataKind; readonly venue: string; readonly candle: Candle }): void;
  writeSignal(record: SignalRecord): void;
  writeTrade(trade: StoredTrade): void;
  writeGap(gap: Gap): void;
  /** Writes what is queued. */
  flush(): Promise<void>;
  /** Gives memory that is not in use back to the system; never rejects. */
  trim(): Promise<void>;
  close(): Promise<void>;
  /** ok, or degraded with the reason in words; streaming goes on either way. `reason` beside ok says what was lost before. */
  health(): { readonly state: 'ok' | 'degraded' | 'off'; readonly reason: string };
}

export type History = HistoryReader & HistoryWriter & HistoryArchive;
