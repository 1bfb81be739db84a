/** The three product streams. Each has its own WebSocket path and default channel. */
export const STREAMS = {
  market: { path: '/ws/market/stream', channel: 'market' },
  signals: { path: '/ws/trading/signals/stream', channel: 'signals' },
  binary: { path: '/ws/trading/binary/stream', channel: 'binary' },
} as const;
export type StreamName = keyof typeof STREAMS;
export const STREAM_NAMES = ['market', 'signals', 'binary'] as const satisfies readonly StreamName[];

/** The path on which any channel may be asked for by name. */
export const ANY_STREAM_PATH = '/ws';

/**
 * Kinds of channel.
 * - `keyed`: last value per key; may be conflated (a slow reader gets the latest value of every changed key).
 * - `log`: append-only items, never silently lossy; what cannot be delivered is announced as `lost`.
 */
export type ChannelKind = 'keyed' | 'log';

/** Channel families. `perSymbol` families are named `family:SYMBOL`. */
export const CHANNEL_FAMILIES = {
  /** Consolidated quote per symbol. */
  market: { kind: 'keyed', perSymbol: false, stream: 'market' },
  /** One-minute closes of the last hour per symbol, for the small line in each table row. */
  sparkline: { kind: 'keyed', perSymbol: false, stream: 'market' },
  /** What each venue says of one symbol; keys are venue ids. */
  quote: { kind: 'keyed', perSymbol: true, stream: 'market' },
  /** Order book of one symbol; travels in messages of its own. */
  book: { kind: 'keyed', perSymbol: true, stream: 'market' },
  /** Public trades of one symbol. */
  trades: { kind: 'log', perSymbol: true, stream: 'market' },
  /** Candles of one symbol; keys are `INTERVAL|OPEN_TIME`. */
  candles: { kind: 'keyed', perSymbol: true, stream: 'market' },
  /** Scored signals: one item per class change of a rating. */
  signals: { kind: 'log', perSymbol: false, stream: 'signals' },
  /** Present rating per `SYMBOL|TIMEFRAME`, previews included. Never scored. */
  ratings: { kind: 'keyed', perSymbol: false, stream: 'signals' },
  /** Up/down probability per symbol; the key `*` is the whole watch list (breadth and mood). */
  binary: { kind: 'keyed', perSymbol: false, stream: 'binary' },
  /** Up/down probability of one symbol for the next 10 s, once a second; made only while somebody reads it. Its one key is the symbol. */
  binary10: { kind: 'keyed', perSymbol: true, stream: 'binary' },
} as const satisfies Record<string, { kind: ChannelKind; perSymbol: boolean; stream: StreamName }>;
export type ChannelFamily = keyof typeof CHANNEL_FAMILIES;

export interface ParsedChannel {
  readonly name: string;
  readonly family: ChannelFamily;
  readonly symbol: string | null;
  /** The one venue of `book:BTC/USDT@kraken`; null = the leading venue (book, candles) or all of them (trades, quote). */
  readonly venue: string | null;
  readonly kind: ChannelKind;
  readonly stream: StreamName;
}

/** Characters a canonical symbol may have, 1 to 32 of them (reliability limits). */
export const SYMBOL_PATTERN = /^[A-Za-z0-9._:/^=-]{1,32}$/;

/** Families of which one venue's part can be asked for, as `FAMILY:SYMBOL@VENUE`. */
const BY_VENUE: ReadonlySet<ChannelFamily> = new Set<ChannelFamily>(['book', 'trades', 'candles']);
const VENUE_PATTERN = /^[a-z][a-z0-9]{0,15}$/;

/** Reads a channel name such as `market`, `book:BTC/USDT` or `book:BTC/USDT@kraken`; null when it is not one. */
export function parseChannel(name: string): ParsedChannel | null {
  const colon = name.indexOf(':');
  const head = colon < 0 ? name : name.slice(0, colon);
  if (!Object.hasOwn(CHANNEL_FAMILIES, head)) return null;
  const family = head as ChannelFamily;
  const { kind, perSymbol, stream } = CHANNEL_FAMILIES[family];
  if (!perSymbol) return colon < 0 ? { name, family, symbol: null, venue: null, kind, stream } : null;
  const [symbol = '', venue = null, ...rest] = colon < 0 ? [] : name.slice(colon + 1).split('@');
  if (rest.length > 0 || !SYMBOL_PATTERN.test(symbol)) return null;
  if (venue !== null && !(BY_VENUE.has(family) && VENUE_PATTERN.test(venue))) return null;
  return { name, family, symbol, venue, kind, stream };
}

/** Name of a per-symbol channel. */
export function channelOf(family: 'book' | 'trades' | 'candles' | 'quote' | 'binary10', symbol: string, venue: string | null = null): string {
  return venue === null ? `${family}:${symbol}` : `${family}:${symbol}@${venue}`;
}

/** The key under which whole-market values travel in the `binary` channel. */
export const MARKET_WIDE_KEY = '*';
