import type { DataKind, Route } from '@/core/contract';
import type { AssetClass } from '@/core/market/instrument';
import { venueName } from '@/core/market/venueNames';

export { venueName };

const ROUTE_WORDS: Readonly<Record<Route, string>> = { socket: '', rest: 'REST', simulator: '', replay: 'replay', history: 'stored' };

/** Why a symbol may have no source, and what would give it one. */
export const noSourceWords = (assetClass: AssetClass): string =>
  assetClass === 'crypto' || assetClass === 'test'
    ? 'No connected venue has sent this symbol; it appears by itself when one does.'
    : 'The connected venues carry crypto only; the simulator (TICKGLASS_FEED=simulator) also has shares, currencies and metals.';

export interface Origin {
  /** Short: `Binance`, `Binance REST`, `Binance replay`. */
  readonly text: string;
  /** A sentence. */
  readonly words: string;
  readonly tone: '' | 'violet' | 'amber';
}

/** Where a value comes from, by which way, and what kind it is. */
export function originOf(source: string, quality: DataKind | 'unknown', route: Route): Origin {
  if (source === '') return { text: 'no source', words: 'No source has this symbol', tone: '' };
  const name = venueName(source);
  const way = quality === 'replay' && source !== 'replay' ? 'replay' : quality === 'delayed' ? 'delayed' : quality === 'unknown' ? 'unverified' : source === 'replay' ? '' : ROUTE_WORDS[route];
  const by = { socket: 'by its live stream', rest: 'by plain requests, less often', simulator: 'made here', replay: 'from a recording', history: 'from the store of this server' }[route];
  const kind = { live: 'Real market data', delayed: 'Delayed market data', simulated: 'Simulated, not a market', replay: 'Replay of a past market', unknown: 'Data of unknown quality' }[quality];
  return {
    text: way ? `${name} ${way}` : name,
    words: `${kind}: ${name}, ${by}`,
    tone: quality === 'simulated' || quality === 'replay' ? 'violet' : quality === 'live' ? '' : 'amber',
  };
}
