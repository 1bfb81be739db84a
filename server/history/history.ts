import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { SignalRecord } from '@/core/contract';
import type { Clock } from '../observability/clock';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { Database } from './database';
import { exportRows } from './export';
import { enforceLimits, STANDARD_LIMITS, type HistoryLimits } from './limits';
import { HISTORY_FILE, isDamage, openDatabase } from './open';
import type { ExportRequest, Gap, GapQuery, History, StoredTrade } from './port';
import { WriteQueue } from './queue';
import { readCandles, readGaps, readNewest, readNewestMinutes, readSignals, readStats } from './reads';

export interface HistoryOptions {
  /** Folder of the file; `:memory:` = keep nothing. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Those not given are STANDARD_LIMITS. */
  readonly limits?: Partial<HistoryLimits>;
  /** Called when health changes. */
  readonly onHealth?: (health: ReturnType<History['health']>) => void;
}

/** Time between two commits, ms: what a killed process may lose. */
const COMMIT_MS = 500;
const RETRY_MS = 5_000;
/** Time between two looks at ages, numbers and size, ms; the shorter one when this part of the trades that may be kept has come since. */
const LIMITS_MS = 300_000;
const LIMITS_SOON_MS = 30_000;
const MANY_TRADES = 0.1;

/**
 * History on DuckDB. Rows are queued by key and committed every half second off the hot path. When the file cannot be written the queue waits
 * and the file is opened again every 5 s; streaming goes on. A file that shows damage is put aside and a new one begun.
 */
class DuckHistory implements History {
  private database: Database | null = null;
  private readonly queue = new WriteQueue();
  private readonly limits: HistoryLimits;
  private readonly opening: Promise<void>;
  private writing: Promise<void> | null = null;
  private readonly timer: NodeJS.Timeout;
  private state: ReturnType<History['health']> = { state: 'ok', reason: '' };
  private damaged = false;
  private retryAt = 0;
  private limitsAt = 0;
  private tradesSince = 0;
  private closed = false;

  constructor(private readonly options: HistoryOptions) {
    this.limits = { ...STANDARD_LIMITS, ...options.limits };
    this.opening = this.open();
    // A turn that takes longer than its interval is not joined by the next ones.
    this.timer = setInterval(() => void (this.writing ?? this.flush()), COMMIT_MS);
  }

  candles(query: Parameters<History['candles']>[0]): ReturnType<History['candles']> {
    return this.read((database) => readCandles(database, query));
  }

  newestCandles(query: Parameters<History['newestCandles']>[0]): ReturnType<History['newestCandles']> {
    return this.read((database) => readNewest(database, query));
  }

  async signals(query: Parameters<History['signals']>[0]): Promise<readonly SignalRecord[]> {
    const records = await this.read((database) => readSignals(database, query));
    const good = records.filter((record) => record !== null);
    if (good.length < records.length) this.options.metrics.historyErrors.inc({ operation: 'decode' }, records.length - good.length);
    return good;
  }

  gaps(query: GapQuery): ReturnType<History['gaps']> {
    return this.read((database) => readGaps(database, query));
  }

  newestMinutes(kind: Parameters<History['newestMinutes']>[0], since: number): ReturnType<History['newestMinutes']> {
    return this.read((database) => readNewestMinutes(database, kind, since));
  }

  async stats(): ReturnType<History['stats']> {
    const { tables, bytes } = await this.read((database) => readStats(database));
    // What is committed and not yet in the file lies in its log.
    const log = statSync(join(this.options.dataDir, `${HISTORY_FILE}.wal`), { throwIfNoEntry: false });
    return { tables, bytes: bytes + (log?.size ?? 0) };
  }

  async exportTo(request: ExportRequest, file: string): Promise<number> {
    await this.flush();
    return this.read((database) => exportRows(database, request, file));
  }

  writeCandle({ symbol, interval, kind, venue, candle }: Parameters<History['writeCandle']>[0]): void {
    if (!this.closed) this.queue.addCandle({ kind, symbol, interval, venue, ...candle });
  }

  writeSignal(record: SignalRecord): void {
    const { source, id, symbol, ts } = record;
    if (!this.closed) this.queue.addSignal({ kind: source, id, symbol, ts, record: JSON.stringify(record) });
  }

  writeTrade(trade: StoredTrade): void {
    if (!this.closed) this.queue.addTrade({ ...trade, price: Number(trade.price), size: Number(trade.size) });
  }

  writeGap(gap: Gap): void {
    if (!this.closed) this.queue.addGap(gap);
  }

  async flush(): Promise<void> {
    await this.opening;
    // A turn under way may have begun before the newest row came.
    await this.writing;
    this.writing ??= this.drain().finally(() => (this.writing = null));
    await this.writing;
  }

