import { formatCompact, formatPrice, formatSize } from '@/composables/format';
import type { LadderRow, Spread } from '@/core/market/ladder';

/** How figures of one instrument are written. */
export interface Figures {
  readonly base: string;
  readonly quote: string;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

/** What an order that takes everything down (or up) to a row gets, by the levels that are held; empty when there is nothing to take. */
export function sweepWords(row: LadderRow | null, spread: Spread | null, { base, quote, priceDecimals, sizeDecimals }: Figures): string {
  if (!row || row.kind === 'spread' || row.sumSize <= 0) return '';
  const average = row.sumValue / row.sumSize;
  const away = spread ? (Math.abs(average - spread.mid) / spread.mid) * 10_000 : null;
  const selling = row.kind === 'bid';
  const head = `${selling ? 'Sell' : 'Buy'} ${row.held === 'no' ? 'all that is held' : `to ${formatPrice(row.price, priceDecimals)}`}`;
  const tail = away === null ? '' : `, ${away.toFixed(away < 10 ? 2 : 1)} bp ${selling ? 'below' : 'above'} mid`;
  return `${head}: ${formatSize(row.sumSize, sizeDecimals)} ${base} for ${formatCompact(row.sumValue)} ${quote}, average ${formatPrice(average, priceDecimals)}${tail}`;
}
