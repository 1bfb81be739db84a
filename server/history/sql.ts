import { INTERVAL_MS, type Interval } from '@/core/contract';

/**
 * Tables. `kind` is part of every key: live, simulated and replayed data never meet. `written` is wall time, ms. There is no index: it would
 * double the file and make retention two hundred times slower (docs/history.md); rows come in the order of time, so that the library's own
 * range of times of each block finds them as fast.
 */
export const TABLES = [
  `CREATE TABLE IF NOT EXISTS candles (
     kind VARCHAR NOT NULL, symbol VARCHAR NOT NULL, interval VARCHAR NOT NULL, open_time BIGINT NOT NULL,
     open DOUBLE NOT NULL, high DOUBLE NOT NULL, low DOUBLE NOT NULL, close DOUBLE NOT NULL, volume DOUBLE NOT NULL,
     venue VARCHAR NOT NULL, written BIGINT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS signals (
     kind VARCHAR NOT NULL, id VARCHAR NOT NULL, symbol VARCHAR NOT NULL, ts BIGINT NOT NULL, record VARCHAR NOT NULL,
     written BIGINT NOT NULL, PRIMARY KEY (kind, id))`,
  `CREATE TABLE IF NOT EXISTS trades (
     kind VARCHAR NOT NULL, symbol VARCHAR NOT NULL, venue VARCHAR NOT NULL, id VARCHAR NOT NULL, time DOUBLE NOT NULL,
     price DOUBLE NOT NULL, size DOUBLE NOT NULL, side VARCHAR NOT NULL, written BIGINT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS gaps (
     kind VARCHAR NOT NULL, symbol VARCHAR NOT NULL, start BIGINT NOT NULL, stop BIGINT NOT NULL, reason VARCHAR NOT NULL,
     noticed BIGINT NOT NULL, state VARCHAR NOT NULL, note VARCHAR NOT NULL, ended BIGINT, PRIMARY KEY (kind, symbol, start))`,
  ...['candles', 'signals', 'trades', 'gaps'].map((table) => `CREATE TEMP TABLE IF NOT EXISTS new_${table} AS SELECT * FROM ${table} LIMIT 0`),
] as const;

/** Files of before 0.2 have an index on candles; true in the first column = one of those. */
export const IS_INDEXED = "SELECT count(*) > 0 FROM duckdb_constraints() WHERE table_name = 'candles' AND constraint_type = 'PRIMARY KEY'";
export const DROP_INDEX = [
  'BEGIN', 'CREATE OR REPLACE TABLE candles_plain AS SELECT * FROM candles ORDER BY open_time', 'DROP TABLE candles', 'ALTER TABLE candles_plain RENAME TO candles', 'COMMIT',
] as const;

/** Puts the waiting rows in place of those with the same key. Their range of open times, ms, keeps it from reading the whole table. */
export const mergeCandles = (from: number, to: number): readonly string[] => [
  `DELETE FROM candles USING new_candles n WHERE candles.open_time BETWEEN ${from} AND ${to}
     AND candles.open_time = n.open_time AND candles.symbol = n.symbol AND candles.interval = n.interval AND candles.kind = n.kind`,
  'INSERT INTO candles SELECT * FROM new_candles ORDER BY open_time', 'DELETE FROM new_candles',
];
/** A trade that is already there stays as it is: venues send the newest ones again after a reconnect. */
export const mergeTrades = (from: number, to: number): readonly string[] => [
  `INSERT INTO trades SELECT n.* FROM new_trades n ANTI JOIN (SELECT * FROM trades WHERE time BETWEEN ${from} AND ${to}) t
     ON t.time = n.time AND t.id = n.id AND t.symbol = n.symbol AND t.venue = n.venue AND t.kind = n.kind`,
  'DELETE FROM new_trades',
];
export const MERGE_SIGNALS = ['INSERT OR REPLACE INTO signals SELECT * FROM new_signals', 'DELETE FROM new_signals'] as const;
export const MERGE_GAPS = ['INSERT OR REPLACE INTO gaps SELECT * FROM new_gaps', 'DELETE FROM new_gaps'] as const;

