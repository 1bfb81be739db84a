import { compareDecimals } from '../util/decimal';

/** `[price, size]` as the venue wrote them; size "0" in a change removes the level. */
export type LevelText = readonly [price: string, size: string];

/** One side of an order book as a reader holds it: best first, at most so many levels, prices compared exactly. */
export class LevelList {
  private levels: LevelText[] = [];

  /** @param sign 1 = bids (the best is the highest), -1 = asks. */
  constructor(private readonly sign: 1 | -1) {}

  /** Best first. */
  get texts(): readonly LevelText[] {
    return this.levels;
  }

  get best(): LevelText | undefined {
    return this.levels[0];
  }

  clear(): void {
    this.levels = [];
  }

  set(level: LevelText): void {
    const index = this.find(level[0]);
    const found = this.levels[index];
    const same = found !== undefined && compareDecimals(found[0], level[0]) === 0;
    if (Number(level[1]) === 0) {
      if (same) this.levels.splice(index, 1);
    } else this.levels.splice(index, same ? 1 : 0, level);
  }

  /** Forgets everything beyond the best `depth` levels. */
  truncate(depth: number): void {
    if (this.levels.length > depth) this.levels.length = depth;
  }

  private find(price: string): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const level = this.levels[middle];
      if (level && compareDecimals(level[0], price) * this.sign > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A best bid at or above the best ask: no market looks like that. */
export function isCrossed(bids: LevelList, asks: LevelList): boolean {
  return bids.best !== undefined && asks.best !== undefined && compareDecimals(bids.best[0], asks.best[0]) >= 0;
}
