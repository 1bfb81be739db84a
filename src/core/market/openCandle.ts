import { DecimalSum } from '../util/decimal';
import type { Candle } from './outputs';

/** A candle in the making; its volume is an exact decimal sum. */
export class OpenCandle {
  high: number;
  low: number;
  close: number;
  readonly volume = new DecimalSum();
  /** It is one of those that its series has not closed yet. */
  pending = false;
  /** Time of the price in `close`: a late trade inside the candle changes extremes and volume, not the close. */
  private closeTime: number;
  private openedAt: number;

  /** @param venue whose trades it is made of; empty for a mixture of minutes. */
  constructor(readonly openTime: number, public open: number, time: number, readonly venue = '') {
    this.high = open;
    this.low = open;
    this.close = open;
    this.closeTime = time;
    this.openedAt = time;
  }

  add(price: number, time: number): void {
    if (price > this.high) this.high = price;
    if (price < this.low) this.low = price;
    if (time >= this.closeTime) {
      this.close = price;
      this.closeTime = time;
    }
    if (time < this.openedAt) {
      this.open = price;
      this.openedAt = time;
    }
  }

  /** Takes in a candle of a shorter timeframe. */
  merge(part: Candle): void {
    if (part.high > this.high) this.high = part.high;
    if (part.low < this.low) this.low = part.low;
    if (part.openTime >= this.closeTime) {
      this.close = part.close;
      this.closeTime = part.openTime;
    }
    this.volume.addNumber(part.volume);
  }

  view(): Candle {
    return { openTime: this.openTime, open: this.open, high: this.high, low: this.low, close: this.close, volume: this.volume.value() };
  }

  /** A candle of `openTime` made of shorter ones, oldest first; null of none. */
  static of(openTime: number, parts: readonly Candle[]): OpenCandle | null {
    const [first] = parts;
    if (!first) return null;
    const made = new OpenCandle(openTime, first.open, first.openTime);
    for (const part of parts) made.merge(part);
    return made;
  }
}

/**
 * A forming candle as the venue itself tells it, joined with our own of the same bucket. The venue saw the bucket from its
 * start, we perhaps did not; we may know newer trades. So: its open, both extremes, our close, the larger volume.
 */
export function withHint(own: Candle, hint: Candle | null): Candle {
  if (hint?.openTime !== own.openTime) return own;
  return {
    openTime: own.openTime, open: hint.open, high: Math.max(own.high, hint.high), low: Math.min(own.low, hint.low),
    close: own.close, volume: Math.max(own.volume, hint.volume),
  };
}
