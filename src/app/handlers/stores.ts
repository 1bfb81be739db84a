import { useAnalysisStore } from '@/stores/analysis';
import { useConnectionStore } from '@/stores/connection';
import { useMarketStore } from '@/stores/market';

/** The stores that handlers write to. */
export interface Stores {
  readonly market: ReturnType<typeof useMarketStore>;
  readonly analysis: ReturnType<typeof useAnalysisStore>;
  readonly connection: ReturnType<typeof useConnectionStore>;
}

/** Call with an active Pinia. */
export function useStores(): Stores {
  return { market: useMarketStore(), analysis: useAnalysisStore(), connection: useConnectionStore() };
}
