import type { DuckDBValue } from '@duckdb/node-api';
import { DATA_KINDS, decodePayload, INTERVAL_MS, isInterval, type DataKind, type SignalRecord } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import type { Database } from './database';
import { usedBytes } from './limits';
import type { CandleQuery, Gap, GapQuery, GapState, HistoryArchive, HistoryReader, StoredCandle } from './port';
import { GAPS, NEWEST, NEWEST_MINUTES, rangeSql, SIGNALS, SPARSE, STATS } from './sql';

/** Farther from the present than any time, ms; whole intervals may be added to it. */
const FAR = 8_000_000_000_000_000;
const text = (value: DuckDBValue | undefined): string => (typeof value === 'string' ? value : '');
const real = (value: DuckDBValue | undefined): number => (typeof value === 'number' ? value : Number.NaN);
const orNull = (value: DuckDBValue | undefined): number | null => (typeof value === 'number' ? value : null);

/** See `HistoryReader.candles`. */
export async function readCandles(database: Database, { kind, symbol, interval, start, end, limit }: CandleQuery): Promise<readonly Candle[]> {
  const stop = end === null ? FAR : Math.floor(end);
  const from = start === null ? -FAR : Math.ceil(start);
  const sql = rangeSql(interval);
  const page = async (first: number, last: number): Promise<Candle[]> => {
    const [times, opens, highs, lows, closes, volumes] = await database.readColumns(sql, { kind, symbol, limit: BigInt(limit), start: BigInt(first), stop: BigInt(last) });
    const candles = (times ?? []).map((time, i) => ({ openTime: real(time), open: real(opens?.[i]), high: real(highs?.[i]), low: real(lows?.[i]), close: real(closes?.[i]), volume: real(volumes?.[i]) }));
    return candles.reverse();
  };
  // Most pages lie within a bounded look-back, which spares most of the file; those that do not are read again without it.
  const near = Math.max(from, stop - limit * SPARSE * INTERVAL_MS[interval]);
  const candles = near > -FAR && stop < FAR ? await page(near, stop) : [];
  return candles.length >= limit || (stop < FAR && near === from) ? candles : page(from, stop);
}

/** See `HistoryReader.newestCandles`. */
export async function readNewest(database: Database, query: Parameters<HistoryReader['newestCandles']>[0]): Promise<readonly StoredCandle[]> {
  const rows = await database.read(NEWEST, { kind: query.kind, per: BigInt(query.perSeries), before: BigInt(Math.floor(query.before)) });
  return rows.flatMap((row) => {
    const interval = text(row[1]);
    if (!isInterval(interval)) return [];
    const candle = { openTime: real(row[3]), open: real(row[4]), high: real(row[5]), low: real(row[6]), close: real(row[7]), volume: real(row[8]) };
    return [{ symbol: text(row[0]), interval, venue: text(row[2]), candle, firstOpenTime: real(row[9]) }];
  });
}

/** See `HistoryReader.signals`; records that cannot be read are null. */
export async function readSignals(database: Database, { kind, symbol, limit, before }: Parameters<HistoryReader['signals']>[0]): Promise<readonly (SignalRecord | null)[]> {
  const rows = await database.read(SIGNALS, { kind, symbol, limit: BigInt(limit), before: BigInt(before === null ? FAR : Math.floor(before)) });
  return rows.map((row) => parseRecord(text(row[0])));
}

function parseRecord(json: string): SignalRecord | null {
  try {
    return decodePayload('signals', JSON.parse(json));
  } catch {
    return null; // counted by the caller
  }
}

const kindOf = (value: DuckDBValue | undefined): DataKind => DATA_KINDS.find((kind) => kind === value) ?? 'live';
const stateOf = (value: DuckDBValue | undefined): GapState => (value === 'open' || value === 'repaired' ? value : 'kept');

/** See `HistoryArchive.gaps`. */
export async function readGaps(database: Database, { kind, symbol, from, to, limit }: GapQuery): Promise<readonly Gap[]> {
  const rows = await database.read(GAPS, { kind, symbol, from: BigInt(Math.floor(from ?? -FAR)), to: BigInt(Math.floor(to ?? FAR)), limit: BigInt(limit) });
  return rows.map((row) => ({
    symbol: text(row[0]), start: real(row[1]), stop: real(row[2]), reason: text(row[3]), noticed: real(row[4]), state: stateOf(row[5]), note: text(row[6]),
    ended: orNull(row[7]), kind: kindOf(row[8]),
  }));
}

/** See `HistoryArchive.newestMinutes`. */
export async function readNewestMinutes(database: Database, kind: DataKind, since: number): Promise<ReadonlyMap<string, number>> {
  const rows = await database.read(NEWEST_MINUTES, { kind, since: BigInt(Math.floor(since)) });
  return new Map(rows.map((row) => [text(row[0]), real(row[1])]));
}

/** See `HistoryArchive.stats`. */
export async function readStats(database: Database): ReturnType<HistoryArchive['stats']> {
  const rows = await database.read(STATS);
  const tables = rows.map(([table, count, oldest, newest]) => ({ table: text(table), rows: real(count), oldest: orNull(oldest), newest: orNull(newest) }));
  return { tables, bytes: await usedBytes(database) };
}
