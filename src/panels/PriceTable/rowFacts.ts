import type { QuoteView } from '@/stores/types';

/** What a row shows beside its digits. It changes rarely, and only then is the row drawn anew. */
export interface RowFacts extends Pick<QuoteView, 'source' | 'quality' | 'route' | 'low24h' | 'high24h'> {
  readonly priced: boolean;
  /** Direction in 24 hours, as a class. */
  readonly side: 'up' | 'down' | '';
  /** Which figures of 24 hours are blank. */
  readonly noChange: boolean;
  readonly noPercent: boolean;
  readonly noVolume: boolean;
  readonly noRange: boolean;
}

/** Change in 24 hours, in the unit of the price; null when not known. */
export const changeOf = (q: QuoteView | null): number | null => (q && q.price !== null && q.open24h !== null ? q.price - q.open24h : null);

/** Place of the price between low and high, 0..1; null when not known. */
export function rangeOf(q: QuoteView | null): number | null {
  if (!q || q.price === null || q.low24h === null || q.high24h === null || q.high24h <= q.low24h) return null;
  return Math.max(0, Math.min(1, (q.price - q.low24h) / (q.high24h - q.low24h)));
}

/** The facts of a quote: `before` itself as long as nothing in them changed. */
export function rowFacts(q: QuoteView | null, before?: RowFacts): RowFacts {
  const change = changeOf(q);
  const facts: RowFacts = {
    source: q?.source ?? '', quality: q?.quality ?? 'unknown', route: q?.route ?? 'socket', low24h: q?.low24h ?? null, high24h: q?.high24h ?? null,
    priced: q?.price != null, side: !change ? '' : change > 0 ? 'up' : 'down', noChange: change === null, noPercent: q?.changePercent == null, noVolume: q?.volume24h == null, noRange: rangeOf(q) === null,
  };
  return before && (Object.keys(facts) as (keyof RowFacts)[]).every((key) => facts[key] === before[key]) ? before : facts;
}
