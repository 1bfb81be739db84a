import type { Candle } from './outputs';

export type PutResult = 'added' | 'replaced' | 'same';

/** Closed candles of one timeframe in order of time, the newest `limit` of them. Gaps are real and stay. */
export class CandleList {
  /** Oldest first. Read only for everyone else; holds up to `limit` and a little more. */
  readonly items: Candle[] = [];
  /** Open time of the newest candle that was dropped for want of room; -Infinity before. */
  droppedUpTo = -Infinity;

  constructor(private readonly limit: number) {}

  /** Open time of the newest; -Infinity when empty. */
  newest(): number {
    return this.items.at(-1)?.openTime ?? -Infinity;
  }

  /** Index of the first candle at or after a time. */
  indexFrom(openTime: number): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.items[middle]?.openTime ?? Infinity) < openTime) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(openTime: number): Candle | undefined {
    const found = this.items[this.indexFrom(openTime)];
    return found?.openTime === openTime ? found : undefined;
  }

  /** Puts a candle in its place. */
  put(candle: Candle): PutResult {
    if (candle.openTime > this.newest()) {
      this.items.push(candle);
      this.trim();
      return 'added';
    }
    const index = this.indexFrom(candle.openTime);
    const found = this.items[index];
    if (found?.openTime !== candle.openTime) {
      this.items.splice(index, 0, candle);
      this.trim();
      return 'added';
    }
    this.items[index] = candle;
    return sameCandle(found, candle) ? 'same' : 'replaced';
  }

  /** Candles with from <= openTime < to. */
  between(from: number, to: number): Candle[] {
    return this.items.slice(this.indexFrom(from), this.indexFrom(to));
  }

  private trim(): void {
    // In blocks: moving everything for each candle would cost more than the little memory is worth.
    if (this.items.length <= this.limit + 64) return;
    const dropped = this.items.splice(0, this.items.length - this.limit);
    this.droppedUpTo = Math.max(this.droppedUpTo, dropped.at(-1)?.openTime ?? -Infinity);
  }
}

export function sameCandle(a: Candle, b: Candle): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume;
}
