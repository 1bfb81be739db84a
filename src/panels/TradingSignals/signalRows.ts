import { signed } from '@/components/words';
import { formatShare } from '@/composables/format';
import { INTERVAL_MS, STRENGTHS, type Action, type Interval, type RatingData, type SignalRecord, type SignalTrack, type Strength } from '@/core/contract';
import type { AssetClass } from '@/core/market/instrument';

export type SignalItem = SignalRecord | RatingData;
/** A scored signal has a plan; a present rating has only a price. */
export const isRecord = (item: SignalItem): item is SignalRecord => 'entry' in item;
export const itemKey = (item: SignalItem): string => (isRecord(item) ? item.id : `${item.symbol}|${item.tf}`);

/** Fewer matured signals than this are no track record. */
export const ENOUGH = 30;

/** The record of a method in words; below 30 cases it says so instead of giving a rate. */
export function trackWords(track: SignalTrack): string {
  if (track.n < ENOUGH || track.hit === null) return `not enough, ${String(track.n)} of ${String(ENOUGH)}`;
  const range = track.lo !== null && track.hi !== null ? ` (${formatShare(track.lo)} to ${formatShare(track.hi)})` : '';
  return `${formatShare(track.hit)} of ${String(track.n)} hit${range}`;
}

/** The same for a column. */
export const trackShort = ({ n, hit }: SignalTrack): string => (n < ENOUGH || hit === null ? `not enough, ${String(n)}` : `${formatShare(hit)} of ${String(n)}`);
/** What chance reached beside it; empty where there is nothing to compare. */
export const chanceShort = ({ n, hit, random }: SignalTrack): string => (n < ENOUGH || hit === null || random.hit === null ? '' : `random ${formatShare(random.hit)}`);

/** Means in units of risk and the profit factor, beside random entries; empty below 30 cases. */
export function trackFigures({ n, avgR, pf, random }: SignalTrack): string {
  if (n < ENOUGH) return '';
  const parts = [avgR === null ? '' : `average ${signed(avgR)} R`, pf === null ? '' : `profit factor ${pf.toFixed(2)}`];
  const chance = [random.hit === null ? '' : `${formatShare(random.hit)} hit`, random.avgR === null ? '' : `${signed(random.avgR)} R`].filter(Boolean);
  return [...parts, chance.length > 0 ? `random entries ${chance.join(', ')}` : ''].filter(Boolean).join(', ');
}

/** Distance of a target in units of the risked distance; null without a stop. */
export function riskMultiple(record: SignalRecord, target: number): number | null {
  if (record.stop === null || record.stop === record.entry) return null;
  return Math.abs(target - record.entry) / Math.abs(record.entry - record.stop);
}

export interface SignalFilter {
  readonly tf: Interval | 'all';
  readonly action: Action | 'all';
  readonly text: string;
  readonly strength?: Strength | 'all';
  readonly assetClass?: AssetClass | 'all';
}

/** `classOf`: class of an instrument; asked only where classes are filtered. */
export function filterItems<T extends SignalItem>(items: readonly T[], filter: SignalFilter, classOf: (symbol: string) => AssetClass = () => 'test'): T[] {
  const text = filter.text.trim().toLowerCase();
  const { tf, action, strength = 'all', assetClass = 'all' } = filter;
  return items.filter((i) =>
    (tf === 'all' || i.tf === tf) && (action === 'all' || i.action === action) && (strength === 'all' || i.strength === strength)
    && i.symbol.toLowerCase().includes(text) && (assetClass === 'all' || classOf(i.symbol) === assetClass));
}

/** Present ratings, the most decided first. */
export function ratingsInOrder(ratings: ReadonlyMap<string, RatingData>): RatingData[] {
  return [...ratings.values()].sort((a, b) => Math.abs(b.score) - Math.abs(a.score) || (a.symbol < b.symbol ? -1 : 1));
}

/** Columns that can be sorted, with what they are sorted by; null = not known, always last. */
export const SORTS = {
  symbol: (i: SignalItem): string => `${i.symbol} ${String(INTERVAL_MS[i.tf]).padStart(9, '0')}`,
  action: (i: SignalItem): number => STRENGTHS.indexOf(i.strength),
  score: (i: SignalItem): number => i.score,
  dir: (i: SignalItem): string => i.dir,
  pct: (i: SignalItem): number | null => i.pct,
  expiry: (i: SignalItem): number | null => (isRecord(i) ? i.expiry : null),
  track: (i: SignalItem): number | null => (isRecord(i) && i.track.n >= ENOUGH ? i.track.hit : null),
  age: (i: SignalItem): number => i.ts,
} as const;
export type SortKey = keyof typeof SORTS;
export const isSortKey = (text: string): text is SortKey => Object.hasOwn(SORTS, text);

/** Sorted by a column; equal ones stay in their order. */
export function sortItems<T extends SignalItem>(items: readonly T[], key: SortKey, descending: boolean): T[] {
  const value = SORTS[key];
  return [...items].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return 0;
    if (x === null || y === null) return x === null ? 1 : -1;
    return (x < y ? -1 : 1) * (descending ? -1 : 1);
  });
}

/** One line of the view by timeframe: a symbol and its rating on each of them, null where there is none. */
export interface FrameRow {
  readonly symbol: string;
  readonly cells: readonly (RatingData | null)[];
}

/** Ratings by symbol and timeframe, symbols in the order of `symbols`. */
export function frameRows(ratings: readonly RatingData[], frames: readonly Interval[], symbols: readonly string[]): FrameRow[] {
  const found = new Map(ratings.map((r) => [`${r.symbol}|${r.tf}`, r]));
  const place = new Map(symbols.map((symbol, i) => [symbol, i]));
  return [...new Set(ratings.map((r) => r.symbol))]
    .sort((a, b) => (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity) || (a < b ? -1 : 1))
    .map((symbol) => ({ symbol, cells: frames.map((tf) => found.get(`${symbol}|${tf}`) ?? null) }));
}
