import type { DataKind, Interval } from './contract';
import type { RatingDriver } from './engineRatings';
import type { Candle, CandleOutput, EngineOutput } from './market/outputs';
import type { Row } from './market/row';
import { sparkline } from './market/sparkline';

/** Least time between two outputs of a forming minute, and between two looks at history that pours in, ms at pace 1 ... */
const MINUTE_EVERY_MS = 1_000;
/** ... and of a longer forming candle and the previews of its ratings, unless told otherwise. */
const PREVIEW_EVERY_MS = 10_000;
/** A feed said to run faster than this runs as fast as it can: nobody reads along. */
const MOST_PACE = 1e6;

type Out = (output: EngineOutput) => void;

/** The present state of a candle as an output. */
export function candleOutput(row: Row, interval: Interval, candle: Candle, kind: DataKind, closed: boolean, revised: boolean, venue = row.candleVenue): CandleOutput {
  return { type: 'candle', symbol: row.instrument.symbol, interval, candle, closed, kind, venue, revised };
}

/** What a row sends by time, not by event: forming candles, previews, sparklines. A feed that runs fast sends them as often for its reader. */
export class TimedOutputs {
  private pace = 1;

  constructor(private readonly ratings: RatingDriver, private readonly previewEveryMs = PREVIEW_EVERY_MS) {}

  /** Feed time per real time; what is no number above 1 means 1. */
  setPace(speed: unknown): void {
    this.pace = typeof speed === 'number' && speed > 1 && speed < MOST_PACE ? speed : 1;
    this.ratings.analysis.setPace(this.pace);
  }

  /** Sends what is due of a row. */
  send(row: Row, now: number, kind: DataKind, out: Out): void {
    const everyMs = MINUTE_EVERY_MS * this.pace;
    // History may still be pouring in: what comes between others is a reason to take the whole series in anew.
    if (row.warm.size > 0 && now - row.warmTime >= everyMs) this.ratings.flush(row, now, kind, out);
    if (row.candles.dirty && now - row.minuteTime >= everyMs) this.minute(row, now, kind, out);
    if (row.formingDirty && now - row.formingTime >= this.previewEveryMs * this.pace) this.longer(row, now, kind, out);
    if (row.sparklineDirty) {
      row.sparklineDirty = false;
      const data = sparkline(row.candles.series['1m'].closed, kind);
      if (data) out({ type: 'sparkline', symbol: row.instrument.symbol, data });
    }
  }

  private minute(row: Row, now: number, kind: DataKind, out: Out): void {
    row.candles.dirty = false;
    row.formingDirty = true;
    row.minuteTime = now;
    const candle = row.candles.forming('1m');
    if (candle) out(candleOutput(row, '1m', candle, kind, false, false));
  }

  private longer(row: Row, now: number, kind: DataKind, out: Out): void {
    row.formingDirty = false;
    // The first time all are sent; from then on they take turns.
    row.formingTime = row.formingTime === -Infinity ? now - row.options.phase * this.previewEveryMs * this.pace : now;
    for (const [interval, candle] of row.candles.allForming()) {
      if (interval !== '1m') out(candleOutput(row, interval, candle, kind, false, false));
      this.ratings.forming(row, interval, candle, now, kind, out);
    }
  }
}
