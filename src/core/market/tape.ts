import type { DataKind, TradeItem, TradeSide } from '../contract';
import { DecimalSum, scaled, scaleOf } from '../util/decimal';

/**
 * Fills of one taker order, as far as public trades tell: same venue, same known side, each at most `gap` ms after the one before and
 * `whole` ms after the first, at prices that only get worse for the taker. Venues stamp the fills of an order alike; 1 ms is their rounding.
 */
export const SAME_ORDER_MS = { gap: 1, whole: 10 } as const;
/** Lines kept, trades and holes together. */
export const TAPE_ROWS = 1_000;
/** Spans over which volume is summed, minutes. */
export const TAPE_WINDOWS = [1, 5, 15] as const;

const SECOND = 1_000;
const LONGEST_MS = 15 * 60 * SECOND;
/** Ids remembered to find where a list that is sent anew goes on. */
const KNOWN_IDS = 2_000;

/** One taker order: its fills as one line. */
export interface TapeTrade {
  readonly kind: 'trade';
  /** Grows by one with each line of a tape; a line that gets another fill keeps it. */
  readonly key: number;
  readonly venue: string;
  readonly quality: DataKind | 'unknown';
  /** Side of the taker. */
  readonly side: TradeSide;
  /** Time of the first and the last fill on the venue's clock, ms. */
  readonly time: number;
  readonly until: number;
  readonly fills: number;
  /** Price of the first and the last fill; they differ when the order went through levels. */
  readonly first: number;
  readonly price: number;
  /** Exact sum of the sizes, base units. */
  readonly size: string;
  /** Sum of price times size, quote currency. */
  readonly value: number;
}
/** Trades are missing for good between the lines around it. */
export interface TapeHole {
  readonly kind: 'hole';
  readonly key: number;
  /** How many; null when nobody knows. */
  readonly count: number | null;
  /** Time of the first trade after it, ms; null when there is none yet. */
  readonly time: number | null;
  /** `slow`: this client was too slow; `anew`: the list was sent anew, after a break. */
  readonly cause: 'slow' | 'anew';
}
export type TapeRow = TapeTrade | TapeHole;

/** Volume of a span that ends now, base units, exact. */
export interface TapeVolume {
  readonly minutes: number;
  readonly buy: string;
  readonly sell: string;
  /** Side not told by the venue. */
  readonly unknown: string;
  /** buy - sell, with its sign. */
  readonly delta: string;
  readonly trades: number;
  /** Time since which trades were heard, when that is later than the start of the span; else null. */
  readonly since: number | null;
  /** Trades of the span that are known to be missing: how many (null = nobody knows), or 0. */
  readonly missing: number | null;
}

interface Bucket {
  readonly sums: Record<TradeSide, bigint>;
  trades: number;
}
interface Open {
  row: TapeTrade;
  readonly size: DecimalSum;
}

/** A signed integer of 10^-places units as text. */
function decimalText(units: bigint, places: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return units < 0n ? `-${text}` : text;
}

/** Does this fill go on with the order whose fills so far are `row`? */
function continues(row: TapeTrade, { side, quality, t }: TradeItem, price: number): boolean {
  if (side === 'unknown' || side !== row.side || quality !== row.quality) return false;
  if (t < row.until || t - row.until > SAME_ORDER_MS.gap || t - row.time > SAME_ORDER_MS.whole) return false;
  return side === 'buy' ? price >= row.price : price <= row.price;
}

/** Buys and sells by second, for the sums over the last minutes. */
class Volumes {
  private buckets = new Map<number, Bucket>();
  private newest = -Infinity;
  private places = 0;

  add(side: TradeSide, size: string, time: number): void {
    const second = Math.floor(time / SECOND);
    if (second * SECOND < this.newest - LONGEST_MS) return;
    this.newest = Math.max(this.newest, second * SECOND);
    let bucket = this.buckets.get(second);
    if (!bucket) {
      this.buckets.set(second, (bucket = { sums: { buy: 0n, sell: 0n, unknown: 0n }, trades: 0 }));
      this.prune();
    }
    const places = scaleOf(size);
    if (places > this.places) this.refine(places);
    bucket.sums[side] += scaled(size, this.places);
    bucket.trades++;
  }

  /** Sums of the seconds after `start`, ms. */
  after(start: number): Pick<TapeVolume, 'buy' | 'sell' | 'unknown' | 'delta' | 'trades'> {
    const total = { buy: 0n, sell: 0n, unknown: 0n };
    let trades = 0;
    for (const [second, { sums, trades: count }] of this.buckets) {
      if (second * SECOND <= start) continue;
      total.buy += sums.buy;
      total.sell += sums.sell;
      total.unknown += sums.unknown;
      trades += count;
    }
    const text = (units: bigint): string => decimalText(units, this.places);
    return { buy: text(total.buy), sell: text(total.sell), unknown: text(total.unknown), delta: text(total.buy - total.sell), trades };
  }

  private prune(): void {
    if (this.buckets.size <= LONGEST_MS / SECOND + 60) return;
    for (const second of this.buckets.keys()) if (second * SECOND < this.newest - LONGEST_MS) this.buckets.delete(second);
  }

