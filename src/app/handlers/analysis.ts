import type { ChangeOf } from '@/service';
import type { Stores } from './stores';

export const onSignals = ({ analysis }: Stores, { items, replace, lost }: ChangeOf<'signals'>): void => analysis.applySignals(items, { replace, lost });
export const onRatings = ({ analysis }: Stores, change: ChangeOf<'ratings'>): void => analysis.applyRatings(change);
export const onBinary = ({ analysis }: Stores, change: ChangeOf<'binary'>): void => analysis.applySentiment(change);
export const onBinary10 = ({ analysis }: Stores, change: ChangeOf<'binary10'>): void => {
  if (change.symbol !== null) analysis.applyShortSentiment(change.symbol, change);
};
