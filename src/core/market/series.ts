import { INTERVAL_MS, type Interval } from '../contract';
import { CandleList } from './candleList';
import { OpenCandle, withHint } from './openCandle';
import type { Candle } from './outputs';

/** A candle closes this long after its end by the venue's clock, ms: trades that are a little late still count. */
export const GRACE_MS = 2_000;

/** Told of each candle that closed or was corrected. `revised`: it was closed before. */
export type CandleSink = (interval: Interval, candle: Candle, revised: boolean, history: boolean) => void;

/** Start of the bucket that holds a time. */
export function bucketOf(time: number, length: number): number {
  return Math.floor(time / length) * length;
}

/** One timeframe of one symbol: closed candles, and what is still open. Closed ones are handed up to the longer timeframes. */
export abstract class Series {
  readonly closed: CandleList;
  readonly length: number;
  readonly children: Series[] = [];
  /** Newest bucket the venue itself gave, -Infinity before: nothing of our own is put there or before any more. */
  givenUpTo = -Infinity;
  /** The venue's own forming candle. */
  protected hint: Candle | null = null;

  /** @param parent the shorter timeframe it is rolled up from; null of the shortest. */
  constructor(readonly interval: Interval, limit: number, readonly parent: Series | null = null) {
    this.closed = new CandleList(limit);
    this.length = INTERVAL_MS[interval];
  }

  /** Candles not closed yet, oldest first: usually one, two within the grace time. `parts`: those of the shorter timeframe, where they are known. */
  abstract pending(parts?: readonly Candle[]): Candle[];
  /** A shorter timeframe closed or corrected a candle. */
  abstract feed(part: Candle, sink: CandleSink, history: boolean): void;
  /** Closes what is over by the venue's clock. */
  abstract closeDue(venueNow: number, sink: CandleSink): void;
  /** Venue time at which the oldest of what is open is to be closed; Infinity when nothing is open. */
  abstract nextClose(): number;
  /** Drops what is open in a bucket that the venue closed. */
  protected abstract discard(openTime: number): void;

  /** A closed candle from the venue or from history. History only fills holes; what a venue says replaces. */
  give(candle: Candle, sink: CandleSink, history: boolean): void {
    const existing = this.closed.get(candle.openTime);
    if (history && existing) return;
    if (!history) this.givenUpTo = Math.max(this.givenUpTo, candle.openTime);
    this.discard(candle.openTime);
    this.settle(candle, sink, history);
  }

  /** Another venue leads: what the one before said of its forming candle holds no more. */
  forgetHint(): void {
    this.hint = null;
  }

  /** A forming candle from the venue. */
  suggest(candle: Candle): void {
    if (candle.openTime > this.closed.newest() && candle.openTime >= (this.hint?.openTime ?? -Infinity)) this.hint = candle;
  }

  protected settle(candle: Candle, sink: CandleSink, history: boolean): void {
    const result = this.closed.put(candle);
    if (result === 'same') return;
    sink(this.interval, candle, result === 'replaced', history);
    for (const child of this.children) child.feed(candle, sink, history);
  }

  protected hinted(own: Candle[]): Candle[] {
    const hint = this.hint;
    if (hint === null) return own;
    if (hint.openTime <= this.closed.newest()) return own;
    if (own.some((candle) => candle.openTime === hint.openTime)) return own.map((candle) => withHint(candle, hint));
    return hint.openTime > (own.at(-1)?.openTime ?? -Infinity) ? [...own, hint] : own;
  }

  protected closing(own: Candle): Candle {
    return withHint(own, this.hint);
  }
}

/** Most minutes open at once; a clock that is never heard must not let them grow. */
const MAX_OPEN = 5;

/** The one-minute series, made of the leading venue's own minutes. */
export class MinuteSeries extends Series {
  /** Venue of the minute closed last. */
  closedVenue = '';
  private readonly open: OpenCandle[] = [];

  /**
   * Takes the venue's minute that a trade is in. `late`: it is closed; `given`: it is closed by the venue's own candle, which
   * contains the trade; `foreign`: it is another venue's, from before `since`.
   */
  take(own: OpenCandle, since: number, venueNow: number, sink: CandleSink): 'taken' | 'late' | 'given' | 'foreign' {
    const { openTime } = own;
    if (own.pending) return 'taken';
    for (let i = this.open.length - 1; i >= 0; i -= 1) {
      const candle = this.open[i];
      if (candle?.openTime !== openTime) continue;
      if (openTime < since) return 'foreign';
      candle.pending = false;
      own.pending = true;
      this.open[i] = own;
      return 'taken';
    }
    if (openTime <= this.givenUpTo) return 'given';
    if (openTime + this.length + GRACE_MS <= venueNow || this.closed.get(openTime)) return 'late';
    const after = this.open.findIndex((candle) => candle.openTime > openTime);
    this.open.splice(after < 0 ? this.open.length : after, 0, own);
    own.pending = true;
    if (this.open.length > MAX_OPEN) this.closeFirst(sink);
    return 'taken';
  }

