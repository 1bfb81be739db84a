import type { ChangeFamily, ChangeOf } from '@/service';
import { useBookStore } from '@/stores/book';
import { useCandleStore } from '@/stores/candles';
import { useTapeStore } from '@/stores/tape';
import { useVenueQuoteStore } from '@/stores/venueQuotes';

/** Families that only the page of one instrument reads. */
export const LATE_FAMILIES = ['book', 'trades', 'candles', 'quote'] as const satisfies readonly ChangeFamily[];
export type LateFamily = (typeof LATE_FAMILIES)[number];

/** What each of them does to which store. Call with an active Pinia. */
export function instrumentHandlers(): { readonly apply: { readonly [F in LateFamily]: (change: ChangeOf<F>) => void }; readonly flush: () => void } {
  const [book, tape, candles, venueQuotes] = [useBookStore(), useTapeStore(), useCandleStore(), useVenueQuoteStore()];
  return {
    apply: {
      book: (change) => book.apply(change),
      trades: ({ channel, items, replace, lost }) => tape.apply(channel, items, { replace, lost }),
      candles: (change) => candles.apply(change.channel, change),
      quote: (change) => {
        if (change.symbol !== null) venueQuotes.apply(change.symbol, change);
      },
    },
    flush: () => [book, tape, candles, venueQuotes].forEach((store) => store.flush()),
  };
}
