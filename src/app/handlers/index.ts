import type { ChangeFamily, ChangeOf, ChannelChange } from '@/service';
import { onBinary, onBinary10, onRatings, onSignals } from './analysis';
import { onBook, onCandles, onMarket, onQuote, onSparkline, onTrades } from './market';
import type { Stores } from './stores';

/** What each channel family does to which store. A new family does not compile until it has an entry. */
const HANDLERS: { readonly [F in ChangeFamily]: (stores: Stores, change: ChangeOf<F>) => void } = {
  market: onMarket,
  sparkline: onSparkline,
  signals: onSignals,
  ratings: onRatings,
  binary: onBinary,
  binary10: onBinary10,
  trades: onTrades,
  candles: onCandles,
  quote: onQuote,
  book: onBook,
};

/** Hands a change to its store. The stores only note it; it is shown at the next frame. */
export function applyChange(stores: Stores, change: ChannelChange): void {
  const handler = HANDLERS[change.family] as (stores: Stores, change: ChannelChange) => void;
  handler(stores, change);
}
