import type { DuckDBAppender, DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';
import { DROP_INDEX, IS_INDEXED, MERGE_GAPS, MERGE_SIGNALS, mergeCandles, mergeTrades, TABLES } from './sql';

export interface CandleRow {
  readonly kind: string;
  readonly symbol: string;
  readonly interval: string;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly venue: string;
}
export interface SignalRow {
  readonly kind: string;
  readonly id: string;
  readonly symbol: string;
  readonly ts: number;
  readonly record: string;
}
export interface TradeRow {
  readonly kind: string;
  readonly symbol: string;
  readonly venue: string;
  readonly id: string;
  readonly time: number;
  readonly price: number;
  readonly size: number;
  readonly side: string;
}
export interface GapRow {
  readonly kind: string;
  readonly symbol: string;
  readonly start: number;
  readonly stop: number;
  readonly reason: string;
  readonly noticed: number;
  readonly state: string;
  readonly note: string;
  readonly ended: number | null;
}
/** Measured enough for pages of 5,000 out of 90 days of 24 instruments and for exports, which go through the disk beyond it (docs/history.md). */
export const MEMORY_LIMIT = '64MB';

/** Rows of one transaction. No key may come twice in a table. */
export interface Batch {
  readonly candles: readonly CandleRow[];
  readonly signals: readonly SignalRow[];
  readonly trades: readonly TradeRow[];
  readonly gaps: readonly GapRow[];
}

export type Values = Record<string, string | number | bigint | null>;

/** One open history file. Every method rejects with DuckDB's own words. */
export interface Database {
  /** Writes a batch in one transaction: all of it or nothing. */
  write(batch: Batch, now: number): Promise<void>;
  read(sql: string, values?: Values): Promise<DuckDBValue[][]>;
  /** The same by columns: faster where there are many rows. */
  readColumns(sql: string, values?: Values): Promise<DuckDBValue[][]>;
  run(sql: string): Promise<void>;
  /** Runs a statement that takes long, such as an export, beside reads and writes; gives the number of rows it tells. */
  runAside(sql: string): Promise<number>;
  /** Gives free memory back to the system. */
  trim(): Promise<void>;
  close(): void;
}

/** Prepares an open file: tables, and the way back from the form of earlier versions. */
export async function prepare(instance: DuckDBInstance): Promise<Database> {
  try {
    const writer = await instance.connect();
    if ((await writer.runAndReadAll(IS_INDEXED)).getRows()[0]?.[0] === true) for (const sql of DROP_INDEX) await writer.run(sql);
    for (const sql of TABLES) await writer.run(sql);
    return database(instance, writer, await instance.connect());
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

function database(instance: DuckDBInstance, writer: DuckDBConnection, reader: DuckDBConnection): Database {
  return {
    async write(batch, now) {
      await writer.run('BEGIN');
      try {
        await stage(writer, batch, now);
        for (const sql of merges(batch)) await writer.run(sql);
        await writer.run('COMMIT');
      } catch (error) {
        // After a fatal error the roll-back fails too; the first error is the one that tells.
        await writer.run('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
    async read(sql, values) {
      return (await reader.runAndReadAll(sql, values)).getRows();
    },
    async readColumns(sql, values) {
      return (await reader.runAndReadAll(sql, values)).getColumns();
    },
    async run(sql) {
      await writer.run(sql);
    },
    async runAside(sql) {
      const own = await instance.connect();
      try {
        return Number((await own.runAndReadAll(sql)).getRows()[0]?.[0] ?? 0);
      } finally {
        own.closeSync();
      }
    },
    async trim() {
      // Told its limit anew, DuckDB hands back what it has freed; left alone it keeps it, up to 30 MB after a start.
      await reader.run(`SET memory_limit = '${MEMORY_LIMIT}'`);
    },
    close() {
      writer.closeSync();
      reader.closeSync();
      instance.closeSync();
    },
  };
}

function range<T>(rows: readonly T[], time: (row: T) => number): [from: number, to: number] {
  let [from, to] = [Infinity, -Infinity];
  for (const row of rows) {
    from = Math.min(from, time(row));
    to = Math.max(to, time(row));
  }
  return [from, to];
}

function merges({ candles, signals, trades, gaps }: Batch): readonly string[] {
  return [
    ...(candles.length > 0 ? mergeCandles(...range(candles, (row) => row.openTime)) : []), ...(signals.length > 0 ? MERGE_SIGNALS : []),
    ...(trades.length > 0 ? mergeTrades(...range(trades, (row) => row.time)) : []), ...(gaps.length > 0 ? MERGE_GAPS : []),
  ];
}

/** Rows into the staging tables; not in one loop for all, as each appender holds memory. */
async function stage(writer: DuckDBConnection, batch: Batch, now: number): Promise<void> {
  const written = BigInt(Math.floor(now));
  await append(writer, 'new_candles', batch.candles, (to, row) => {
    for (const value of [row.kind, row.symbol, row.interval]) to.appendVarchar(value);
    to.appendBigInt(BigInt(row.openTime));
    for (const value of [row.open, row.high, row.low, row.close, row.volume]) to.appendDouble(value);
    to.appendVarchar(row.venue);
    to.appendBigInt(written);
  });
  await append(writer, 'new_signals', batch.signals, (to, row) => {
    for (const value of [row.kind, row.id, row.symbol]) to.appendVarchar(value);
    to.appendBigInt(BigInt(Math.floor(row.ts)));
    to.appendVarchar(row.record);
    to.appendBigInt(written);
  });
  await append(writer, 'new_trades', batch.trades, (to, row) => {
    for (const value of [row.kind, row.symbol, row.venue, row.id]) to.appendVarchar(value);
    for (const value of [row.time, row.price, row.size]) to.appendDouble(value);
    to.appendVarchar(row.side);
    to.appendBigInt(written);
  });
  await append(writer, 'new_gaps', batch.gaps, (to, row) => {
    for (const value of [row.kind, row.symbol]) to.appendVarchar(value);
    for (const value of [row.start, row.stop]) to.appendBigInt(BigInt(Math.floor(value)));
    to.appendVarchar(row.reason);
    to.appendBigInt(BigInt(Math.floor(row.noticed)));
    for (const value of [row.state, row.note]) to.appendVarchar(value);
    if (row.ended === null) to.appendNull();
    else to.appendBigInt(BigInt(Math.floor(row.ended)));
  });
}

async function append<T>(writer: DuckDBConnection, table: string, rows: readonly T[], put: (to: DuckDBAppender, row: T) => void): Promise<void> {
  if (rows.length === 0) return;
  const appender = await writer.createAppender(table, 'main', 'temp');
  for (const row of rows) {
    put(appender, row);
    appender.endRow();
  }
  appender.closeSync();
}
