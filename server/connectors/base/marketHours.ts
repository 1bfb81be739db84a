import { sessionAt } from '@/core/market/calendar';
import type { AssetClass } from '@/core/market/instrument';
import { timeWords } from './budget';

/** Longest way to the next opening: a weekend with a holiday beside it has a handful of changes. */
const MAX_CHANGES = 40;

/** When the regular session opens next, ms since the epoch; `now` when it is open. */
function nextOpening(assetClass: AssetClass, now: number): number {
  let at = now;
  for (let i = 0; i < MAX_CHANGES; i += 1) {
    const { state, nextChange } = sessionAt(assetClass, at);
    if (state === 'open' || nextChange === null) return at;
    at = nextChange;
  }
  return at;
}

/** Words for silence that is normal because none of these markets is in its regular session; null when one is. */
export function closedWords(classes: Iterable<AssetClass>, now: number): string | null {
  const openings = [...new Set(classes)].map((assetClass) => nextOpening(assetClass, now));
  const next = Math.min(...openings);
  return next <= now || !Number.isFinite(next) ? null : `connected; the market is closed and opens ${timeWords(next, now)}`;
}
