import { INTERVAL_MS, type DataKind, type FeedMode, type Interval, type SignalRecord } from '@/core/contract';
import type { CandleEvent, InputEvent } from '@/core/market/events';
import type { HistoryReader, StoredCandle } from '../history/port';

export interface WarmSink {
  /** false = the market shown changed meanwhile: stop. */
  isCurrent(): boolean;
  candle(event: CandleEvent): void;
  signal(record: SignalRecord): void;
}

/** Makes charts and signals complete at once after a restart, from what is stored. */
export interface WarmUp {
  /** Reads ahead, so that `run` needs no wait. Bounded in time by the caller. */
  prepare(mode: FeedMode, now: number): Promise<void>;
  /** Gives candles (oldest first per series, in slices that leave the event loop free) and the newest signals. */
  run(mode: FeedMode, now: number, sink: WarmSink): Promise<void>;
  /** Is this made-up past, for a time of which the real simulated past is stored? What was once shown stays. */
  supersedes(event: InputEvent): boolean;
  /** Last stored closes of a market by symbol: where the simulator goes on. */
  lastCloses(mode: FeedMode): ReadonlyMap<string, number>;
}

export interface WarmUpOptions {
  readonly reader: Pick<HistoryReader, 'newestCandles' | 'signals'>;
  readonly symbols: readonly string[];
  /** Candles per symbol and interval the engine keeps. */
  readonly candleHistory: number;
}

/** Stored candles fed at most, over all series; with many symbols each series gets fewer. */
const MOST_ROWS = 60_000;
const SERIES_PER_SYMBOL = 6;
const SIGNALS = 50;
/** Longest time the event loop is held, ms, looked at after every few candles. */
const SLICE_MS = 10;
const LOOK_EVERY = 20;

/** Kind of data that is stored for a mode; a replay is not warmed: its own future is in the store. */
function kindOf(mode: FeedMode): DataKind | null {
  if (mode === 'live' || mode === 'mixed') return 'live';
  return mode === 'simulated' ? 'simulated' : null;
}

interface Stored {
  readonly candles: readonly StoredCandle[];
  readonly signals: readonly SignalRecord[];
}

const series = (symbol: string, interval: Interval): string => `${symbol}|${interval}`;

export function createWarmUp({ reader, symbols, candleHistory }: WarmUpOptions): WarmUp {
  const perSeries = Math.max(1, Math.min(candleHistory, Math.floor(MOST_ROWS / (Math.max(1, symbols.length) * SERIES_PER_SYMBOL))));
  const wanted = new Set(symbols);
  const prepared = new Map<DataKind, Stored>();
  const closes = new Map<DataKind, Map<string, number>>();
  /** First and last stored open time of each simulated series. */
  const simulated = new Map<string, { from: number; to: number }>();

  async function load(kind: DataKind, now: number): Promise<Stored> {
    const [rows, signals] = await Promise.all([
      reader.newestCandles({ kind, perSeries, before: now }),
      reader.signals({ kind, symbol: null, limit: SIGNALS, before: now }),
    ]);
    // A candle whose end is still to come would be a look into the future: a simulator at speed ran ahead of the clock.
    const candles = rows.filter((row) => wanted.has(row.symbol) && row.candle.openTime + INTERVAL_MS[row.interval] <= now);
    remember(kind, candles);
    return { candles, signals };
  }

  function remember(kind: DataKind, candles: readonly StoredCandle[]): void {
    const last = new Map<string, number>();
    for (const { symbol, interval, candle, firstOpenTime } of candles) {
      if (interval === '1m') last.set(symbol, candle.close);
      if (kind === 'simulated') simulated.set(series(symbol, interval), { from: firstOpenTime, to: candle.openTime });
    }
    closes.set(kind, last);
  }

  return {
    async prepare(mode, now) {
      const kind = kindOf(mode);
      if (kind) prepared.set(kind, await load(kind, now));
    },
    async run(mode, now, sink) {
      const kind = kindOf(mode);
      if (!kind) return;
      const stored = prepared.get(kind) ?? (await load(kind, now));
      prepared.delete(kind);
      if (!sink.isCurrent()) return;
      for (const record of stored.signals) sink.signal(record);
      let since = performance.now();
      for (const [i, row] of stored.candles.entries()) {
        if (i % LOOK_EVERY === 0 && performance.now() - since > SLICE_MS) {
          await new Promise((resolve) => setImmediate(resolve));
          if (!sink.isCurrent()) return;
          since = performance.now();
        }
        sink.candle(candleEvent(row, kind, now));
      }
    },
    supersedes(event) {
      if (event.type !== 'candle' || event.kind !== 'simulated' || event.route === 'history') return false;
      const range = simulated.get(series(event.symbol, event.interval));
      return range !== undefined && event.openTime >= range.from && event.openTime <= range.to;
    },
    lastCloses(mode) {
      const kind = kindOf(mode);
      return (kind ? closes.get(kind) : undefined) ?? new Map<string, number>();
    },
  };
}

function candleEvent({ symbol, interval, venue, candle }: StoredCandle, kind: DataKind, now: number): CandleEvent {
  const venueTime = candle.openTime + INTERVAL_MS[interval];
  return { type: 'candle', venue, kind, route: 'history', symbol, venueTime, receiveTime: now, interval, ...candle, closed: true };
}
