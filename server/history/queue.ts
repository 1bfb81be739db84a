import type { Batch, CandleRow, GapRow, SignalRow, TradeRow } from './database';

/** Rows per table and transaction; staging 4,000 takes some 5 ms of the event loop. */
const BATCH = 4_000;
/** Closed candles, and signals, that wait for a store that cannot be written: some five hours of 24 instruments. Beyond it the oldest go and are counted. */
const MOST_WAITING = 200_000;
/** Trades that wait: some minutes of a busy market. */
const MOST_TRADES = 100_000;
const MOST_GAPS = 20_000;

/** What waits to be written, by key: a newer value of the same key replaces the waiting one. Bounded; what is dropped is counted. */
export class WriteQueue {
  /** Rows dropped by table since the counts were last taken. */
  readonly dropped = new Map<keyof Batch, number>();
  private readonly candles = new Map<string, CandleRow>();
  private readonly signals = new Map<string, SignalRow>();
  private readonly trades = new Map<string, TradeRow>();
  private readonly gaps = new Map<string, GapRow>();

  get size(): number {
    return this.candles.size + this.signals.size + this.trades.size + this.gaps.size;
  }

  addCandle(row: CandleRow): void {
    this.add('candles', this.candles, `${row.kind}|${row.symbol}|${row.interval}|${row.openTime}`, row, MOST_WAITING);
  }

  addSignal(row: SignalRow): void {
    this.add('signals', this.signals, `${row.kind}|${row.id}`, row, MOST_WAITING);
  }

  addTrade(row: TradeRow): void {
    this.add('trades', this.trades, `${row.kind}|${row.symbol}|${row.venue}|${row.id}|${row.time}`, row, MOST_TRADES);
  }

  addGap(row: GapRow): void {
    this.add('gaps', this.gaps, `${row.kind}|${row.symbol}|${row.start}`, row, MOST_GAPS);
  }

  /** The oldest waiting rows, as many as one transaction takes. They stay until `written`. */
  next(): Batch {
    return { candles: first(this.candles), signals: first(this.signals), trades: first(this.trades), gaps: first(this.gaps) };
  }

  /** Only what is committed leaves the queue, unless it was replaced meanwhile. */
  written(batch: Batch): void {
    leave(this.candles, batch.candles);
    leave(this.signals, batch.signals);
    leave(this.trades, batch.trades);
    leave(this.gaps, batch.gaps);
  }

  /** Rows lost, in words; empty when none were. */
  lost(): string {
    return [...this.dropped].map(([table, count]) => `${count} ${table}`).join(' and ');
  }

  private add<T>(table: keyof Batch, to: Map<string, T>, key: string, row: T, most: number): void {
    to.set(key, row);
    if (to.size <= most) return;
    to.delete(to.keys().next().value ?? key);
    this.dropped.set(table, (this.dropped.get(table) ?? 0) + 1);
  }
}

function first<T>(from: ReadonlyMap<string, T>): T[] {
  const rows: T[] = [];
  for (const row of from.values()) if (rows.push(row) >= BATCH) break;
  return rows;
}

/** The batch holds the first rows of the map, in its order, but for those replaced or dropped since. */
function leave<T>(from: Map<string, T>, rows: readonly T[]): void {
  const gone = new Set(rows);
  for (const [key, row] of from) {
    if (gone.size === 0) return;
    if (!gone.delete(row)) continue;
    from.delete(key);
  }
}
