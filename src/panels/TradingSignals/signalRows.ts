import { formatShare } from '@/composables/format';
import type { Action, Interval, RatingData, SignalRecord } from '@/core/contract';

export type SignalItem = SignalRecord | RatingData;
/** A scored signal has a plan; a present rating has only a price. */
export const isRecord = (item: SignalItem): item is SignalRecord => 'entry' in item;
export const itemKey = (item: SignalItem): string => (isRecord(item) ? item.id : `${item.symbol}|${item.tf}`);

/** Fewer matured signals than this are no track record. */
export const ENOUGH = 30;

/** The record of a method in words; below 30 cases it says so instead of giving a rate. */
export function trackWords(track: SignalRecord['track']): string {
  if (track.n < ENOUGH || track.hit === null) return `not enough, ${String(track.n)} of ${String(ENOUGH)}`;
  const range = track.lo !== null && track.hi !== null ? ` (${formatShare(track.lo)} to ${formatShare(track.hi)})` : '';
  return `${formatShare(track.hit)} of ${String(track.n)} hit${range}`;
}

/** The same in two words, for a column. */
export const trackShort = (track: SignalRecord['track']): string => (track.n < ENOUGH || track.hit === null ? 'not enough' : `${formatShare(track.hit)} of ${String(track.n)}`);

/** Distance of a target in units of the risked distance; null without a stop. */
export function riskMultiple(record: SignalRecord, target: number): number | null {
  if (record.stop === null || record.stop === record.entry) return null;
  return Math.abs(target - record.entry) / Math.abs(record.entry - record.stop);
}

export interface SignalFilter {
  readonly tf: Interval | 'all';
  readonly action: Action | 'all';
  readonly text: string;
}

export function filterItems<T extends SignalItem>(items: readonly T[], filter: SignalFilter): T[] {
  const text = filter.text.trim().toLowerCase();
  return items.filter((i) => (filter.tf === 'all' || i.tf === filter.tf) && (filter.action === 'all' || i.action === filter.action) && i.symbol.toLowerCase().includes(text));
}

/** Present ratings, the most decided first. */
export function ratingsInOrder(ratings: ReadonlyMap<string, RatingData>): RatingData[] {
  return [...ratings.values()].sort((a, b) => Math.abs(b.score) - Math.abs(a.score) || (a.symbol < b.symbol ? -1 : 1));
}