/** The newest `limit` candles of a range, newest first: those stored and, for an interval longer than a minute, those its minutes make. */
export function rangeSql(interval: Interval): string {
  const length = INTERVAL_MS[interval];
  const series = (name: string): string => `kind = $kind AND symbol = $symbol AND interval = '${name}'`;
  const stored = `SELECT open_time, open, high, low, close, volume FROM candles WHERE ${series(interval)} AND open_time BETWEEN $start AND $stop`;
  if (length <= INTERVAL_MS['1m']) return `SELECT open_time::DOUBLE, open, high, low, close, volume FROM (${stored}) ORDER BY 1 DESC LIMIT $limit`;
  // Only whole ones: what began before the first stored minute or ends after the last one would have too little volume.
  return `WITH stored AS (${stored}), minutes AS (SELECT * FROM candles WHERE ${series('1m')} AND open_time BETWEEN $start AND $stop + ${length - 1}),
    made AS (SELECT (open_time // ${length}) * ${length} AS bucket, arg_min(open, open_time), max(high), min(low), arg_max(close, open_time), sum(volume) FROM minutes GROUP BY 1
      HAVING bucket >= (SELECT min(open_time) FROM minutes) AND bucket + ${length - INTERVAL_MS['1m']} <= (SELECT max(open_time) FROM minutes) AND bucket BETWEEN $start AND $stop)
    SELECT open_time::DOUBLE, open, high, low, close, volume FROM (FROM stored UNION ALL (SELECT * FROM made WHERE bucket NOT IN (SELECT open_time FROM stored))) ORDER BY 1 DESC LIMIT $limit`;
}

/** Oldest and newest open time of all candles. */
export const BOUNDS = 'SELECT min(open_time)::DOUBLE, max(open_time)::DOUBLE FROM candles';

export const SIGNALS = `SELECT record FROM (
    SELECT record, ts, id FROM signals WHERE kind = $kind AND ($symbol IS NULL OR symbol = $symbol) AND ts < $before
    ORDER BY ts DESC, id DESC LIMIT $limit) ORDER BY ts, id`;

const LENGTHS = Object.entries(INTERVAL_MS).map(([name, ms]) => `WHEN '${name}' THEN ${ms}`).join(' ');
/** Time looked back for n candles, in candles: markets that trade 6.5 of 24 hours on 5 of 7 days have one in five. */
export const SPARSE = 6;

/** Newest candles of all series. The look-back keeps it from reading the whole store. */
export const NEWEST = `WITH firsts AS (SELECT symbol, interval, min(open_time) AS first FROM candles WHERE kind = $kind GROUP BY ALL)
  SELECT symbol, interval, venue, open_time::DOUBLE, open, high, low, close, volume, first::DOUBLE FROM candles JOIN firsts USING (symbol, interval)
  WHERE kind = $kind AND open_time < $before AND open_time >= $before - $per * ${SPARSE} * (CASE interval ${LENGTHS} END)::BIGINT
  QUALIFY row_number() OVER (PARTITION BY symbol, interval ORDER BY open_time DESC) <= $per
  ORDER BY interval, symbol, 4`;

/** Open time of the newest stored minute by symbol, of those not older than `since`. */
export const NEWEST_MINUTES = "SELECT symbol, max(open_time)::DOUBLE FROM candles WHERE kind = $kind AND interval = '1m' AND open_time >= $since GROUP BY symbol";

const GAP = 'symbol, start::DOUBLE, stop::DOUBLE, reason, noticed::DOUBLE, state, note, ended::DOUBLE, kind';
export const GAPS = `SELECT ${GAP} FROM gaps WHERE kind = $kind AND ($symbol IS NULL OR symbol = $symbol) AND stop > $from AND start < $to ORDER BY start DESC LIMIT $limit`;

/** Rows, oldest and newest (ms) of each table. */
export const STATS = ['candles', 'trades', 'signals', 'gaps'].map((table) => {
  const time = { candles: 'open_time', trades: 'time', signals: 'ts', gaps: 'start' }[table];
  return `SELECT '${table}', count(*)::DOUBLE, min(${time})::DOUBLE, max(${time})::DOUBLE FROM ${table}`;
}).join(' UNION ALL ');

/** Bytes in use in the file; what is free in it is used again. */
export const SIZE = 'SELECT (used_blocks * block_size)::DOUBLE FROM pragma_database_size()';
