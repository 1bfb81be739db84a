import type { MarketData, VenueQuoteData } from '@/core/contract';
import type { Quote, VenueQuote } from '@/core/market/outputs';

/** One instant of sending: what ages and timestamps of a frame are made from. */
export interface SendTime {
  /** Wall time as ISO text and in ms. */
  readonly iso: string;
  readonly wall: number;
  /** Feed clock, ms, and its speed against real time. */
  readonly feed: number;
  readonly speed: number;
}

export const finite = (n: number | null): number | null => (n !== null && Number.isFinite(n) ? n : null);

/** Does this value of the `market` channel have what a quote needs? The bus carries `unknown`. */
export function isQuote(value: unknown): value is Quote {
  return typeof value === 'object' && value !== null && 'symbol' in value && 'last' in value && 'receiveTime' in value && 'state' in value;
}

/** Age of something received at `receiveTime` on the feed clock, real ms; null when nothing was received. */
export function ageMs(receiveTime: number | null, time: SendTime): number | null {
  if (receiveTime === null || !(time.speed > 0)) return null;
  return finite(Math.max(0, Math.round((time.feed - receiveTime) / time.speed)));
}

/** Change against the price 24 h ago, percent, to four decimals; null when either price is unknown. */
export function changePercent(last: number | null, open: number | null): number | null {
  if (last === null || open === null || !(open > 0)) return null;
  return finite(Math.round((last / open - 1) * 1e6) / 1e4);
}

/** The wire form of a quote at the moment of sending. Keys are in the order of MARKET_COLUMNS. */
export function marketData(quote: Quote, time: SendTime): MarketData {
  return {
    price: finite(quote.last),
    bid: finite(quote.bid),
    ask: finite(quote.ask),
    bid_size: finite(quote.bidSize),
    ask_size: finite(quote.askSize),
    open_24h: finite(quote.open24h),
    change_24h: changePercent(quote.last, quote.open24h),
    high_24h: finite(quote.high24h),
    low_24h: finite(quote.low24h),
    volume_24h: finite(quote.volume24h),
    source: quote.venue,
    quality: quote.kind,
    route: quote.route,
    state: quote.state,
    venue_time: quote.venueTime === null ? null : finite(Math.round(quote.venueTime)),
    age_ms: ageMs(quote.receiveTime, time),
  };
}

/** Does this value of a `quote:` channel have what a venue's quote needs? */
export function isVenueQuote(value: unknown): value is VenueQuote {
  return typeof value === 'object' && value !== null && 'venue' in value && 'activity' in value && 'receiveTime' in value && 'leads' in value;
}

/** The wire form of what one venue says, at the moment of sending. */
export function venueQuoteData(quote: VenueQuote, time: SendTime): VenueQuoteData {
  const { kind, route, state, activity, leads, note } = quote;
  return {
    price: finite(quote.last),
    bid: finite(quote.bid),
    ask: finite(quote.ask),
    bid_size: finite(quote.bidSize),
    ask_size: finite(quote.askSize),
    volume_24h: finite(quote.volume24h),
    quality: kind,
    route,
    state,
    activity,
    per_minute: finite(quote.perMinute),
    usual_per_minute: finite(quote.usualPerMinute),
    leads,
    venue_time: finite(quote.venueTime),
    age_ms: ageMs(quote.receiveTime, time),
    note: note.slice(0, 256),
  };
}

function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`not a finite number: ${key}`);
  return value;
}

/** JSON text of a payload; null when it holds a number JSON cannot write, so that nothing false is ever sent. */
export function payloadText(value: unknown): string | null {
  try {
    return JSON.stringify(value, refuseNonFinite) ?? null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The `symbol` field of a log item; null when it has none. */
export function symbolOf(value: unknown): string | null {
  const symbol = typeof value === 'object' && value !== null && 'symbol' in value ? value.symbol : null;
  return typeof symbol === 'string' ? symbol : null;
}
