import type { Candle } from './outputs';

/** Seconds kept: the newest two minutes. A power of two above it makes a slot. */
const KEPT_MS = 120_000;
const SLOTS = 128;
const FIELDS = 8;
/** A trade this much older than the newest second, ms, makes no second of its own. */
const LATE_MS = 2_000;
const [OPEN_TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, OPENED_AT, CLOSED_AT] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** One-second candles of one symbol, for queries only: flat, so that a busy market makes no garbage of them. */
export class SecondRing {
  private cells: Float64Array | null = null;
  private newest = -Infinity;

  /** A trade; `time` in ms. */
  add(price: number, size: number, time: number): void {
    const bucket = Math.floor(time / 1000) * 1000;
    if (bucket < this.newest - LATE_MS) return;
    const cells = (this.cells ??= new Float64Array(SLOTS * FIELDS).fill(-Infinity));
    const at = ((bucket / 1000) % SLOTS) * FIELDS;
    // Of a new second nothing need be read: its place left the processor's caches two minutes ago.
    if (bucket > this.newest || cells[at + OPEN_TIME] !== bucket) {
      if (bucket > this.newest) this.newest = bucket;
      cells[at + OPEN_TIME] = bucket;
      cells[at + OPEN] = cells[at + HIGH] = cells[at + LOW] = cells[at + CLOSE] = price;
      cells[at + VOLUME] = size;
      cells[at + OPENED_AT] = cells[at + CLOSED_AT] = time;
      return;
    }
    if (price > (cells[at + HIGH] as number)) cells[at + HIGH] = price;
    if (price < (cells[at + LOW] as number)) cells[at + LOW] = price;
    cells[at + VOLUME] = (cells[at + VOLUME] as number) + size;
    if (time >= (cells[at + CLOSED_AT] as number)) {
      cells[at + CLOSE] = price;
      cells[at + CLOSED_AT] = time;
    }
    if (time < (cells[at + OPENED_AT] as number)) {
      cells[at + OPEN] = price;
      cells[at + OPENED_AT] = time;
    }
  }

  /** The newest `limit` seconds in which something was traded, oldest first. */
  last(limit: number): Candle[] {
    const { cells } = this;
    if (cells === null) return [];
    const found: Candle[] = [];
    for (let bucket = this.newest; bucket > this.newest - KEPT_MS && found.length < limit; bucket -= 1000) {
      const at = ((bucket / 1000) % SLOTS) * FIELDS;
      if (cells[at + OPEN_TIME] !== bucket) continue;
      const read = (field: number): number => cells[at + field] as number;
      found.push({ openTime: bucket, open: read(OPEN), high: read(HIGH), low: read(LOW), close: read(CLOSE), volume: read(VOLUME) });
    }
    return found.reverse();
  }
}
