import { INTERVAL_MS } from '../contract';
import { OpenCandle } from './openCandle';
import type { Candle } from './outputs';
import { bucketOf } from './series';

/** Minutes kept: the forming one, the one before in its time of grace, and one more for what comes late. */
const KEPT = 3;

/**
 * One venue's own newest minutes of one symbol, made of its trades (of its mids while it has none) whether it leads or not: when
 * it takes the lead within a minute, that minute is shown as this venue traded it.
 */
export class VenueMinutes {
  /** The oldest first. */
  private readonly kept: OpenCandle[] = [];
  /** The last of them: nearly every trade is in it. */
  private last: OpenCandle | null = null;
  private fromMid = false;

  constructor(private readonly venue: string) {}

  /** Adds a trade to its minute, which is given back; null when that minute is no longer kept. */
  trade(price: number, size: string, time: number): OpenCandle | null {
    if (this.fromMid) {
      this.kept.length = 0;
      this.last = null;
      this.fromMid = false;
    }
    const candle = this.at(price, time);
    candle?.volume.add(size);
    return candle;
  }

  /** The same with a mid price of a market without public trades: volume 0. */
  mid(price: number, time: number): OpenCandle | null {
    this.fromMid = true;
    return this.at(price, time);
  }

  /** The newest two, oldest first. */
  newest(): Candle[] {
    return this.kept.slice(-2).map((candle) => candle.view());
  }

  toJSON(): unknown {
    return this.kept.map((candle) => candle.view());
  }

  private at(price: number, time: number): OpenCandle | null {
    const { kept, last } = this;
    const bucket = bucketOf(time, INTERVAL_MS['1m']);
    if (last?.openTime === bucket) {
      last.add(price, time);
      return last;
    }
    let i = kept.length - 1;
    while (i >= 0 && (kept[i] as OpenCandle).openTime > bucket) i -= 1;
    const found = kept[i];
    if (found?.openTime === bucket) {
      found.add(price, time);
      return found;
    }
    if (i < 0 && kept.length >= KEPT) return null;
    const made = new OpenCandle(bucket, price, time, this.venue);
    kept.splice(i + 1, 0, made);
    if (kept.length > KEPT) kept.shift();
    this.last = kept.at(-1) ?? null;
    return made;
  }
}
