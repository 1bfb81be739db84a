/** Order books a second time, with nothing of the product: texts, sorted arrays, sizes set as the venues document it. */

export type Level = readonly [price: string, size: string];
export interface Levels {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

class ReferenceSide {
  private prices: number[] = [];
  private levels: Level[] = [];

  constructor(private readonly sign: 1 | -1, private readonly depth: number) {}

  replace(levels: readonly Level[]): void {
    const kept = levels.filter(([, size]) => Number(size) !== 0).sort(([a], [b]) => (Number(a) - Number(b)) * this.sign);
    this.levels = kept;
    this.prices = kept.map(([price]) => Number(price));
  }

  set([price, size]: Level): void {
    const value = Number(price);
    let low = 0;
    for (let high = this.prices.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (((this.prices[middle] ?? 0) - value) * this.sign < 0) low = middle + 1;
      else high = middle;
    }
    const same = this.prices[low] === value ? 1 : 0;
    if (Number(size) !== 0) {
      this.prices.splice(low, same, value);
      this.levels.splice(low, same, [price, size]);
    } else if (same) {
      this.prices.splice(low, 1);
      this.levels.splice(low, 1);
    }
  }

  cut(): void {
    this.prices.length = Math.min(this.prices.length, this.depth);
    this.levels.length = Math.min(this.levels.length, this.depth);
  }

  top(depth: number): readonly Level[] {
    return this.levels.slice(0, depth);
  }
}

/** One book; `depth` = levels a side that the venue keeps telling about (Kraken), all when absent. */
export class ReferenceBook {
  private readonly bids: ReferenceSide;
  private readonly asks: ReferenceSide;

  constructor(depth = Infinity) {
    this.bids = new ReferenceSide(-1, depth);
    this.asks = new ReferenceSide(1, depth);
  }

  replace({ bids, asks }: Levels): void {
    this.bids.replace(bids);
    this.asks.replace(asks);
  }

  set({ bids, asks }: Levels): void {
    for (const level of bids) this.bids.set(level);
    for (const level of asks) this.asks.set(level);
    this.bids.cut();
    this.asks.cut();
  }

  top(depth: number): Levels {
    return { bids: this.bids.top(depth), asks: this.asks.top(depth) };
  }
}
