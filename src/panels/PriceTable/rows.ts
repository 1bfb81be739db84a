import type { InstrumentView, QuoteView, Settings, SortDirection } from '@/stores/types';
import { columnOf, isSortKey } from './columns';

export interface RowQuery {
  readonly text: string;
  readonly assetClass: Settings['assetClass'];
  readonly favourites: readonly string[];
  /** Symbols of the chosen list in its order; null = no list. */
  readonly list: readonly string[] | null;
  readonly sort: { readonly key: string; readonly direction: SortDirection };
}
export interface RowSource {
  peek(symbol: string): QuoteView | null;
  instrument(symbol: string): InstrumentView;
}

const plain = (text: string): string => text.toLowerCase().replace(/[\s/_-]/g, '');

/** true when the words typed are found in the symbol (with or without its slash) or in the name. */
export function matches(instrument: InstrumentView, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return true;
  return plain(instrument.symbol).includes(plain(wanted)) || instrument.name.toLowerCase().includes(wanted);
}

function inClass(instrument: InstrumentView, query: RowQuery, favourites: ReadonlySet<string>): boolean {
  if (query.assetClass === 'all') return true;
  return query.assetClass === 'favourites' ? favourites.has(instrument.symbol) : instrument.assetClass === query.assetClass;
}

/** Symbols to show, in order. Unknown values sink to the end in both directions; equals keep the server's order. */
export function orderRows(symbols: readonly string[], source: RowSource, query: RowQuery): string[] {
  const favourites = new Set(query.favourites);
  const known = new Set(symbols);
  const shown = (query.list ? query.list.filter((s) => known.has(s)) : symbols).filter((s) => {
    const instrument = source.instrument(s);
    return inClass(instrument, query, favourites) && matches(instrument, query.text);
  });
  const value = isSortKey(query.sort.key) ? columnOf(query.sort.key)?.value : undefined;
  if (!value) return shown;
  const sign = query.sort.direction === 'asc' ? 1 : -1;
  const keyed = shown.map((symbol) => {
    const quote = source.peek(symbol);
    return { symbol, key: quote ? value(quote) : null };
  });
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return a.key === b.key ? 0 : a.key === null ? 1 : -1;
    return a.key < b.key ? -sign : a.key > b.key ? sign : 0;
  });
  return keyed.map((k) => k.symbol);
}
