import type { PayloadFamily } from '@/core/contract';
import type { ChangeOf, ChannelChange } from '@/service';
import { onBinary, onRatings, onSignals } from './analysis';
import { onMarket, onSparkline } from './market';
import type { Stores } from './stores';

/** No view holds trades or candles yet, so none are subscribed and none arrive; their stores come with the tape and the chart. */
const unheld = (): void => undefined;

/** What each channel family does to which store. A new family does not compile until it has an entry. */
const HANDLERS: { readonly [F in PayloadFamily]: (stores: Stores, change: ChangeOf<F>) => void } = {
  market: onMarket,
  sparkline: onSparkline,
  signals: onSignals,
  ratings: onRatings,
  binary: onBinary,
  trades: unheld,
  candles: unheld,
  quote: unheld,
};

/** Hands a change to its store. The stores only note it; it is shown at the next frame. */
export function applyChange(stores: Stores, change: ChannelChange): void {
  const handler = HANDLERS[change.family] as (stores: Stores, change: ChannelChange) => void;
  handler(stores, change);
}
