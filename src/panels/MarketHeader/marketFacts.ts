import type { AssetClass } from '@/core/market/instrument';
import type { InstrumentView, QuoteView } from '@/stores/types';

export interface MarketSource {
  peek(symbol: string): QuoteView | null;
  instrument(symbol: string): InstrumentView;
}
export interface Move {
  readonly symbol: string;
  /** Change in 24 h, percent. */
  readonly percent: number;
}

/** Counts over a list of symbols, and the strongest moves. */
export interface MarketBreadth {
  readonly up: number;
  readonly down: number;
  readonly flat: number;
  readonly unknown: number;
  readonly gainers: readonly Move[];
  readonly losers: readonly Move[];
}

/** Breadth of the 24 h change over `symbols`. Stale values count, for they are the last known; unknown ones do not. */
export function breadthOf(symbols: readonly string[], source: MarketSource, top: number): MarketBreadth {
  const moves: Move[] = [];
  for (const symbol of symbols) {
    const percent = source.peek(symbol)?.changePercent;
    if (percent !== null && percent !== undefined) moves.push({ symbol, percent });
  }
  moves.sort((a, b) => b.percent - a.percent);
  const up = moves.filter((m) => m.percent > 0).length;
  const down = moves.filter((m) => m.percent < 0).length;
  return {
    up,
    down,
    flat: moves.length - up - down,
    unknown: symbols.length - moves.length,
    gainers: moves.slice(0, Math.min(top, up)),
    losers: moves.slice(Math.max(moves.length - top, moves.length - down)).reverse(),
  };
}

/** Rate to US dollars from the shown prices of the same kind, the pair itself or its inverse; null where none is fresh. */
function rateToUsd(currency: string, quality: QuoteView['quality'], source: MarketSource): number | null {
  if (currency === 'USD') return 1;
  for (const [symbol, inverse] of [[`${currency}/USD`, false], [`USD/${currency}`, true]] as const) {
    const quote = source.peek(symbol);
    if (quote?.state === 'ok' && quote.quality === quality && quote.price !== null && quote.price > 0) return inverse ? 1 / quote.price : quote.price;
  }
  return null;
}

export interface Volume {
  readonly currency: string;
  readonly amount: number;
  /** Currencies that were converted into this one. */
  readonly converted: readonly string[];
}

/**
 * Quote volume of 24 h: base volume of each symbol at its last price. One sum in US dollars where a live rate of every currency is shown, else one sum per currency,
 * largest first. Symbols without a volume are left out.
 */
export function volumesOf(symbols: readonly string[], source: MarketSource): readonly Volume[] {
  const sums = new Map<string, { amount: number; usd: number | null }>();
  for (const symbol of symbols) {
    const quote = source.peek(symbol);
    if (quote?.price == null || quote.volume24h === null || quote.volume24h <= 0) continue;
    const { quote: currency } = source.instrument(symbol);
    const amount = quote.price * quote.volume24h;
    const rate = rateToUsd(currency, quote.quality, source);
    const sum = sums.get(currency) ?? { amount: 0, usd: 0 };
    sums.set(currency, { amount: sum.amount + amount, usd: sum.usd === null || rate === null ? null : sum.usd + amount * rate });
  }
  const parts = [...sums];
  if (parts.length > 1 && parts.every(([, { usd }]) => usd !== null)) return [{ currency: 'USD', amount: parts.reduce((a, [, { usd }]) => a + (usd ?? 0), 0), converted: parts.map(([c]) => c).filter((c) => c !== 'USD') }];
  return parts.map(([currency, { amount }]) => ({ currency, amount, converted: [] })).toSorted((a, b) => b.amount - a.amount);
}

export interface ClassFacts {
  readonly assetClass: AssetClass;
  readonly gainer: Move | null;
  readonly loser: Move | null;
  readonly volumes: readonly Volume[];
}

/** Strongest moves and volume of each class that has any, in the order of the list. */
export function classFacts(symbols: readonly string[], source: MarketSource): readonly ClassFacts[] {
  const byClass = new Map<AssetClass, string[]>();
  for (const symbol of symbols) {
    const { assetClass } = source.instrument(symbol);
    byClass.set(assetClass, [...(byClass.get(assetClass) ?? []), symbol]);
  }
  return [...byClass].map(([assetClass, list]) => {
    const { gainers, losers } = breadthOf(list, source, 1);
    return { assetClass, gainer: gainers[0] ?? null, loser: losers[0] ?? null, volumes: volumesOf(list, source) };
  }).filter(({ gainer, loser, volumes }) => gainer !== null || loser !== null || volumes.length > 0);
}
