import type { Candle } from './outputs';

export type PutResult = 'added' | 'replaced' | 'same';

/** Candles in order of time, oldest first; `at` counts a negative place from the newest. Only read. */
export type Candles = Pick<readonly Candle[], 'length' | 'at'>;

/** Places of a candle's numbers. */
const [OPEN_TIME, OPEN, HIGH, LOW, CLOSE, VOLUME] = [0, 1, 2, 3, 4, 5] as const;
const FIELDS = 6;
const LEAST_ROOM = 8;
/** Candles above the limit that are dropped together: moving everything for each one would cost more than the little memory is worth. */
const BLOCK = 64;

/**
 * Closed candles of one timeframe in order of time, the newest `limit` of them and a little more. Gaps are real and stay. Kept as numbers in
 * one array: as objects they are four times as large, and the collector walks through all of them again and again.
 */
export class CandleList implements Candles {
  length = 0;
  /** Open time of the newest candle that was dropped for want of room; -Infinity before. */
  droppedUpTo = -Infinity;
  private cells = new Float64Array(0);

  constructor(private readonly limit: number) {}

  /** Open time of the newest; -Infinity when empty. */
  newest(): number {
    return this.openTime(this.length - 1) ?? -Infinity;
  }

  at(index: number): Candle | undefined {
    const { cells } = this;
    const place = index < 0 ? this.length + index : index;
    if (!(place >= 0 && place < this.length)) return undefined;
    const at = place * FIELDS;
    return {
      openTime: cells[at + OPEN_TIME] as number, open: cells[at + OPEN] as number, high: cells[at + HIGH] as number, low: cells[at + LOW] as number,
      close: cells[at + CLOSE] as number, volume: cells[at + VOLUME] as number,
    };
  }

  /** Index of the first candle at or after a time. */
  indexFrom(openTime: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.openTime(middle) ?? Infinity) < openTime) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(openTime: number): Candle | undefined {
    const index = this.indexFrom(openTime);
    return this.openTime(index) === openTime ? this.at(index) : undefined;
  }

  /** Puts a candle in its place. */
  put(candle: Candle): PutResult {
    const index = candle.openTime > this.newest() ? this.length : this.indexFrom(candle.openTime);
    const found = this.openTime(index) === candle.openTime ? this.at(index) : undefined;
    if (!found) this.makeRoom(index);
    this.write(index, candle);
    if (!found) this.trim();
    return !found ? 'added' : sameCandle(found, candle) ? 'same' : 'replaced';
  }

  /** Candles with from <= openTime < to. */
  between(from: number, to: number): Candle[] {
    return this.slice(this.indexFrom(from), this.indexFrom(to));
  }

  /** The newest `count`, oldest first. */
  last(count: number): Candle[] {
    return this.slice(Math.max(0, this.length - count), this.length);
  }

  /** Candles from one place to before another. */
  slice(from: number, to: number): Candle[] {
    const found: Candle[] = [];
    for (let i = from; i < to; i += 1) found.push(this.at(i) as Candle);
    return found;
  }

  private openTime(index: number): number | undefined {
    return index >= 0 && index < this.length ? this.cells[index * FIELDS + OPEN_TIME] : undefined;
  }

  private write(index: number, candle: Candle): void {
    const { cells } = this;
    const at = index * FIELDS;
    cells[at + OPEN_TIME] = candle.openTime;
    cells[at + OPEN] = candle.open;
    cells[at + HIGH] = candle.high;
    cells[at + LOW] = candle.low;
    cells[at + CLOSE] = candle.close;
    cells[at + VOLUME] = candle.volume;
  }

  /** A free place at `index`. */
  private makeRoom(index: number): void {
    const used = this.length * FIELDS;
    if (used === this.cells.length) {
      const larger = new Float64Array(Math.min(Math.max(LEAST_ROOM, 2 * this.length), Math.max(this.limit + BLOCK, this.length) + 1) * FIELDS);
      larger.set(this.cells);
      this.cells = larger;
    }
    this.cells.copyWithin((index + 1) * FIELDS, index * FIELDS, used);
    this.length += 1;
  }

  private trim(): void {
    if (this.length <= this.limit + BLOCK) return;
    const dropped = this.length - this.limit;
    this.droppedUpTo = Math.max(this.droppedUpTo, this.openTime(dropped - 1) ?? -Infinity);
    this.cells.copyWithin(0, dropped * FIELDS, this.length * FIELDS);
    this.length = this.limit;
  }
}

export function sameCandle(a: Candle, b: Candle): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume;
}
