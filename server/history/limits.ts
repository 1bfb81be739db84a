import type { Logger } from '../observability/logger';
import type { Database } from './database';
import { SIZE } from './sql';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MB = 1_000_000;

/** What is kept, and how much of it at most. */
export interface HistoryLimits {
  /** Days that 1-minute candles of a live market are kept. */
  readonly candleDays: number;
  /** Hours that trades are kept. */
  readonly tradeHours: number;
  /** Trades kept of one symbol and kind, and of all. */
  readonly tradesPerSymbol: number;
  readonly tradesTotal: number;
  /** Size of the file in use beyond which the oldest go, MB (10^6 bytes). */
  readonly maxMb: number;
}

export const STANDARD_LIMITS: HistoryLimits = { candleDays: 90, tradeHours: 24, tradesPerSymbol: 500_000, tradesTotal: 5_000_000, maxMb: 1_000 };

/** The limits that the configuration names. */
export function limitsOf(config: Readonly<Record<'historyCandleDays' | 'historyTradeHours' | 'historyTradesPerSymbol' | 'historyTradesTotal' | 'historyMaxMb', number>>): HistoryLimits {
  const { historyCandleDays: candleDays, historyTradeHours: tradeHours, historyTradesPerSymbol: tradesPerSymbol, historyTradesTotal: tradesTotal, historyMaxMb: maxMb } = config;
  return { candleDays, tradeHours, tradesPerSymbol, tradesTotal, maxMb };
}

/** Days since it was written that simulated and replayed data is kept. */
export const UNREAL_DAYS = 30;

/** Days a closed candle of a live market is kept, by interval; those not named are kept for ever. */
function candleDays({ candleDays: minutes }: HistoryLimits): Readonly<Record<string, number>> {
  return { '1s': 1, '1m': minutes, '5m': Math.max(365, minutes), '15m': Math.max(730, minutes) };
}

function tooOld(limits: HistoryLimits, now: number): readonly string[] {
  const live = Object.entries(candleDays(limits)).map(([interval, days]) => `(interval = '${interval}' AND open_time < ${Math.floor(now - days * DAY)})`);
  const unreal = `kind IN ('simulated', 'replay') AND written < ${Math.floor(now - UNREAL_DAYS * DAY)}`;
  return [
    `DELETE FROM candles WHERE kind IN ('live', 'delayed') AND (${live.join(' OR ')})`, `DELETE FROM candles WHERE ${unreal}`, `DELETE FROM signals WHERE ${unreal}`,
    // By the time of writing: a simulator at speed is ahead of the clock.
    `DELETE FROM trades WHERE written < ${Math.floor(now - limits.tradeHours * HOUR)}`,
    `DELETE FROM gaps WHERE stop < ${Math.floor(now - limits.candleDays * DAY)}`,
  ];
}

/** Deleted down to this part of a limit, so that it is not done again at once. */
const ROOM = 0.9;
const SHRINK_STEPS = 12;
/** Rows that the library keeps together: room becomes free by whole groups. */
const ROW_GROUP = 122_880;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Deletes about the oldest part of a selection. */
async function deleteOldest(database: Database, table: 'trades' | 'candles', where: string, part: number): Promise<void> {
  const time = table === 'trades' ? 'time' : 'open_time';
  const cut = (await database.read(`SELECT approx_quantile(${time}, ${Math.min(1, part)})::DOUBLE FROM ${table} WHERE ${where}`))[0]?.[0];
  if (typeof cut === 'number') await database.run(`DELETE FROM ${table} WHERE ${where} AND ${time} <= ${cut}`);
}

const count = async (database: Database, sql: string): Promise<number> => Number((await database.read(sql))[0]?.[0] ?? 0);

async function tooMany(database: Database, { tradesPerSymbol, tradesTotal }: HistoryLimits): Promise<void> {
  const crowded = await database.read(`SELECT kind, symbol, count(*)::DOUBLE FROM trades GROUP BY ALL HAVING count(*) > ${tradesPerSymbol}`);
  for (const [kind, symbol, rows] of crowded) {
    if (typeof kind !== 'string' || typeof symbol !== 'string') continue;
    await deleteOldest(database, 'trades', `kind = ${quoted(kind)} AND symbol = ${quoted(symbol)}`, 1 - (tradesPerSymbol * ROOM) / Number(rows));
  }
  const all = await count(database, 'SELECT count(*)::DOUBLE FROM trades');
  if (all > tradesTotal) await deleteOldest(database, 'trades', 'true', 1 - (tradesTotal * ROOM) / all);
}

/** Bytes of the file in use. */
export const usedBytes = (database: Database): Promise<number> => count(database, SIZE);

/** Oldest trades first, then simulated and replayed candles, then the oldest minutes; longer candles and signals are never given up for room. */
async function tooLarge(database: Database, { maxMb }: HistoryLimits, log: Logger): Promise<void> {
  for (let step = 0; step < SHRINK_STEPS; step++) {
    // Only then is what was written in the file itself, and the room of deleted rows free.
    if (!(await checkpoint(database, log))) return;
    const used = await usedBytes(database);
    if (used <= maxMb * MB * (step === 0 ? 1 : ROOM)) return;
    const [table, where, rows] = await largest(database);
    if (table === null) break;
    log.warn({ usedMb: Math.round(used / MB), maxMb, table, where }, 'history is larger than its limit; its oldest rows are deleted');
    await deleteOldest(database, table, where, Math.max(step < SHRINK_STEPS / 2 ? 0.25 : 0.5, ROW_GROUP / rows));
  }
}

/** false while somebody reads for long, as an export does; then it is tried at the next look. */
async function checkpoint(database: Database, log: Logger): Promise<boolean> {
  try {
    await database.run('CHECKPOINT');
    return true;
  } catch (error) {
    log.debug({ err: error }, 'no checkpoint now');
    return false;
  }
}

async function largest(database: Database): Promise<['trades' | 'candles', string, number] | [null, '', 0]> {
  const choices: ['trades' | 'candles', string][] = [['trades', 'true'], ['candles', "kind IN ('simulated', 'replay')"], ['candles', "interval IN ('1s', '1m')"]];
  for (const [table, where] of choices) {
    const rows = await count(database, `SELECT count(*)::DOUBLE FROM ${table} WHERE ${where}`);
    if (rows > 0) return [table, where, rows];
  }
  return [null, '', 0];
}

/** Deletes what is older than its time, more than its number, and, beyond the size of the whole, the oldest. */
export async function enforceLimits(database: Database, limits: HistoryLimits, now: number, log: Logger): Promise<void> {
  for (const sql of tooOld(limits, now)) await database.run(sql);
  await tooMany(database, limits);
  await tooLarge(database, limits, log);
}
