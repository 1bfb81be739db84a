import type { Analysis } from './analysis/types';
import { INTERVAL_MS, type DataKind, type Interval } from './contract';
import { ROLLED, type RolledInterval } from './market/candles';
import type { Candle, EngineOutput } from './market/outputs';
import type { Row } from './market/row';

/** A candle that ended longer ago than this, ms, is history: it is rated, but no signal is made of it. */
const WARM_AFTER_MS = 60_000;

type Out = (output: EngineOutput) => void;

/** Circumstances in which a candle closed. `venueNow` is feed time by the venue's clock; `backfill` = from history or REST. */
export interface ClosedContext {
  readonly now: number;
  readonly venueNow: number;
  readonly kind: DataKind;
  readonly backfill: boolean;
}

/** Decides when the analysis looks at which candles: live closes at once, history once when it is in, previews on request. */
export class RatingDriver {
  private readonly intervals: readonly RolledInterval[];

  /** @param limit most candles handed over. */
  constructor(readonly analysis: Analysis, intervals: readonly Interval[], private readonly limit: number) {
    // Sentiment lives on minutes, whatever the timeframes of the ratings are.
    this.intervals = ROLLED.filter((interval) => interval === '1m' || intervals.includes(interval));
  }

  /** A candle closed for the first time. Live ones are rated at once; older ones, which may come in any order, with the next flush. */
  closed(row: Row, interval: Interval, candle: Candle, context: ClosedContext, out: Out): void {
    const rated = this.intervals.find((name) => name === interval);
    if (rated === undefined) return;
    const { closed } = row.candles.series[rated];
    if (context.backfill || closed.newest() !== candle.openTime || context.venueNow - candle.openTime - INTERVAL_MS[rated] > WARM_AFTER_MS) {
      row.warm.add(rated);
      return;
    }
    if (row.warm.delete(rated)) this.rate(row, rated, closed.items.slice(0, -1), true, context, out);
    this.rate(row, rated, closed.items, false, context, out);
  }

  /** Rates history that came in since: once, not candle by candle. */
  flush(row: Row, now: number, kind: DataKind, out: Out): void {
    if (row.warm.size === 0) return;
    for (const interval of this.intervals) {
      if (row.warm.has(interval)) this.rate(row, interval, row.candles.series[interval].closed.items, true, { now, kind }, out);
    }
    row.warm.clear();
  }

  /** Previews the rating of a forming candle. */
  forming(row: Row, interval: RolledInterval, candle: Candle, now: number, kind: DataKind, out: Out): void {
    if (!this.intervals.includes(interval)) return;
    const closed = row.candles.series[interval].closed.items.slice(1 - this.limit);
    this.analysis.preview(input(row, interval, [...closed, candle], false, { now, kind }), out);
  }

  private rate(row: Row, interval: Interval, candles: readonly Candle[], warm: boolean, when: { now: number; kind: DataKind }, out: Out): void {
    if (candles.length > 0) this.analysis.candleClosed(input(row, interval, candles.slice(-this.limit), warm, when), out);
  }
}

function input(row: Row, interval: Interval, candles: readonly Candle[], warm: boolean, when: { now: number; kind: DataKind }): Parameters<Analysis['preview']>[0] {
  const { symbol, bid, ask, last } = row.quotes.current;
  const mid = bid !== null && ask !== null ? (bid + ask) / 2 : last;
  return { symbol, interval, candles, kind: when.kind, venue: row.candleVenue, now: when.now, mid, warm };
}
