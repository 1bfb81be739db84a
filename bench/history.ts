import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { pino } from 'pino';
import { INTERVAL_MS, type Interval } from '@/core/contract';
import { createHistory } from '../server/history/history';
import { TABLES } from '../server/history/sql';
import type { History } from '../server/history/port';
import { systemClock } from '../server/observability/clock';
import { createMetrics } from '../server/observability/metrics';
import { quantile, type Figure } from './figure';

const MINUTE = INTERVAL_MS['1m'];
const DAYS = 90;
const SYMBOLS = 24;
const PAGE = 5_000;
const TRADES = 4_000;

/** 90 days of minutes of 24 symbols, in the order of time, as a server would have written them. */
async function fill(folder: string, end: number): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, 'history.duckdb'), { threads: '1', memory_limit: '256MB' });
  const connection = await instance.connect();
  for (const sql of TABLES) await connection.run(sql);
  for (let day = DAYS; day > 0; day--) {
    await connection.run(`INSERT INTO candles SELECT 'live', 'S' || s || '/USDT', '1m', ${end} - (${day} * 1440 - m) * ${MINUTE}, 100 + random(), 101 + random(), 99 + random(), 100 + random(), random(), 'binance', ${end}
      FROM range(1440) minutes(m), range(${SYMBOLS}) symbols(s)`);
  }
  connection.closeSync();
  instance.closeSync();
}

async function times(count: number, work: (i: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await work(i);
    taken.push(performance.now() - started);
  }
  return taken;
}

const page = (history: History, interval: Interval, symbol: number, end: number | null, limit = PAGE) =>
  history.candles({ kind: 'live', symbol: `S${symbol % SYMBOLS}/USDT`, interval, start: null, end, limit });

function writeTrades(history: History, from: number): Promise<void> {
  for (let i = 0; i < TRADES; i++) history.writeTrade({ symbol: `S${i % SYMBOLS}/USDT`, kind: 'live', venue: 'binance', id: String(from + i), time: from + i, price: '100.5', size: '0.25', side: 'buy' });
  return history.flush();
}

async function measure(folder: string, end: number): Promise<Figure[]> {
  const before = process.memoryUsage().rss;
  const history = createHistory({ dataDir: folder, clock: systemClock, log: pino({ level: 'silent' }), metrics: createMetrics() });
  try {
    await history.flush();
    const opened = process.memoryUsage().rss;
    const warm = await times(1, () => history.newestCandles({ kind: 'live', perSeries: 416, before: end }));
    const pages = await times(40, (i) => page(history, '1m', i, end - i * 2 * 86_400_000));
    const newest = await times(10, (i) => page(history, '1m', i, null));
    const hours = await times(10, (i) => page(history, '1h', i, end));
    const writes = await times(10, (i) => writeTrades(history, end + i * TRADES));
    const rss = process.memoryUsage().rss;
    const rows = (await page(history, '1m', 3, end)).length;
    const note = `${DAYS} days x ${SYMBOLS} symbols = ${DAYS * 1440 * SYMBOLS} minutes, page of ${rows}`;
    const ms = { unit: 'ms', bound: 'at most' as const };
    return [
      { name: 'candle page of 5,000, median', value: quantile(pages, 0.5), budget: 50, note, ...ms },
      { name: 'candle page of 5,000, 95 %', value: quantile(pages, 0.95), budget: null, note: 'any time within the 90 days', ...ms },
      { name: 'newest 5,000 candles without a time, median', value: quantile(newest, 0.5), budget: null, note: '', ...ms },
      { name: 'hours made of minutes, 90 days, median', value: quantile(hours, 0.5), budget: null, note: '2,160 candles', ...ms },
      { name: 'newest candles of all, for a warm start', value: warm[0] ?? NaN, budget: null, note: '416 x 24', ...ms },
      { name: '4,000 trades to the disk, median', value: quantile(writes, 0.5), budget: null, note: 'off the hot path, one transaction', ...ms },
      { name: 'history file', value: statSync(join(folder, 'history.duckdb')).size / 1e6, unit: 'MB', budget: null, bound: 'at most', note },
      { name: 'memory of history, open and after all this', value: (rss - before) / 1e6, unit: 'MB', budget: null, bound: 'at most', note: `${((opened - before) / 1e6).toFixed(0)} MB when open` },
    ];
  } finally {
    await history.close();
  }
}

/** Candle pages out of a full store. */
export async function measureHistory(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tickglass-bench-history-'));
  try {
    const end = Math.floor(Date.now() / MINUTE) * MINUTE;
    await fill(folder, end);
    return await measure(folder, end);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