  async trim(): Promise<void> {
    try {
      await this.database?.trim();
    } catch (error) {
      this.options.log.debug({ err: error }, 'the history could give no memory back');
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    await this.flush();
    this.release();
  }

  health(): ReturnType<History['health']> {
    return this.state;
  }

  private async open(): Promise<void> {
    const { dataDir, log, clock } = this.options;
    try {
      const { database, movedTo } = await openDatabase(dataDir, { log, now: () => clock.now(), damaged: this.damaged });
      this.database = database;
      this.damaged = false;
      this.say('ok', movedTo === null ? '' : `the history file was damaged; it is kept as ${movedTo}, and a new one was begun at ${new Date(clock.now()).toISOString()}`);
    } catch (error) {
      this.fail('open', error);
    }
  }

  /** Writes what waits now, and looks at the limits when it is time. What comes meanwhile is for the next turn: in a busy market a queue is never empty. Never rejects. */
  private async drain(): Promise<void> {
    const { clock, metrics, log } = this.options;
    try {
      if (!this.database) {
        if (clock.monotonic() < this.retryAt) return;
        await this.open();
      }
      let left = this.queue.size;
      while (this.database && left > 0) {
        const batch = this.queue.next();
        await this.database.write(batch, clock.now());
        this.queue.written(batch);
        for (const [table, rows] of Object.entries(batch)) {
          metrics.historyWrites.inc({ table }, rows.length);
          left -= rows.length;
        }
        this.tradesSince += batch.trades.length;
        this.say('ok', this.state.state === 'ok' ? this.state.reason : '');
      }
      const early = this.tradesSince > MANY_TRADES * this.limits.tradesTotal ? LIMITS_MS - LIMITS_SOON_MS : 0;
      if (!this.database || clock.monotonic() < this.limitsAt - early) return;
      this.limitsAt = clock.monotonic() + LIMITS_MS;
      this.tradesSince = 0;
      await enforceLimits(this.database, this.limits, clock.now(), log);
    } catch (error) {
      this.fail('write', error);
    }
  }

  private async read<T>(work: (database: Database) => Promise<T>): Promise<T> {
    await this.opening;
    const { database } = this;
    if (!database) throw new Error(this.state.reason || 'history is not open');
    try {
      return await work(database);
    } catch (error) {
      this.options.metrics.historyErrors.inc({ operation: 'read' });
      // Closed only between two writes: a commit under way would otherwise be cut.
      if (isDamage(error)) void (this.writing ?? Promise.resolve()).then(() => this.database === database && this.fail('read', error));
      throw error;
    }
  }

  private fail(operation: 'open' | 'write' | 'read', error: unknown): void {
    const { metrics, log, clock } = this.options;
    metrics.historyErrors.inc({ operation });
    this.retryAt = clock.monotonic() + RETRY_MS;
    // One error may be a moment's; a file that was just opened anew and fails again is damaged.
    this.damaged = operation !== 'open' && isDamage(error);
    // A fatal error leaves DuckDB unusable until the file is opened again.
    this.release();
    if (this.state.state === 'ok') {
      metrics.historyStates.inc({ state: 'degraded' });
      log.error({ err: error, operation }, 'history cannot be written; streaming goes on');
    }
    const lost = this.queue.lost();
    this.say('degraded', `history cannot be written: ${words(error)}${lost === '' ? '' : `; ${lost} were lost`}`);
  }

  private say(state: 'ok' | 'degraded', reason: string): void {
    const changed = state !== this.state.state || (state === 'ok' && reason !== this.state.reason && reason !== '');
    this.state = { state, reason };
    if (!changed) return;
    if (state === 'ok') {
      this.options.metrics.historyStates.inc({ state });
      this.options.log.info({ lost: this.queue.lost(), reason }, 'history can be written again');
      this.queue.dropped.clear();
    }
    this.options.onHealth?.(this.state);
  }

  private release(): void {
    const database = this.database;
    this.database = null;
    try {
      database?.close();
    } catch (error) {
      this.options.log.warn({ err: error }, 'the history file did not close cleanly');
    }
  }
}

/** First line of an error, without the library's name of it. */
function words(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/could not set lock/i.test(message)) return 'the file is in use by another process';
  return (message.split('\n')[0] ?? message).slice(0, 200);
}

const OFF = 'history is switched off (TICKGLASS_DATA_DIR is :memory:)';

/** Keeps nothing; reads are empty. */
const NO_HISTORY: History = {
  candles: () => Promise.resolve([]),
  newestCandles: () => Promise.resolve([]),
  signals: () => Promise.resolve([]),
  gaps: () => Promise.resolve([]),
  newestMinutes: () => Promise.resolve(new Map<string, number>()),
  stats: () => Promise.resolve({ tables: [], bytes: 0 }),
  exportTo: () => Promise.reject(new Error(OFF)),
  writeCandle: () => undefined,
  writeSignal: () => undefined,
  writeTrade: () => undefined,
  writeGap: () => undefined,
  flush: () => Promise.resolve(),
  trim: () => Promise.resolve(),
  close: () => Promise.resolve(),
  health: () => ({ state: 'off', reason: OFF }),
};

export function createHistory(options: HistoryOptions): History {
  return options.dataDir === ':memory:' ? NO_HISTORY : new DuckHistory(options);
}
