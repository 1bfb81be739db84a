import { formatShare } from '@/composables/format';
import { MARKET_WIDE_KEY, type BinaryData, type Call, type SentimentHorizon } from '@/core/contract';

/** Below this many matured forecasts there is no hit rate to speak of. */
export const ENOUGH = 30;
export const CALL_WORDS: Readonly<Record<Call, { readonly side: 'up' | 'down' | ''; readonly word: string }>> = {
  UP: { side: 'up', word: 'Up' },
  DOWN: { side: 'down', word: 'Down' },
  NONE: { side: '', word: 'No edge' },
};

/** Hits of matured forecasts beside the rate a bet would need to break even. */
export function hitWords(h: SentimentHorizon): string {
  const need = `needs ${formatShare(h.breakEven, 1)}`;
  if (h.track.n < ENOUGH || h.track.hit === null) return `not enough, ${String(h.track.n)} of ${String(ENOUGH)}; ${need}`;
  return `${formatShare(h.track.hit, 1)} of ${String(h.track.n)}; ${need}`;
}

/** Symbols with a forecast, in the order of `symbols`; the market-wide value has its own panel. */
export function sentimentRows(sentiment: ReadonlyMap<string, BinaryData>, symbols: readonly string[]): { symbol: string; data: BinaryData }[] {
  const place = new Map(symbols.map((s, i) => [s, i]));
  return [...sentiment]
    .filter(([symbol]) => symbol !== MARKET_WIDE_KEY)
    .map(([symbol, data]) => ({ symbol, data }))
    .sort((a, b) => (place.get(a.symbol) ?? Infinity) - (place.get(b.symbol) ?? Infinity) || (a.symbol < b.symbol ? -1 : 1));
}

/** Every horizon that occurs, shortest first, s. */
export function horizonsOf(rows: readonly { readonly data: BinaryData }[]): number[] {
  return [...new Set(rows.flatMap((r) => r.data.horizons.map((h) => h.h)))].sort((a, b) => a - b);
}
