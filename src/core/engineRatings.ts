import type { Analysis } from './analysis/types';
import { INTERVAL_MS, type DataKind, type Interval } from './contract';
import { ROLLED, type RolledInterval } from './market/candles';
import type { Candle, EngineOutput } from './market/outputs';
import type { Row } from './market/row';

/** A candle that ended longer ago than this, ms, is history: it is rated, but no signal is made of it. */
const WARM_AFTER_MS = 60_000;

type Out = (output: EngineOutput) => void;

/** Circumstances in which a candle closed or changed. `venueNow` is feed time by the venue's clock; `backfill` = the past, from wherever. */
export interface ClosedContext {
  readonly now: number;
  readonly venueNow: number;
  readonly kind: DataKind;
  readonly backfill: boolean;
}

/** Decides when the analysis looks at which candles: live closes at once, history once when it is in, previews on request. */
export class RatingDriver {
  private readonly intervals: readonly RolledInterval[];

  constructor(readonly analysis: Analysis, intervals: readonly Interval[]) {
    // Sentiment lives on minutes, whatever the timeframes of the ratings are.
    this.intervals = ROLLED.filter((interval) => interval === '1m' || intervals.includes(interval));
  }

  /** A candle closed for the first time. Live ones are rated at once; older ones, which may come in any order, with the next flush. */
  closed(row: Row, interval: Interval, candle: Candle, context: ClosedContext, out: Out): void {
    const rated = this.rated(interval);
    if (rated === undefined) return;
    const newest = row.candles.series[rated].closed.newest() === candle.openTime;
    if (!newest) this.analysis.revised(input(row, rated, true, context), candle);
    if (newest && !context.backfill && context.venueNow - candle.openTime - INTERVAL_MS[rated] <= WARM_AFTER_MS) {
      if (row.warm.delete(rated)) this.analysis.candleClosed({ ...input(row, rated, true, context), candles: row.candles.series[rated].closed.slice(0, row.candles.series[rated].closed.length - 1) }, out);
      this.analysis.candleClosed(input(row, rated, false, context), out);
    } else row.warm.add(rated);
  }

  /** A closed candle was corrected. */
  revised(row: Row, interval: Interval, candle: Candle, context: ClosedContext): void {
    const rated = this.rated(interval);
    if (rated !== undefined) this.analysis.revised(input(row, rated, true, context), candle);
  }

  /** Rates history that came in since: once, not candle by candle. */
  flush(row: Row, now: number, kind: DataKind, out: Out): void {
    for (const interval of this.intervals) if (row.warm.has(interval)) this.analysis.candleClosed(input(row, interval, true, { now, kind }), out);
    row.warm.clear();
    row.warmTime = now;
  }

  /** Previews the rating of a forming candle. */
  forming(row: Row, interval: RolledInterval, candle: Candle, now: number, kind: DataKind, out: Out): void {
    if (this.intervals.includes(interval)) this.analysis.preview(input(row, interval, false, { now, kind }), candle, out);
  }

  private rated(interval: Interval): RolledInterval | undefined {
    return this.intervals.find((name) => name === interval);
  }
}

function input(row: Row, interval: RolledInterval, warm: boolean, when: { now: number; kind: DataKind }): Parameters<Analysis['candleClosed']>[0] {
  const { symbol, bid, ask, last } = row.quotes.current;
  const mid = bid !== null && ask !== null ? (bid + ask) / 2 : last;
  return { symbol, interval, candles: row.candles.series[interval].closed, kind: when.kind, venue: row.candleVenue, now: when.now, mid, warm };
}
