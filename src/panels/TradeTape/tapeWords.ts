import { formatAge, formatCompact, formatSize } from '@/composables/format';
import type { TapeHole, TapeRow, TapeTrade, TapeVolume } from '@/core/market/tape';
import type { QuoteStateName, StreamState } from '@/core/contract';
import type { Thresholds } from '@/stores/bookSettings';

/** How a trade is marked by its value: shape first, colour second. */
export type Weight = 'usual' | 'large' | 'huge';
export const WEIGHT_MARKS: Readonly<Record<Weight, string>> = { usual: '', large: '◆', huge: '◆◆' };

export const weightOf = ({ value }: Pick<TapeTrade, 'value'>, { large, huge }: Thresholds): Weight => (value >= huge ? 'huge' : value >= large ? 'large' : 'usual');

/** Lines that are listed: holes always, trades from the least value on. */
export function listed(rows: readonly TapeRow[], least: number): readonly TapeRow[] {
  return least > 0 ? rows.filter((row) => row.kind === 'hole' || row.value >= least) : rows;
}

/** A hole in words. */
export function holeWords({ count, cause }: Pick<TapeHole, 'count' | 'cause'>): string {
  if (count === null) return 'Trades may be missing here: the list was sent anew after a break';
  const many = `${formatSize(count, 0)} ${count === 1 ? 'trade' : 'trades'}`;
  return cause === 'slow' ? `Skipped ${many}: this page was too slow or away too long` : `${many} missing here after a break`;
}

/** What limits a window, in words; empty when it is whole. `now` is feed time, ms. */
export function limitWords({ since, missing, minutes }: TapeVolume, now: number): string {
  const parts: string[] = [];
  if (since !== null) parts.push(`heard for ${formatAge(now - since)} of ${minutes} min`);
  if (missing === null) parts.push('trades missing, how many is not known');
  else if (missing > 0) parts.push(`${formatSize(missing, 0)} trades missing`);
  return parts.join('; ');
}

/** For a screen reader, now and then: the last minute in one sentence. */
export function summaryWords({ buy, sell, trades }: TapeVolume, base: string): string {
  if (trades === 0) return 'No trades in the last minute';
  return `Last minute: ${formatSize(trades, 0)} trades, bought ${formatCompact(Number(buy))} and sold ${formatCompact(Number(sell))} ${base}`;
}

/** A value typed by the user, such as `25000`, `25,000` or `25k`; null when it is none. */
export function readValue(text: string): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,8})?)\s*([km])?$/i.exec(text.trim().replace(/,(?=\d{3}\b)/g, ''));
  if (!match) return null;
  return Number(match[1]) * ({ k: 1e3, m: 1e6 }[match[2]?.toLowerCase() ?? ''] ?? 1);
}

/** Why there is no trade to list, and what comes next. */
export function emptyWords({ stream, market, heard, filtered }: { readonly stream: StreamState; readonly market: QuoteStateName; readonly heard: boolean; readonly filtered: boolean }): { readonly title: string; readonly words: string } {
  if (filtered) return { title: 'No trade of that value', words: 'Smaller ones came; lower the least value to list them. The sums above count all of them.' };
  if (stream !== 'live' && stream !== 'syncing') return { title: 'No connection', words: 'Trades come again with the connection; what was missed is repaired or shown as a hole.' };
  if (!heard) return { title: 'Loading trades', words: 'Waiting for the first message.' };
  if (market === 'closed') return { title: 'Market closed', words: 'Nobody trades now; the list goes on when the market opens.' };
  return { title: 'No trades yet', words: 'No trade has come from this source. Some sources send prices and no trades.' };
}
