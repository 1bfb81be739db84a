import type { Candle } from './outputs';

/** A trade as the chart of seconds needs it. */
export interface SecondTrade {
  readonly seq: number;
  readonly price: string;
  readonly size: string;
  /** Venue time, ms. */
  readonly t: number;
  readonly venue: string;
}

/** Seconds kept; older ones were handed on long ago. */
const KEPT_SECONDS = 300;

/**
 * One-second candles of one venue, made of its trades as the stream brings them. The server keeps two minutes of its own; this carries them on.
 * Trades are known by their number: one that comes again is counted once.
 */
export class SecondMaker {
  private readonly made = new Map<number, Candle>();
  private readonly closeTimes = new Map<number, number>();
  private upTo = -1;
  private venue = '';

  /** @param trades oldest first. @returns the seconds that changed, oldest first. The first second is left out: its beginning is not known. */
  add(trades: readonly SecondTrade[], venue: string): Candle[] {
    if (venue !== this.venue) this.reset(venue);
    const changed = new Set<number>();
    for (const trade of trades) {
      if (trade.seq <= this.upTo) continue;
      this.upTo = trade.seq;
      const price = Number(trade.price);
      const size = Number(trade.size);
      if (trade.venue !== venue || !(price > 0) || !(size >= 0)) continue;
      const openTime = Math.floor(trade.t / 1_000) * 1_000;
      this.put(openTime, price, size, trade.t);
      changed.add(openTime);
    }
    this.trim();
    const first = Math.min(...this.made.keys());
    return [...changed].filter((time) => time !== first).sort((a, b) => a - b).flatMap((time) => this.made.get(time) ?? []);
  }

  private reset(venue: string): void {
    this.made.clear();
    this.closeTimes.clear();
    this.venue = venue;
    this.upTo = -1;
  }

  private put(openTime: number, price: number, size: number, time: number): void {
    const old = this.made.get(openTime);
    const newest = time >= (this.closeTimes.get(openTime) ?? -Infinity);
    if (newest) this.closeTimes.set(openTime, time);
    this.made.set(openTime, old
      ? { openTime, open: old.open, high: Math.max(old.high, price), low: Math.min(old.low, price), close: newest ? price : old.close, volume: old.volume + size }
      : { openTime, open: price, high: price, low: price, close: price, volume: size });
  }

  private trim(): void {
    const excess = this.made.size - KEPT_SECONDS;
    if (excess <= 0) return;
    for (const time of [...this.made.keys()].sort((a, b) => a - b).slice(0, excess)) {
      this.made.delete(time);
      this.closeTimes.delete(time);
    }
  }
}
