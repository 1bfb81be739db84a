import type { Interval } from '../contract';
import type { OpenCandle } from './openCandle';
import type { Candle } from './outputs';
import { SecondRing } from './secondRing';
import { bucketOf, MinuteSeries, RollupSeries, type CandleSink, type Series } from './series';

/** Timeframes of one minute and more, shortest first. */
export const ROLLED = ['1m', '5m', '15m', '1h', '4h', '1d'] as const satisfies readonly Interval[];
export type RolledInterval = (typeof ROLLED)[number];

/** All candles of one symbol. Trades make seconds and minutes; minutes roll up; a venue's own candles replace ours. */
export class CandleBook {
  readonly series: Readonly<Record<RolledInterval, Series>>;
  /** Something in the forming candles changed since it was looked at. */
  dirty = false;
  private readonly minutes: MinuteSeries;
  private readonly seconds = new SecondRing();
  private fromMid = false;
  /** Venue time before which nothing is to be closed; -Infinity when it is to be found anew. */
  private dueAt = -Infinity;
  private lastOpen: OpenCandle | null = null;
  /** Venue whose minutes are taken; empty before the first. */
  private leader = '';
  /** Open time of the first minute that is the leader's. */
  private since = -Infinity;

  constructor(limit: number) {
    const minutes = new MinuteSeries('1m', limit);
    const hours = new RollupSeries('1h', limit, minutes);
    this.minutes = minutes;
    this.series = {
      '1m': minutes,
      '5m': new RollupSeries('5m', limit, minutes),
      '15m': new RollupSeries('15m', limit, minutes),
      '1h': hours,
      '4h': new RollupSeries('4h', limit, hours),
      '1d': new RollupSeries('1d', limit, hours),
    };
  }

  /**
   * A venue's trade, `own` being its minute with the trade in it. `late`: that minute is closed, only the tape has it; `given`: it is
   * the venue's own candle, which contains it; `foreign`: it is the minute of the venue that led before.
   */
  trade(own: OpenCandle | null, price: number, size: number, time: number, venueNow: number, sink: CandleSink): 'taken' | 'late' | 'given' | 'foreign' {
    if (this.fromMid) this.dropMid();
    this.seconds.add(price, size, time);
    return own === null ? 'late' : this.take(own, venueNow, sink);
  }

  /** A mid price of a market without public trades: a candle of quotes, its volume is 0. */
  mid(own: OpenCandle | null, venueNow: number, sink: CandleSink): void {
    if (own !== null && this.take(own, venueNow, sink) === 'taken') this.fromMid = true;
  }

  private take(own: OpenCandle, venueNow: number, sink: CandleSink): 'taken' | 'late' | 'given' | 'foreign' {
    this.lead(own.venue, venueNow);
    const result = this.minutes.take(own, this.since, venueNow, sink);
    if (result !== 'taken') return result;
    this.opened(own);
    this.dirty = true;
    return result;
  }

  /**
   * Another venue leads from the minute of `venueNow` on. No minute mixes two venues' trades: the one in which the lead changed
   * is the old leader's until the new one has a trade of its own in it, and then the new one's alone.
   */
  private lead(venue: string, venueNow: number): void {
    if (venue === this.leader) return;
    if (this.leader !== '') {
      this.since = bucketOf(venueNow, this.minutes.length);
      for (const interval of ROLLED) this.series[interval].forgetHint();
    }
    this.leader = venue;
  }

  /** A candle of the venue or of history. */
  given(venue: string, interval: RolledInterval, candle: Candle, closed: boolean, venueNow: number, sink: CandleSink, history: boolean): void {
    const series = this.series[interval];
    if (!history) this.lead(venue, venueNow);
    this.minutes.closedVenue = venue;
    if (closed) series.give(candle, sink, history);
    else series.suggest(candle);
    this.dueAt = -Infinity;
    this.dirty = true;
  }

  /** Closes every candle whose time and grace are over. */
  closeDue(venueNow: number, sink: CandleSink): void {
    if (venueNow < this.dueAt) return;
    for (const interval of ROLLED) this.series[interval].closeDue(venueNow, sink);
    this.dueAt = Infinity;
    for (const interval of ROLLED) this.dueAt = Math.min(this.dueAt, this.series[interval].nextClose());
  }

  /** Another minute than the last one may be due earlier, and opening it may have closed one. */
  private opened(open: OpenCandle): void {
    if (open === this.lastOpen) return;
    this.lastOpen = open;
    this.dueAt = -Infinity;
  }

  /** Oldest first; the last ones may be forming. */
  query(interval: Interval, limit: number): Candle[] {
    const count = Number.isFinite(limit) ? Math.max(0, Math.floor(limit)) : 0;
    if (count === 0) return [];
    if (interval === '1s') return this.seconds.last(count);
    const series = this.series[interval];
    return [...series.closed.last(count), ...series.pending()].slice(-count);
  }

  /** The candles now forming, the shortest first. */
  allForming(): [interval: RolledInterval, candle: Candle][] {
    const pending = new Map<Series | null, Candle[]>();
    const forming: [RolledInterval, Candle][] = [];
    for (const interval of ROLLED) {
      const series = this.series[interval];
      const own = series.pending(pending.get(series.parent));
      pending.set(series, own);
      const newest = own.at(-1);
      if (newest) forming.push([interval, newest]);
    }
    return forming;
  }

  /** Venue of the candle closed last: of a longer one, that of its last minute. */
  get closedVenue(): string {
    return this.minutes.closedVenue;
  }

  /** The candle now forming; null when none is. */
  forming(interval: RolledInterval): Candle | null {
    return this.series[interval].pending().at(-1) ?? null;
  }

  /** The first real trade: the quotes before it make no part of its candle. */
  private dropMid(): void {
    this.minutes.dropOpen();
    this.fromMid = false;
  }
}