  private refine(places: number): void {
    const factor = 10n ** BigInt(places - this.places);
    this.places = places;
    for (const { sums } of this.buckets.values()) for (const side of ['buy', 'sell', 'unknown'] as const) sums[side] *= factor;
  }
}

/** What is taken beside the trades: is it the whole list, and how many before the first one are missing for good. */
export interface TapeChange {
  readonly replace: boolean;
  readonly lost: number;
}

/** Public trades of one channel as lines, one per taker order, with the holes, and exact volumes over the last minutes. */
export class Tape {
  /** Oldest first; cut back now and then, not at each trade. */
  private lines: TapeRow[] = [];
  private view: readonly TapeRow[] | null = null;
  private keys = 0;
  private volumeSums = new Volumes();
  private readonly open = new Map<string, Open>();
  private readonly known = new Set<string>();
  private holes: { readonly time: number; readonly count: number | null }[] = [];
  /** Time of the oldest trade that was heard, ms. */
  private since: number | null = null;

  /** Newest first. The same array until something changes. */
  get rows(): readonly TapeRow[] {
    return (this.view ??= this.lines.slice(-TAPE_ROWS).reverse());
  }

  take(items: readonly TradeItem[], { replace, lost }: TapeChange): void {
    const fresh = replace ? this.goOn(items, lost) : items;
    if (!replace && lost > 0) this.hole(lost, 'slow', fresh[0]?.t ?? null);
    for (const item of fresh) this.add(item);
    if (this.lines.length > 2 * TAPE_ROWS) this.lines = this.lines.slice(-TAPE_ROWS);
    this.view = null;
  }

  /** Volumes of the spans that end at `now` (feed time, ms), in whole seconds. */
  volumes(now: number): TapeVolume[] {
    const end = Math.floor(now / SECOND) * SECOND;
    return TAPE_WINDOWS.map((minutes) => {
      const start = end - minutes * 60 * SECOND;
      const holes = this.holes.filter(({ time }) => time > start);
      const missing = holes.some(({ count }) => count === null) ? null : holes.reduce((sum, { count }) => sum + (count ?? 0), 0);
      return { minutes, ...this.volumeSums.after(start), since: this.since !== null && this.since <= start ? null : this.since, missing };
    });
  }

  /**
   * The list was sent anew. What is new in it follows what is held when the two overlap; when they do not, the server has said how many are
   * missing, or nobody knows (0). Trades of another kind (live, simulated, replayed) never stand in one list, nor does time go back in it (a replay was moved).
   */
  private goOn(items: readonly TradeItem[], lost: number): readonly TradeItem[] {
    const first = items[0];
    const held = this.lines.findLast((row) => row.kind === 'trade');
    if (!first || !held || held.quality !== first.quality || (items.at(-1)?.t ?? 0) < held.time) {
      this.clear();
      return items;
    }
    const overlap = items.findLastIndex((item) => this.known.has(idOf(item)));
    if (overlap < 0) this.hole(lost > 0 ? lost : null, lost > 0 ? 'slow' : 'anew', first.t);
    return items.slice(overlap + 1);
  }

  private add(item: TradeItem): void {
    const { venue, side, size, t, quality } = item;
    const price = Number(item.price);
    const value = price * Number(size);
    this.remember(idOf(item));
    this.since = Math.min(this.since ?? Infinity, t);
    this.volumeSums.add(side, size, t);
    const open = this.open.get(venue);
    if (open && continues(open.row, item, price)) {
      open.size.add(size);
      const { row } = open;
      const grown = { ...row, until: t, fills: row.fills + 1, price, size: open.size.text(), value: row.value + value };
      // Other venues' lines may stand behind it, but never many: it is at most some ms old.
      this.lines[this.lines.lastIndexOf(row)] = grown;
      open.row = grown;
      return;
    }
    const sum = new DecimalSum();
    sum.add(size);
    const row: TapeTrade = { kind: 'trade', key: ++this.keys, venue, quality, side, time: t, until: t, fills: 1, first: price, price, size, value };
    this.open.set(venue, { row, size: sum });
    this.lines.push(row);
  }

  private hole(count: number | null, cause: TapeHole['cause'], time: number | null): void {
    this.open.clear();
    this.lines.push({ kind: 'hole', key: ++this.keys, count, cause, time });
    const at = time ?? this.lines.findLast((row) => row.kind === 'trade')?.until ?? 0;
    this.holes = [...this.holes.filter((hole) => hole.time > at - LONGEST_MS), { time: at, count }].slice(-TAPE_ROWS);
  }

  private remember(id: string): void {
    this.known.add(id);
    if (this.known.size <= KNOWN_IDS) return;
    for (const oldest of this.known) {
      this.known.delete(oldest);
      break;
    }
  }

  private clear(): void {
    this.lines = [];
    this.open.clear();
    this.known.clear();
    this.holes = [];
    this.since = null;
    this.volumeSums = new Volumes();
  }
}

const idOf = ({ venue, id }: TradeItem): string => `${venue} ${id}`;
