import type { DuckDBValue } from '@duckdb/node-api';
import { DATA_KINDS, decodePayload, INTERVAL_MS, isInterval, type DataKind, type SignalRecord } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import type { Database } from './database';
import { usedBytes } from './limits';
import type { CandleQuery, Gap, GapQuery, GapState, HistoryArchive, HistoryReader, StoredCandle } from './port';
import { BOUNDS, GAPS, NEWEST, NEWEST_MINUTES, rangeSql, SIGNALS, SPARSE, STATS } from './sql';

/** Candles' lengths looked back for one candle, where hardly any is missing. */
const DENSE = 1.1;
/** Farther from the present than any time, ms; whole intervals may be added to it. */
const FAR = 8_000_000_000_000_000;
const text = (value: DuckDBValue | undefined): string => (typeof value === 'string' ? value : '');
const real = (value: DuckDBValue | undefined): number => (typeof value === 'number' ? value : Number.NaN);
const orNull = (value: DuckDBValue | undefined): number | null => (typeof value === 'number' ? value : null);

/** See `HistoryReader.candles`. */
export async function readCandles(database: Database, { kind, symbol, interval, start, end, limit }: CandleQuery): Promise<readonly Candle[]> {
  // Of all series: the library knows it without reading them.
  const [first, last] = (await database.read(BOUNDS))[0] ?? [];
  const [oldest, newest] = [orNull(first), orNull(last)];
  if (oldest === null || newest === null) return [];
  const stop = Math.min(newest, end === null ? newest : Math.floor(end));
  // A longer candle made of minutes opens before the first of them.
  const from = Math.max(oldest - INTERVAL_MS[interval], start === null ? -Infinity : Math.ceil(start));
  const sql = rangeSql(interval);
  // A market that never rests fills a page from little more than its own length, most others from six times that; only what is left is looked
  // for in the whole file. Each try spares reading the rest of it.
  for (const stretch of [DENSE, SPARSE, Infinity]) {
    const near = Math.max(from, stop - Math.ceil(limit * stretch) * INTERVAL_MS[interval]);
    const columns = await database.readColumns(sql, { kind, symbol, limit: BigInt(limit), start: BigInt(near), stop: BigInt(stop) });
    if ((columns[0]?.length ?? 0) >= limit || near === from) return candlesOf(columns);
  }
  return [];
}

function candlesOf([times = [], opens, highs, lows, closes, volumes]: readonly DuckDBValue[][]): Candle[] {
  const candles = times.map((time, i) => ({ openTime: real(time), open: real(opens?.[i]), high: real(highs?.[i]), low: real(lows?.[i]), close: real(closes?.[i]), volume: real(volumes?.[i]) }));
  return candles.reverse();
}

/** See `HistoryReader.newestCandles`. */
export async function readNewest(database: Database, query: Parameters<HistoryReader['newestCandles']>[0]): Promise<readonly StoredCandle[]> {
  // By columns, and each name once: these are tens of thousands of rows, and what they take at the start the process keeps.
  const columns = await database.readColumns(NEWEST, { kind: query.kind, per: BigInt(query.perSeries), before: BigInt(Math.floor(query.before)) });
  const names = new Map<string, string>();
  const name = (value: DuckDBValue | undefined): string => {
    const read = text(value);
    return names.get(read) ?? (names.set(read, read), read);
  };
  const at = (column: number, i: number): number => real(columns[column]?.[i]);
  return (columns[0] ?? []).flatMap((symbol, i) => {
    const interval = name(columns[1]?.[i]);
    if (!isInterval(interval)) return [];
    const candle = { openTime: at(3, i), open: at(4, i), high: at(5, i), low: at(6, i), close: at(7, i), volume: at(8, i) };
    return [{ symbol: name(symbol), interval, venue: name(columns[2]?.[i]), candle, firstOpenTime: at(9, i) }];
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
