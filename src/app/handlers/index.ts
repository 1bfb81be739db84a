import type { ChangeFamily, ChangeOf, ChannelChange } from '@/service';
import { onBinary, onBinary10, onRatings, onSignals } from './analysis';
import { onMarket, onSparkline } from './market';
import type { LateHandlers } from './late';
import type { Stores } from './stores';

type Handler<F extends ChangeFamily> = (stores: Stores, change: ChangeOf<F>, late: LateHandlers) => void;

/** What each channel family does to which store. A new family does not compile until it has an entry. */
const HANDLERS: { readonly [F in ChangeFamily]: Handler<F> } = {
  market: onMarket,
  sparkline: onSparkline,
  signals: onSignals,
  ratings: onRatings,
  binary: onBinary,
  binary10: onBinary10,
  trades: (_stores, change, late) => late.apply(change),
  candles: (_stores, change, late) => late.apply(change),
  quote: (_stores, change, late) => late.apply(change),
  book: (_stores, change, late) => late.apply(change),
};

/** Hands a change to its store. The stores only note it; it is shown at the next frame. */
export function applyChange(stores: Stores, change: ChannelChange, late: LateHandlers): void {
  const handler = HANDLERS[change.family] as (stores: Stores, change: ChannelChange, late: LateHandlers) => void;
  handler(stores, change, late);
}
