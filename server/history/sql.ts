import { INTERVAL_MS, type Interval } from '@/core/contract';

const DAY = 86_400_000;

/** Tables. `kind` is part of every key: live, simulated and replayed data never meet. `written` is wall time, ms. */
export const TABLES = [
  `CREATE TABLE IF NOT EXISTS candles (
     kind VARCHAR NOT NULL, symbol VARCHAR NOT NULL, interval VARCHAR NOT NULL, open_time BIGINT NOT NULL,
     open DOUBLE NOT NULL, high DOUBLE NOT NULL, low DOUBLE NOT NULL, close DOUBLE NOT NULL, volume DOUBLE NOT NULL,
     venue VARCHAR NOT NULL, written BIGINT NOT NULL, PRIMARY KEY (kind, symbol, interval, open_time))`,
  `CREATE TABLE IF NOT EXISTS signals (
     kind VARCHAR NOT NULL, id VARCHAR NOT NULL, symbol VARCHAR NOT NULL, ts BIGINT NOT NULL, record VARCHAR NOT NULL,
     written BIGINT NOT NULL, PRIMARY KEY (kind, id))`,
  'CREATE TEMP TABLE IF NOT EXISTS new_candles AS SELECT * FROM candles LIMIT 0',
  'CREATE TEMP TABLE IF NOT EXISTS new_signals AS SELECT * FROM signals LIMIT 0',
] as const;

export const MERGE = [
  'INSERT OR REPLACE INTO candles SELECT * FROM new_candles', 'DELETE FROM new_candles',
  'INSERT OR REPLACE INTO signals SELECT * FROM new_signals', 'DELETE FROM new_signals',
] as const;

const CANDLE = 'symbol, interval, venue, open_time::DOUBLE, open, high, low, close, volume';

export const RANGE = `SELECT * FROM (
    SELECT ${CANDLE} FROM candles WHERE kind = $kind AND symbol = $symbol AND interval = $interval AND open_time BETWEEN $start AND $end
    ORDER BY open_time DESC LIMIT $limit) ORDER BY 4`;

export const SIGNALS = `SELECT record FROM (
    SELECT record, ts, id FROM signals WHERE kind = $kind AND ($symbol IS NULL OR symbol = $symbol) AND ts < $before
    ORDER BY ts DESC, id DESC LIMIT $limit) ORDER BY ts, id`;

const LENGTHS = Object.entries(INTERVAL_MS).map(([name, ms]) => `WHEN '${name}' THEN ${ms}`).join(' ');
/** Time looked back for n candles, in candles: markets that trade 6.5 of 24 hours on 5 of 7 days have one in five. */
const SPARSE = 6;

/** Newest candles of all series. The look-back keeps it from reading the whole store. */
export const NEWEST = `WITH firsts AS (SELECT symbol, interval, min(open_time) AS first FROM candles WHERE kind = $kind GROUP BY ALL)
  SELECT ${CANDLE}, first::DOUBLE FROM candles JOIN firsts USING (symbol, interval)
  WHERE kind = $kind AND open_time < $before AND open_time >= $before - $per * ${SPARSE} * (CASE interval ${LENGTHS} END)::BIGINT
  QUALIFY row_number() OVER (PARTITION BY symbol, interval ORDER BY open_time DESC) <= $per
  ORDER BY interval, symbol, 4`;

/** Days a closed candle of a live market is kept; intervals not named are kept for ever. */
export const CANDLE_DAYS: Partial<Record<Interval, number>> = { '1s': 1, '1m': 90, '5m': 365, '15m': 730 };
/** Days since it was written that simulated and replayed data is kept. */
export const UNREAL_DAYS = 30;

/** Statements that delete what is older than its time. */
export function retention(now: number): readonly string[] {
  const live = Object.entries(CANDLE_DAYS).map(([interval, days]) => `(interval = '${interval}' AND open_time < ${Math.floor(now - days * DAY)})`);
  const unreal = `kind IN ('simulated', 'replay') AND written < ${Math.floor(now - UNREAL_DAYS * DAY)}`;
  return [`DELETE FROM candles WHERE kind IN ('live', 'delayed') AND (${live.join(' OR ')})`, `DELETE FROM candles WHERE ${unreal}`, `DELETE FROM signals WHERE ${unreal}`];
}
