import type { DuckDBValue } from '@duckdb/node-api';
import { decodePayload, isInterval, type SignalRecord } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import type { Clock } from '../observability/clock';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { openDatabase, type CandleRow, type Database, type SignalRow } from './database';
import type { History, StoredCandle } from './port';
import { NEWEST, RANGE, retention, SIGNALS } from './sql';

export interface HistoryOptions {
  /** Folder of the file; `:memory:` = keep nothing. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Called when health changes. */
  readonly onHealth?: (health: ReturnType<History['health']>) => void;
}

/** Time between two commits, ms: what a killed process may lose. */
const COMMIT_MS = 500;
/** Rows per transaction; their staging takes some 5 ms of the event loop. */
const BATCH = 4_000;
/** Closed candles that wait for a store that cannot be written. Beyond it the oldest go, are counted, and health says so. */
const MOST_WAITING = 200_000;
const RETRY_MS = 5_000;
const RETENTION_MS = 3_600_000;
const FAR = 8_640_000_000_000_000n;

/**
 * History on DuckDB. Rows are queued by key (a newer value of the same key replaces the waiting one) and committed every half second off
 * the hot path. When the file cannot be written the queue waits and the file is opened again every 5 s; streaming goes on. Closed candles and
 * signals are not dropped before 200,000 of them wait, some five hours of 24 instruments.
 */
class DuckHistory implements History {
  private database: Database | null = null;
  private readonly candleQueue = new Map<string, CandleRow>();
  private readonly signalQueue = new Map<string, SignalRow>();
  private readonly opening: Promise<void>;
  private writing: Promise<void> | null = null;
  private readonly timer: NodeJS.Timeout;
  private state: ReturnType<History['health']> = { state: 'ok', reason: '' };
  private retryAt = 0;
  private retainAt = 0;
  private dropped = 0;
  private closed = false;

  constructor(private readonly options: HistoryOptions) {
    this.opening = this.open();
    this.timer = setInterval(() => void this.flush(), COMMIT_MS);
  }

  async candles(query: Parameters<History['candles']>[0]): Promise<readonly Candle[]> {
    const { kind, symbol, interval, start, end, limit } = query;
    const rows = await this.read(RANGE, {
      kind, symbol, interval, limit: BigInt(limit),
      start: start === null ? -FAR : BigInt(Math.ceil(start)), end: end === null ? FAR : BigInt(Math.floor(end)),
    });
    return rows.map((row) => readCandle(row));
  }

  async newestCandles(query: Parameters<History['newestCandles']>[0]): Promise<readonly StoredCandle[]> {
    const rows = await this.read(NEWEST, { kind: query.kind, per: BigInt(query.perSeries), before: BigInt(Math.floor(query.before)) });
    return rows.flatMap((row) => {
      const interval = text(row[1]);
      if (!isInterval(interval)) return [];
      return [{ symbol: text(row[0]), interval, venue: text(row[2]), candle: readCandle(row), firstOpenTime: real(row[9]) }];
    });
  }

  async signals(query: Parameters<History['signals']>[0]): Promise<readonly SignalRecord[]> {
    const rows = await this.read(SIGNALS, {
      kind: query.kind, symbol: query.symbol, limit: BigInt(query.limit), before: query.before === null ? FAR : BigInt(Math.floor(query.before)),
    });
    return rows.flatMap((row) => {
      const record = parseRecord(text(row[0]));
      if (!record) this.options.metrics.historyErrors.inc({ operation: 'decode' });
      return record ? [record] : [];
    });
  }

  writeCandle({ symbol, interval, kind, venue, candle }: Parameters<History['writeCandle']>[0]): void {
    if (this.closed) return;
    const key = `${kind}|${symbol}|${interval}|${candle.openTime}`;
    this.candleQueue.set(key, { kind, symbol, interval, venue, ...candle });
    if (this.candleQueue.size <= MOST_WAITING) return;
    this.candleQueue.delete(this.candleQueue.keys().next().value ?? key);
    this.options.metrics.historyErrors.inc({ operation: 'drop' });
    this.dropped++;
  }

  writeSignal(record: SignalRecord): void {
    if (this.closed || this.signalQueue.size >= MOST_WAITING) return;
    const { source, id, symbol, ts } = record;
    this.signalQueue.set(`${source}|${id}`, { kind: source, id, symbol, ts, record: JSON.stringify(record) });
  }

