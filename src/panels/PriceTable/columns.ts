import { formatPrice } from '@/composables/format';
import type { QuoteView } from '@/stores/types';
import { changeOf, rangeOf } from './rowFacts';

export type ColumnId = 'star' | 'symbol' | 'last' | 'change' | 'changePercent' | 'range' | 'volume' | 'bid' | 'ask' | 'spread' | 'spark' | 'source' | 'age';
export type SortKey = Exclude<ColumnId, 'star' | 'spark'>;

export interface Column {
  readonly id: ColumnId;
  /** Head of the column, short. */
  readonly label: string;
  /** Full name, for the tooltip and the column chooser. */
  readonly title: string;
  /** Smallest width, px. */
  readonly width: number;
  /** Smallest width on phones, px. */
  readonly narrow?: number;
  /** Share of the space that is left over. */
  readonly grow: number;
  readonly numeric: boolean;
  /** What a row is sorted by; null sinks to the end whatever the direction. Absent = not sortable. */
  readonly value?: (q: QuoteView) => number | string | null;
}

/** In order of appearance. */
export const COLUMNS: readonly Column[] = [
  { id: 'star', label: '', title: 'Favourite', width: 32, grow: 0, numeric: false },
  { id: 'symbol', label: 'Symbol', title: 'Symbol and name', width: 148, narrow: 100, grow: 3, numeric: false, value: (q) => q.symbol },
  { id: 'last', label: 'Last', title: 'Last traded price', width: 120, narrow: 104, grow: 1, numeric: true, value: (q) => q.price },
  { id: 'change', label: 'Change', title: 'Change in 24 hours, in the unit of the price', width: 100, grow: 1, numeric: true, value: changeOf },
  { id: 'changePercent', label: 'Change %', title: 'Change in 24 hours, per cent', width: 84, narrow: 80, grow: 1, numeric: true, value: (q) => q.changePercent },
  { id: 'spark', label: 'Last hour', title: 'Last hour, one point a minute', width: 108, narrow: 84, grow: 0, numeric: false },
  { id: 'range', label: '24 h range', title: 'Place between the lowest and the highest price of 24 hours', width: 92, grow: 0, numeric: false, value: rangeOf },
  { id: 'volume', label: 'Volume 24 h', title: 'Volume of 24 hours, in base units', width: 92, grow: 1, numeric: true, value: (q) => q.volume24h },
  { id: 'bid', label: 'Bid', title: 'Best bid', width: 104, grow: 1, numeric: true, value: (q) => q.bid },
  { id: 'ask', label: 'Ask', title: 'Best ask', width: 104, grow: 1, numeric: true, value: (q) => q.ask },
  { id: 'spread', label: 'Spread bp', title: 'Ask minus bid, in basis points of the middle', width: 76, grow: 1, numeric: true, value: (q) => spreadBp(q.bid, q.ask) },
  { id: 'source', label: 'Source', title: 'Venue, and the way the value came', width: 116, grow: 1, numeric: false, value: (q) => q.source || null },
  { id: 'age', label: 'Age', title: 'Time since the value was received', width: 88, grow: 0, numeric: true, value: (q) => (q.ageAtSend === null ? null : q.ageAtSend - q.receivedAt) },
];
const BY_ID: ReadonlyMap<string, Column> = new Map(COLUMNS.map((c) => [c.id, c]));

/** What goes first when room is short: the least needed column is last. */
const PRIORITY: readonly ColumnId[] = ['symbol', 'last', 'changePercent', 'age', 'star', 'spark', 'bid', 'ask', 'change', 'source', 'volume', 'range', 'spread'];

export const DEFAULT_COLUMNS: readonly ColumnId[] = COLUMNS.map((c) => c.id);
export const isSortKey = (key: string): key is SortKey => BY_ID.get(key)?.value !== undefined;
export const columnOf = (id: string): Column | null => BY_ID.get(id) ?? null;

const widthOf = (column: Column, narrow: boolean): number => (narrow ? (column.narrow ?? column.width) : column.width);

/** Spread in basis points of the mid; null without two sides. */
export function spreadBp(bid: number | null, ask: number | null): number | null {
  return bid !== null && ask !== null && bid > 0 && ask > 0 ? ((ask - bid) / ((ask + bid) / 2)) * 10_000 : null;
}

/** Basis points with as many digits as tell tight markets apart: `0.003`, `1.24`, `23.5`. */
export function formatSpread(bp: number | null): string {
  if (bp === null) return '';
  const size = Math.abs(bp);
  return formatPrice(bp, size < 0.1 ? 3 : size < 10 ? 2 : 1);
}

/** The wanted columns in the user's order, every known one once; the symbol is never left out. */
export function wantedColumns(ids: readonly string[]): readonly ColumnId[] {
  const known = [...new Set(ids)].flatMap((id) => BY_ID.get(id)?.id ?? []);
  if (known.length === 0) return DEFAULT_COLUMNS;
  return known.includes('symbol') ? known : known[0] === 'star' ? ['star', 'symbol', ...known.slice(1)] : ['symbol', ...known];
}

/** `id` moved by so many places. */
export function moveColumn(ids: readonly ColumnId[], id: ColumnId, by: number): readonly ColumnId[] {
  const at = ids.indexOf(id);
  return at < 0 ? ids : ids.toSpliced(at, 1).toSpliced(Math.max(0, at + by), 0, id);
}

/** Widths by column id that the user gave, px. */
export type Widths = Readonly<Record<string, number>>;
const NO_WIDTHS: Widths = {};

/** The wanted columns that fit into `width` px, the most needed first, in the user's order. The page never scrolls sideways. */
export function fitColumns(wanted: readonly string[], width: number, narrow = false, widths = NO_WIDTHS): readonly Column[] {
  const order = wantedColumns(wanted);
  const want = new Set<ColumnId>(order);
  const fits = new Set<ColumnId>();
  let room = width;
  for (const id of PRIORITY) {
    const column = BY_ID.get(id);
    if (!column || !want.has(id)) continue;
    room -= widths[id] ?? widthOf(column, narrow);
    if (room < 0) break;
    fits.add(id);
  }
  fits.add('symbol');
  return order.flatMap((id) => (fits.has(id) ? (BY_ID.get(id) ?? []) : []));
}

/** `grid-template-columns` of head and rows alike. A width the user gave is kept; where every column has one, the symbol takes what is left over. */
export function gridTemplate(columns: readonly Column[], narrow = false, widths = NO_WIDTHS): string {
  const stretches = columns.some((c) => c.grow > 0 && widths[c.id] === undefined);
  return columns.map((c) => {
    const own = widths[c.id];
    const least = `${String(own ?? widthOf(c, narrow))}px`;
    if (own !== undefined) return c.id === 'symbol' && !stretches ? `minmax(${least}, 1fr)` : least;
    return c.grow > 0 ? `minmax(${least}, ${String(c.grow)}fr)` : least;
  }).join(' ');
}
