import { useAnalysisStore } from '@/stores/analysis';
import { useBookStore } from '@/stores/book';
import { useCandleStore } from '@/stores/candles';
import { useConnectionStore } from '@/stores/connection';
import { useMarketStore } from '@/stores/market';
import { useTapeStore } from '@/stores/tape';
import { useVenueQuoteStore } from '@/stores/venueQuotes';

/** The stores that handlers write to. */
export interface Stores {
  readonly market: ReturnType<typeof useMarketStore>;
  readonly analysis: ReturnType<typeof useAnalysisStore>;
  readonly connection: ReturnType<typeof useConnectionStore>;
  readonly book: ReturnType<typeof useBookStore>;
  readonly tape: ReturnType<typeof useTapeStore>;
  readonly candles: ReturnType<typeof useCandleStore>;
  readonly venueQuotes: ReturnType<typeof useVenueQuoteStore>;
}

/** Call with an active Pinia. */
export function useStores(): Stores {
  return {
    market: useMarketStore(), analysis: useAnalysisStore(), connection: useConnectionStore(), book: useBookStore(), tape: useTapeStore(),
    candles: useCandleStore(), venueQuotes: useVenueQuoteStore(),
  };
}

/** Makes visible what became dirty since the last frame. */
export function flushStores({ market, analysis, book, tape, candles, venueQuotes }: Stores): void {
  for (const store of [market, analysis, book, tape, candles, venueQuotes]) store.flush();
}
