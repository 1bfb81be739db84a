/**
 * An order book as a ladder that stands still: rows of equal price width around a fixed centre. Pure; sizes in base units, values in
 * quote currency. A row is named by its index: it covers prices up to `index * tick * multiple`.
 */

/** One side of a book, best first. */
export interface LadderSide {
  readonly prices: ArrayLike<number>;
  readonly sizes: ArrayLike<number>;
}
export interface LadderBook {
  readonly bids: LadderSide;
  readonly asks: LadderSide;
}
export type SideName = 'bid' | 'ask';

/** Levels that fall into one row, and everything from the touch to its far end. */
export interface GroupedLevels {
  readonly row: number;
  readonly size: number;
  readonly value: number;
  readonly sumSize: number;
  readonly sumValue: number;
}

export interface LadderRow {
  readonly kind: SideName | 'spread';
  /** Place from the top, 0 first. */
  readonly slot: number;
  /** Row index; of the spread row: the row beneath it. */
  readonly row: number;
  /** Price of the row. */
  readonly price: number;
  /** 0 = nobody stands here. */
  readonly size: number;
  readonly value: number;
  /** From the touch to this row, this one included. */
  readonly sumSize: number;
  readonly sumValue: number;
  /** `no` = beyond the last level that is held: what stands there is not known. `part` = the last held level is in this row, so there may be more. */
  readonly held: 'yes' | 'part' | 'no';
}

export interface Ladder {
  /** Row around which the ladder stands; give it to the next call. */
  readonly centre: number;
  readonly rows: readonly LadderRow[];
  readonly spread: Spread | null;
}

export interface Spread {
  /** Best ask less best bid. */
  readonly price: number;
  readonly ticks: number;
  /** In hundredths of a percent of the mid. */
  readonly bp: number;
  readonly mid: number;
}

/** Row of a price: bids are rounded down, asks up, so that no row looks better than the levels in it. */
export function rowOf(price: number, tick: number, multiple: number, side: SideName): number {
  const exact = price / tick;
  const near = Math.round(exact);
  // The division leaves 123.00000000000001 of a price on the tick; what is really between two ticks stays there.
  const ticks = Math.abs(exact - near) < 1e-6 + Math.abs(exact) * 1e-15 ? near : exact;
  return side === 'bid' ? Math.floor(ticks / multiple) : Math.ceil(ticks / multiple);
}

/** Levels of one side by row, best first. Every level is in exactly one row. */
export function groupLevels({ prices, sizes }: LadderSide, tick: number, multiple: number, side: SideName): GroupedLevels[] {
  const rows: { row: number; size: number; value: number; sumSize: number; sumValue: number }[] = [];
  let sumSize = 0;
  let sumValue = 0;
  for (let i = 0; i < prices.length; i++) {
    const price = prices[i] as number;
    const size = sizes[i] as number;
    const row = rowOf(price, tick, multiple, side);
    sumSize += size;
    sumValue += size * price;
    const last = rows.at(-1);
    if (last?.row === row) Object.assign(last, { size: last.size + size, value: last.value + size * price, sumSize, sumValue });
    else rows.push({ row, size, value: size * price, sumSize, sumValue });
  }
  return rows;
}

/** Best bid and ask apart; null while a side is empty. */
export function spreadOf({ bids, asks }: LadderBook, tick: number): Spread | null {
  const bid = bids.prices[0];
  const ask = asks.prices[0];
  if (bid === undefined || ask === undefined) return null;
  const mid = (bid + ask) / 2;
  return { price: ask - bid, ticks: Math.round((ask - bid) / tick), bp: ((ask - bid) / mid) * 10_000, mid };
}

/** (bids - asks) / (bids + asks) of the best `levels` a side, -1..1; null when there are none. */
export function imbalanceOf({ bids, asks }: LadderBook, levels: number): number | null {
  const sum = ({ sizes }: LadderSide): number => {
    let total = 0;
    for (let i = 0; i < Math.min(levels, sizes.length); i++) total += sizes[i] as number;
    return total;
  };
  const [bid, ask] = [sum(bids), sum(asks)];
  return bid + ask > 0 ? (bid - ask) / (bid + ask) : null;
}