  pending(): Candle[] {
    return this.hinted(this.open.map((candle) => candle.view()));
  }

  feed(): void {
    // The shortest timeframe that is rolled up has nothing below it.
  }

  closeDue(venueNow: number, sink: CandleSink): void {
    for (let first = this.open[0]; first && first.openTime + this.length + GRACE_MS <= venueNow; first = this.open[0]) this.closeFirst(sink);
  }

  nextClose(): number {
    return (this.open[0]?.openTime ?? Infinity) + this.length + GRACE_MS;
  }

  dropOpen(): void {
    for (const candle of this.open.splice(0)) candle.pending = false;
  }

  protected discard(openTime: number): void {
    const index = this.open.findIndex((candle) => candle.openTime === openTime);
    if (index >= 0) for (const candle of this.open.splice(index, 1)) candle.pending = false;
  }

  private closeFirst(sink: CandleSink): void {
    const first = this.open.shift();
    if (!first) return;
    first.pending = false;
    this.closedVenue = first.venue;
    this.settle(this.closing(first.view()), sink, false);
  }
}

/** A longer timeframe, rolled up from the closed candles of a shorter one unless the venue gives it. */
export class RollupSeries extends Series {
  /** Closed parts of the present bucket. */
  private base: OpenCandle | null = null;
  private lastPart = -Infinity;

  constructor(interval: Interval, limit: number, override readonly parent: Series) {
    super(interval, limit, parent);
    parent.children.push(this);
  }

  pending(parts: readonly Candle[] = this.parent.pending()): Candle[] {
    const views: Candle[] = [];
    let group = this.base ? OpenCandle.of(this.base.openTime, [{ ...this.base.view(), openTime: this.lastPart }]) : null;
    for (const part of parts) {
      const bucket = bucketOf(part.openTime, this.length);
      if (bucket <= this.givenUpTo) continue;
      if (group && group.openTime === bucket) group.merge(part);
      else {
        if (group) views.push(group.view());
        group = OpenCandle.of(bucket, [part]);
      }
    }
    if (group) views.push(group.view());
    return this.hinted(views);
  }

  feed(part: Candle, sink: CandleSink, history: boolean): void {
    const bucket = bucketOf(part.openTime, this.length);
    if (bucket <= this.givenUpTo) return;
    if (this.base && bucket > this.base.openTime) this.closeBase(sink, history);
    if (this.base?.openTime === bucket && part.openTime > this.lastPart) this.base.merge(part);
    else if (this.base?.openTime === bucket) this.base = this.rebuilt(bucket);
    else if (this.base === null && bucket > this.closed.newest()) this.base = OpenCandle.of(bucket, [part]);
    else this.repair(bucket, sink, history);
    if (this.base?.openTime === bucket) this.lastPart = Math.max(part.openTime, bucket, this.lastPart);
  }

  closeDue(venueNow: number, sink: CandleSink): void {
    if (this.base && this.base.openTime + this.length + GRACE_MS <= venueNow) this.closeBase(sink, false);
  }

  nextClose(): number {
    return (this.base?.openTime ?? Infinity) + this.length + GRACE_MS;
  }

  protected discard(openTime: number): void {
    if (this.base?.openTime === openTime) this.base = null;
  }

  private closeBase(sink: CandleSink, history: boolean): void {
    const base = this.base;
    this.base = null;
    if (base) this.settle(this.closing(base.view()), sink, history);
  }

  /** A closed bucket got a new or corrected part. Left alone when its first parts are no longer kept. */
  private repair(bucket: number, sink: CandleSink, history: boolean): void {
    if (this.parent.closed.droppedUpTo >= bucket && this.closed.get(bucket)) return;
    const made = this.rebuilt(bucket);
    if (made) this.settle(made.view(), sink, history);
  }

  private rebuilt(bucket: number): OpenCandle | null {
    return OpenCandle.of(bucket, this.parent.closed.between(bucket, bucket + this.length));
  }
}
