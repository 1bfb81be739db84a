/** Resolution of the window: memory and work stay small for hundreds of symbols; the window's start is at most this late. */
const BUCKET = 300_000;
const DAY = 86_400_000;

/** Rolling values; prices in ticks, volume in lots. */
export interface DayValues {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly last: number;
  readonly volume: number;
}

interface Bucket {
  readonly openTime: number;
  readonly open: number;
  high: number;
  low: number;
  volume: number;
}

/** Rolling 24-hour open, high, low and volume in buckets of five minutes, ending at the newest bucket that traded. */
export class DayStatistics {
  #past: Bucket[] = [];
  #present: Bucket | null = null;
  /** Values over `#past`. */
  #pastHigh = -Infinity;
  #pastLow = Infinity;
  #pastVolume = 0;
  #last = 0;

  /** One trade, or an older candle's price with its volume. Times do not decrease. */
  trade(time: number, ticks: number, lots: number): void {
    const openTime = time - (time % BUCKET);
    let bucket = this.#present;
    if (!bucket || bucket.openTime !== openTime) bucket = this.#begin(openTime, ticks);
    if (ticks > bucket.high) bucket.high = ticks;
    if (ticks < bucket.low) bucket.low = ticks;
    bucket.volume += lots;
    this.#last = ticks;
  }

  /** null before the first trade. */
  read(): DayValues | null {
    const b = this.#present;
    if (!b) return null;
    return {
      open: (this.#past[0] ?? b).open, high: Math.max(this.#pastHigh, b.high), low: Math.min(this.#pastLow, b.low),
      last: this.#last, volume: this.#pastVolume + b.volume,
    };
  }

  #begin(openTime: number, ticks: number): Bucket {
    const oldest = openTime - DAY + BUCKET;
    if (this.#present) this.#past.push(this.#present);
    const kept = this.#past.findIndex((b) => b.openTime >= oldest);
    this.#past = kept < 0 ? [] : kept === 0 ? this.#past : this.#past.slice(kept);
    this.#pastHigh = -Infinity;
    this.#pastLow = Infinity;
    this.#pastVolume = 0;
    for (const b of this.#past) {
      if (b.high > this.#pastHigh) this.#pastHigh = b.high;
      if (b.low < this.#pastLow) this.#pastLow = b.low;
      this.#pastVolume += b.volume;
    }
    this.#present = { openTime, open: ticks, high: ticks, low: ticks, volume: 0 };
    return this.#present;
  }
}