/** The next of 1, 2, 5, 10, 20, ... (times powers of ten, also below 1) at or above a value above 0: a scale that seldom changes. */
export function niceCeil(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (([1, 2, 5, 10] as const).find((step) => step * power >= value * (1 - 1e-12)) ?? 10) * power;
}

/** A row is never wider than this share of the price. */
const WIDEST = 0.01;

/** Groupings to choose from, in ticks: 1, 2, 5, 10, ... */
export function multiplesFor(tick: number, price: number): number[] {
  const list = [1];
  for (let power = 1; power <= 1e9; power *= 10) for (const step of [2, 5, 10]) if (step * power * tick <= price * WIDEST) list.push(step * power);
  return list;
}

/** Levels a side that should fit when nobody chose a grouping. */
const FITTED_LEVELS = 12;

/** The smallest grouping at which the best levels of both sides fit into most of `slots` rows. */
export function fittingMultiple(book: LadderBook, tick: number, slots: number): number {
  const spread = spreadOf(book, tick);
  const reach = ({ prices }: LadderSide): number => prices[Math.min(FITTED_LEVELS, prices.length) - 1] ?? NaN;
  if (!spread) return 1;
  const span = reach(book.asks) - reach(book.bids);
  const list = multiplesFor(tick, spread.mid);
  return list.find((multiple) => span / (tick * multiple) <= slots * 0.75) ?? list.at(-1) ?? 1;
}

interface SideRows {
  readonly rows: ReadonlyMap<number, GroupedLevels>;
  readonly first: number;
  readonly last: number;
}

function byRow(groups: readonly GroupedLevels[]): SideRows | null {
  const [first, last] = [groups[0], groups.at(-1)];
  return first && last ? { rows: new Map(groups.map((group) => [group.row, group])), first: first.row, last: last.row } : null;
}

/** Row beneath which the bids are and above which the asks are. */
function splitOf(bids: SideRows | null, asks: SideRows | null): number | null {
  if (bids && asks) return Math.floor((bids.first + asks.first - 1) / 2);
  return bids ? bids.first : asks ? asks.first - 1 : null;
}

/**
 * The ladder of a book in `slots` rows. It keeps `centre` (null = none yet) while the spread row is within the middle third, so only rows that
 * the touch crosses change their place. Rows between levels are kept, empty. null when the book is empty.
 */
export function ladderOf(book: LadderBook, tick: number, multiple: number, slots: number, centre: number | null): Ladder | null {
  const bids = byRow(groupLevels(book.bids, tick, multiple, 'bid'));
  const asks = byRow(groupLevels(book.asks, tick, multiple, 'ask'));
  const split = splitOf(bids, asks);
  if (split === null) return null;
  const half = Math.floor(slots / 2);
  const away = centre === null ? Infinity : Math.abs(split - centre);
  const held = centre !== null && away <= Math.floor(slots / 6) ? centre : split;
  const spreadSlot = half - (split - held);
  const sums: { bid: GroupedLevels | null; ask: GroupedLevels | null } = { bid: null, ask: null };
  const rows = new Array<LadderRow>(slots);
  const fill = (slot: number, row: number, kind: SideName, side: SideRows | null): void => {
    const group = side?.rows.get(row);
    if (group) sums[kind] = group;
    const known = side !== null && (kind === 'bid' ? row >= side.last : row <= side.last);
    const { sumSize = 0, sumValue = 0 } = sums[kind] ?? {};
    rows[slot] = {
      kind, slot, row, price: row * multiple * tick, size: group?.size ?? 0, value: group?.value ?? 0, sumSize, sumValue,
      held: !known ? 'no' : multiple > 1 && row === side.last ? 'part' : 'yes',
    };
  };
  rows[spreadSlot] = { kind: 'spread', slot: spreadSlot, row: split, price: 0, size: 0, value: 0, sumSize: 0, sumValue: 0, held: 'yes' };
  for (let slot = spreadSlot - 1; slot >= 0; slot--) fill(slot, split + spreadSlot - slot, 'ask', asks);
  for (let slot = spreadSlot + 1; slot < slots; slot++) fill(slot, split - (slot - spreadSlot - 1), 'bid', bids);
  return { centre: held, rows, spread: spreadOf(book, tick) };
}
