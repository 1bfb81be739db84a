import { defineStore } from 'pinia';
import type { VenueQuoteData } from '@/core/contract';
import { createChannelMap } from './channelMap';
import type { Apply, VenueQuoteStoreApi, VenueQuoteView } from './types';

interface Venues {
  readonly byVenue: Map<string, VenueQuoteView>;
  /** Made at the first read after a change. */
  view: readonly VenueQuoteView[] | null;
}

/** What each venue says of a symbol: see `VenueQuoteStoreApi`. */
export const useVenueQuoteStore = defineStore('venueQuotes', () => {
  const symbols = createChannelMap<Venues>(() => ({ byVenue: new Map(), view: null }));

  function apply(symbol: string, { updates, replace, receivedAt }: Apply<VenueQuoteData>): void {
    const venues = symbols.write(symbol);
    if (replace) venues.byVenue.clear();
    for (const { key: venue, value } of updates) {
      if (value === null) venues.byVenue.delete(venue);
      else venues.byVenue.set(venue, { venue, data: value, receivedAt });
    }
    venues.view = null;
  }

  return {
    quotes(symbol: string): readonly VenueQuoteView[] {
      const venues = symbols.read(symbol);
      return venues ? (venues.view ??= [...venues.byVenue.values()]) : [];
    },
    apply,
    flush: symbols.flush,
  };
});

/** Compile-time proof that the store offers what panels rely on. */
export const venueQuoteStoreApi = (store: ReturnType<typeof useVenueQuoteStore>): VenueQuoteStoreApi => store;
