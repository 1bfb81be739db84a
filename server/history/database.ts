import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';
import type { Logger } from '../observability/logger';
import { MERGE, TABLES } from './sql';

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

/** One open history file. Every method rejects with DuckDB's own words. */
export interface Database {
  /** Writes a batch in one transaction: all of it or nothing. No key may come twice in a batch. */
  write(candles: readonly CandleRow[], signals: readonly SignalRow[], now: number): Promise<void>;
  read(sql: string, values: Record<string, string | number | bigint | null>): Promise<DuckDBValue[][]>;
  run(sql: string): Promise<void>;
  close(): void;
}

const FILE = 'history.duckdb';
/** Enough for batches and charts; the rest of the memory is not ours to take. */
const OPTIONS = { threads: '1', memory_limit: '128MB' };

/**
 * Opens the history file in `folder`, made when it is not there. A damaged write-ahead log, then a damaged file, is moved aside, never
 * deleted: what was committed before stays readable, and streaming goes on with a fresh file.
 */
export async function openDatabase(folder: string, log: Logger, now: () => number): Promise<Database> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  const damaged = (file: string, error: unknown): void => {
    const aside = `${file}.damaged-${new Date(now()).toISOString().replaceAll(':', '')}`;
    renameSync(file, aside);
    log.warn({ err: error, file, movedTo: aside }, 'history was damaged and has been moved aside');
  };
  // Loaded here, not at the top: the library takes 0.3 s, which no first price should wait for.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const open = (): Promise<DuckDBInstance> => DuckDBInstance.create(path, OPTIONS);
  for (const file of [`${path}.wal`, path]) {
    try {
      return await connect(await open());
    } catch (error) {
      if (isElsewhere(error) || !existsSync(file)) {
        if (isElsewhere(error) || file === path) throw error;
        continue;
      }
      damaged(file, error);
    }
  }
  return connect(await open());
}

/** Faults that are no damage: the file belongs to another process, or the system does not let us at it. */
function isElsewhere(error: unknown): boolean {
  return /could not set lock|permission denied|read-only|cannot open file|no space|disk full|out of memory/i.test(String(error));
}

async function connect(instance: DuckDBInstance): Promise<Database> {
  try {
    const writer = await instance.connect();
    for (const sql of TABLES) await writer.run(sql);
    return database(instance, writer, await instance.connect());
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

function database(instance: DuckDBInstance, writer: DuckDBConnection, reader: DuckDBConnection): Database {
  return {
    async write(candles, signals, now) {
      await writer.run('BEGIN');
      try {
        if (candles.length > 0) await stageCandles(writer, candles, now);
        if (signals.length > 0) await stageSignals(writer, signals, now);
        for (const sql of MERGE) await writer.run(sql);
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
    async run(sql) {
      await writer.run(sql);
    },
    close() {
      writer.closeSync();
      reader.closeSync();
      instance.closeSync();
    },
  };
}

async function stageCandles(writer: DuckDBConnection, rows: readonly CandleRow[], now: number): Promise<void> {
  const appender = await writer.createAppender('new_candles', 'main', 'temp');
  const written = BigInt(Math.floor(now));
  for (const row of rows) {
    appender.appendVarchar(row.kind);
    appender.appendVarchar(row.symbol);
    appender.appendVarchar(row.interval);
    appender.appendBigInt(BigInt(row.openTime));
    for (const value of [row.open, row.high, row.low, row.close, row.volume]) appender.appendDouble(value);
    appender.appendVarchar(row.venue);
    appender.appendBigInt(written);
    appender.endRow();
  }
  appender.closeSync();
}

async function stageSignals(writer: DuckDBConnection, rows: readonly SignalRow[], now: number): Promise<void> {
  const appender = await writer.createAppender('new_signals', 'main', 'temp');
  for (const row of rows) {
    for (const value of [row.kind, row.id, row.symbol]) appender.appendVarchar(value);
    appender.appendBigInt(BigInt(Math.floor(row.ts)));
    appender.appendVarchar(row.record);
    appender.appendBigInt(BigInt(Math.floor(now)));
    appender.endRow();
  }
  appender.closeSync();
}
