import { useAnalysisStore } from '@/stores/analysis';
import { useConnectionStore } from '@/stores/connection';
import { useMarketStore } from '@/stores/market';

/** The stores that every page has. Those of one instrument come with its page (./instrument). */
export interface Stores {
  readonly market: ReturnType<typeof useMarketStore>;
  readonly analysis: ReturnType<typeof useAnalysisStore>;
  readonly connection: ReturnType<typeof useConnectionStore>;
}

/** Call with an active Pinia. */
export function useStores(): Stores {
  return { market: useMarketStore(), analysis: useAnalysisStore(), connection: useConnectionStore() };
}

/** Makes visible what became dirty since the last frame. */
export function flushStores({ market, analysis }: Stores): void {
  for (const store of [market, analysis]) store.flush();
}
