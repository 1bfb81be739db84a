import { DecimalSum, plainNumber } from '../util/decimal';
import { Ring } from '../util/ring';
import type { TradeOutput } from './outputs';

/** Stretches of missing numbers remembered, so that trades arriving out of order are still told from repeated ones. */
const MAX_HOLES = 16;
/** Ids remembered for venues whose ids are not numbers. */
const MAX_IDS = 512;

/**
 * Tells trades already seen from new ones, in bounded memory. Numeric ids: everything up to the highest seen is known, except
 * the newest 16 stretches that were skipped (venues count contiguously; a backfill fills a stretch). Other ids: the newest 512.
 */
export class TradeIds {
  private highest = -1;
  private readonly holes: { from: number; to: number }[] = [];
  private recent: { readonly ids: Set<string>; readonly order: Ring<string> } | null = null;

  /** true when the id is new; it is remembered. */
  take(id: string): boolean {
    const number = id.includes('.') ? NaN : plainNumber(id);
    return Number.isNaN(number) ? this.takeText(id) : this.takeNumber(number);
  }

  private takeNumber(id: number): boolean {
    if (id > this.highest) {
      if (this.highest >= 0 && id > this.highest + 1) {
        this.holes.push({ from: this.highest + 1, to: id - 1 });
        if (this.holes.length > MAX_HOLES) this.holes.shift();
      } else if (this.highest < 0 && id > 0) this.holes.push({ from: 0, to: id - 1 });
      this.highest = id;
      return true;
    }
    const index = this.holes.findIndex((hole) => id >= hole.from && id <= hole.to);
    const hole = this.holes[index];
    if (!hole) return false;
    const rest = [{ from: hole.from, to: id - 1 }, { from: id + 1, to: hole.to }].filter((part) => part.from <= part.to);
    this.holes.splice(index, 1, ...rest);
    if (this.holes.length > MAX_HOLES) this.holes.shift();
    return true;
  }

  private takeText(id: string): boolean {
    this.recent ??= { ids: new Set(), order: new Ring(MAX_IDS) };
    const { ids, order } = this.recent;
    if (ids.has(id)) return false;
    ids.add(id);
    const dropped = order.push(id);
    if (dropped !== undefined) ids.delete(dropped);
    return true;
  }
}

/** One venue's trades in one symbol: which were seen, how many, how much. */
export class VenueTrades {
  readonly ids = new TradeIds();
  readonly volume = new DecimalSum();
  count = 0;
}

/** All trades of one symbol: the newest ones of every venue, and exact totals by venue. */
export class Tape {
  readonly recent: Ring<TradeOutput>;
  readonly venues = new Map<string, VenueTrades>();
  /** The one asked for last: nearly always the next trade is of the same venue. */
  private newest: { readonly id: string; readonly trades: VenueTrades } | null = null;

  constructor(limit: number) {
    this.recent = new Ring(limit);
  }

  venue(id: string): VenueTrades {
    if (this.newest?.id === id) return this.newest.trades;
    const trades = this.venues.get(id) ?? new VenueTrades();
    this.venues.set(id, trades);
    this.newest = { id, trades };
    return trades;
  }

  add(trade: TradeOutput, trades: VenueTrades): void {
    trades.count += 1;
    trades.volume.add(trade.size);
    this.recent.push(trade);
  }

  reset(): void {
    this.recent.clear();
    this.venues.clear();
    this.newest = null;
  }
}