  async flush(): Promise<void> {
    await this.opening;
    this.writing ??= this.drain().finally(() => (this.writing = null));
    await this.writing;
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
      this.database = await openDatabase(dataDir, log, () => clock.now());
      this.say('ok', '');
    } catch (error) {
      this.fail('open', error);
    }
  }

  /** Writes until nothing waits or writing fails. Never rejects. */
  private async drain(): Promise<void> {
    const { clock, metrics } = this.options;
    try {
      if (!this.database) {
        if (clock.monotonic() < this.retryAt) return;
        await this.open();
      }
      while (this.database && this.candleQueue.size + this.signalQueue.size > 0) {
        const candles = [...take(this.candleQueue, BATCH)];
        const signals = [...take(this.signalQueue, BATCH)];
        await this.database.write(candles.map(([, row]) => row), signals.map(([, row]) => row), clock.now());
        // Only what is committed leaves the queue, unless it was replaced meanwhile.
        for (const [key, row] of candles) if (this.candleQueue.get(key) === row) this.candleQueue.delete(key);
        for (const [key, row] of signals) if (this.signalQueue.get(key) === row) this.signalQueue.delete(key);
        metrics.historyWrites.inc({ table: 'candles' }, candles.length);
        metrics.historyWrites.inc({ table: 'signals' }, signals.length);
        this.say('ok', '');
      }
      await this.retain();
    } catch (error) {
      this.fail('write', error);
    }
  }

  private async retain(): Promise<void> {
    const { clock } = this.options;
    if (!this.database || clock.monotonic() < this.retainAt) return;
    this.retainAt = clock.monotonic() + RETENTION_MS;
    for (const sql of retention(clock.now())) await this.database.run(sql);
  }

  private async read(sql: string, values: Parameters<Database['read']>[1]): Promise<DuckDBValue[][]> {
    await this.opening;
    if (!this.database) throw new Error(this.state.reason || 'history is not open');
    try {
      return await this.database.read(sql, values);
    } catch (error) {
      this.options.metrics.historyErrors.inc({ operation: 'read' });
      throw error;
    }
  }

  private fail(operation: 'open' | 'write', error: unknown): void {
    const { metrics, log, clock } = this.options;
    metrics.historyErrors.inc({ operation });
    this.retryAt = clock.monotonic() + RETRY_MS;
    // A fatal error leaves DuckDB unusable until the file is opened again.
    this.release();
    const lost = this.dropped > 0 ? `; ${this.dropped} candles were lost` : '';
    if (this.state.state === 'ok') log.error({ err: error, operation }, 'history cannot be written; streaming goes on');
    this.say('degraded', `history cannot be written: ${words(error)}${lost}`);
  }

  private say(state: 'ok' | 'degraded', reason: string): void {
    const changed = state !== this.state.state;
    this.state = { state, reason };
    if (changed && state === 'ok') this.options.log.info({ lost: this.dropped }, 'history can be written again');
    if (state === 'ok') this.dropped = 0;
    if (changed) this.options.onHealth?.(this.state);
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

function* take<K, V>(from: ReadonlyMap<K, V>, most: number): Generator<[K, V]> {
  let taken = 0;
  for (const entry of from) {
    if (taken++ >= most) return;
    yield entry;
  }
}

/** First line of an error, without the library's name of it. */
function words(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/could not set lock/i.test(message)) return 'the file is in use by another process';
  return (message.split('\n')[0] ?? message).slice(0, 200);
}

const text = (value: DuckDBValue | undefined): string => (typeof value === 'string' ? value : '');
const real = (value: DuckDBValue | undefined): number => (typeof value === 'number' ? value : Number.NaN);

function readCandle(row: readonly DuckDBValue[]): Candle {
  return { openTime: real(row[3]), open: real(row[4]), high: real(row[5]), low: real(row[6]), close: real(row[7]), volume: real(row[8]) };
}

function parseRecord(json: string): SignalRecord | null {
  try {
    return decodePayload('signals', JSON.parse(json));
  } catch {
    return null; // counted by the caller
  }
}

/** Keeps nothing; reads are empty. */
const NO_HISTORY: History = {
  candles: () => Promise.resolve([]),
  newestCandles: () => Promise.resolve([]),
  signals: () => Promise.resolve([]),
  writeCandle: () => undefined,
  writeSignal: () => undefined,
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
  health: () => ({ state: 'off', reason: 'history is switched off (TICKGLASS_DATA_DIR is :memory:)' }),
};

export function createHistory(options: HistoryOptions): History {
  return options.dataDir === ':memory:' ? NO_HISTORY : new DuckHistory(options);
}
