import type { DataKind, FeedMode, FeedSummary, Route } from '@/core/contract';
import type { AssetClass } from '@/core/market/instrument';
import { venueName } from '@/core/market/venueNames';
import { KIND_LABELS, type Label } from './kinds';

export { venueName };

const ROUTE_WORDS: Readonly<Record<Route, string>> = { socket: '', rest: 'REST', simulator: '', replay: 'replay', history: 'stored' };

/** Sources that need a key, and what they would carry with it. */
const KEYED: readonly { readonly id: string; readonly key: string; readonly classes: readonly AssetClass[] }[] = [
  { id: 'finnhub', key: 'FINNHUB_API_KEY', classes: ['equity', 'fx', 'metal'] },
  { id: 'twelvedata', key: 'TWELVE_DATA_API_KEY', classes: ['equity', 'fx', 'metal'] },
  { id: 'alphavantage', key: 'ALPHA_VANTAGE_API_KEY', classes: ['equity', 'fx'] },
];
/** Keyless sources of reference rates: one number a day, by currency pair. */
const DAILY: ReadonlySet<string> = new Set(['exchangerate', 'frankfurter']);

type Feeds = ReadonlyMap<string, Pick<FeedSummary, 'state' | 'reason'>>;
const listed = (words: readonly string[], last: string): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`);
const sentence = (name: string, reason: string): string => `${name}: ${reason.replace(/[.\s]+$/, '')}.`;

/** Why a symbol may have no source, and what would give it one: the keys that are missing, and how the sources that have theirs are. */
export function noSourceWords(assetClass: AssetClass, feeds: Feeds): string {
  if (assetClass === 'crypto' || assetClass === 'test') return 'No connected venue has sent this symbol; it appears by itself when one does.';
  const able = KEYED.filter(({ classes }) => classes.includes(assetClass));
  const lacking = able.filter(({ id, key }) => !feeds.has(id) || feeds.get(id)?.reason?.includes(key));
  const others = [...able.filter((source) => !lacking.includes(source)).map(({ id }) => id), ...(assetClass === 'fx' ? [...DAILY].filter((id) => feeds.has(id)) : [])];
  const told = others.map((id) => sentence(venueName(id), feeds.get(id)?.reason || (feeds.get(id)?.state ?? 'unknown state')));
  const ask = lacking.length === 0 ? [] : [`${listed(lacking.map(({ id }) => venueName(id)), 'and')} would carry it: start the server with ${listed(lacking.map(({ key }) => key), 'or')}.`];
  return [...told, ...ask, 'The simulator (TICKGLASS_FEED=simulator) has it too.'].join(' ');
}

/** What a row must be labelled with beside its panel's label; null when nothing needs to be said. */
export function rowLabel(source: string, quality: DataKind | 'unknown', mode: FeedMode | 'unknown'): Label | null {
  if (source === '' || quality === 'live' || quality === mode) return null;
  return quality === 'delayed' && DAILY.has(source) ? { tag: 'DAILY', words: 'a reference rate, one number a day', tone: 'amber' } : KIND_LABELS[quality];
}

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
  const daily = quality === 'delayed' && DAILY.has(source);
  const way = daily ? 'daily' : quality === 'replay' && source !== 'replay' ? 'replay' : quality === 'delayed' ? 'delayed' : quality === 'unknown' ? 'unverified' : source === 'replay' ? '' : ROUTE_WORDS[route];
  const by = { socket: 'by its live stream', rest: 'by plain requests, less often', simulator: 'made here', replay: 'from a recording', history: 'from the store of this server' }[route];
  const kind = { live: 'Real market data', delayed: 'Delayed market data', simulated: 'Simulated, not a market', replay: 'Replay of a past market', unknown: 'Data of unknown quality' }[quality];
  return {
    text: way ? `${name} ${way}` : name,
    words: daily ? `Reference rate, one number a day: ${name}` : `${kind}: ${name}, ${by}`,
    tone: quality === 'simulated' || quality === 'replay' ? 'violet' : quality === 'live' ? '' : 'amber',
  };
}
