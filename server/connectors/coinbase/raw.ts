import { isDecimal, isPositive } from '../base/decimalText';

export { isDecimal, isPositive };

/**
 * Payloads of Coinbase as they come over the wire: Advanced Trade (`channel`), and the older Exchange feed (`type`). They die
 * in the mappers. Every number that counts is a string.
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels (2026)
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 */

/** Within `market_trades`: `{"product_id":"BTC-USD","trade_id":"1068572090","price":"65083.67","size":"0.002186","time":"2026-08-09T21:05:42.514318Z","side":"SELL"}` */
export interface CoinbaseTrade {
  readonly product_id: string;
  readonly trade_id: string;
  readonly price: string;
  readonly size: string;
  readonly time: string;
  /** Side of the maker. */
  readonly side: string;
}

/** Within `ticker`; the time is in the envelope: `{"type":"ticker","product_id":"BTC-USD","price":"65086.18","volume_24_h":"2867.54532609","low_24_h":"64675.22","high_24_h":"65252.99","price_percent_chg_24_h":"0.09601107287722","best_bid":"65083.66","best_ask":"65083.67","best_bid_quantity":"0.20371215","best_ask_quantity":"0.24290402"}` */
export interface CoinbaseTicker {
  readonly price: string;
  readonly volume_24_h: string;
  readonly low_24_h: string;
  readonly high_24_h: string;
  readonly best_bid: string;
  readonly best_ask: string;
  readonly best_bid_quantity: string;
  readonly best_ask_quantity: string;
}

/** Within `candles` (5 minutes) and REST `candles`: `{"start":"1786279500","high":"1916.6","low":"1915.91","open":"1916.11","close":"1916.02","volume":"13.9044026","product_id":"ETH-USD"}`; start in s. */
export interface CoinbaseCandle {
  readonly start: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** Within `l2_data`: `{"side":"bid","event_time":"2026-08-09T21:05:48.170326Z","price_level":"65083.66","new_quantity":"0.20371215"}`; "0" removes. */
export interface CoinbaseLevel {
  readonly side: 'bid' | 'offer';
  readonly price_level: string;
  readonly new_quantity: string;
}

/** Exchange `match`: `{"type":"match","trade_id":280232,"side":"sell","size":"985","price":"0.00001305","product_id":"SKL-BTC","sequence":177100030,"time":"2021-04-17T16:43:37.089723Z"}` */
export interface CoinbaseMatch {
  readonly trade_id: number;
  readonly price: string;
  readonly size: string;
  readonly time: string;
  /** Side of the maker. */
  readonly side: string;
}

/** Exchange `snapshot`, `l2update`: `["14.8024","12.77"]`, `["sell","0.00001306","660.5"]` */
export type ExchangeLevel = readonly [price: string, size: string];
export type ExchangeChange = readonly [side: 'buy' | 'sell', price: string, size: string];

/** One entry of REST `products`, reduced to what is used. */
export interface CoinbaseProduct {
  readonly productId: string;
  readonly base: string;
  readonly quote: string;
  readonly trading: boolean;
  /** `price_increment` and `base_increment` as numbers. */
  readonly tickSize: number;
  readonly lotSize: number;
  /** The product whose book it shares and under whose name it is answered; empty when it has its own. */
  readonly alias: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** An RFC 3339 time of up to nanoseconds in ms since the epoch, fraction kept; null when it is none. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z$/.exec(value);
  const seconds = parts ? Date.parse(`${parts[1]}Z`) : Number.NaN;
  return Number.isNaN(seconds) ? null : seconds + Math.floor(Number(parts?.[2] ?? 0) * 1e6) / 1e3;
}

export function isTrade(f: Fields): f is Fields & CoinbaseTrade {
  return typeof f.trade_id === 'string' && /^[\w-]{1,64}$/.test(f.trade_id) && isPositive(f.price) && isPositive(f.size) && timeOf(f.time) !== null;
}

export function isTicker(f: Fields): f is Fields & CoinbaseTicker {
  return [f.price, f.volume_24_h, f.low_24_h, f.high_24_h, f.best_bid, f.best_ask, f.best_bid_quantity, f.best_ask_quantity].every(isDecimal);
}

export function isCandle(f: Fields): f is Fields & CoinbaseCandle {
  return typeof f.start === 'string' && /^\d{1,11}$/.test(f.start) && [f.open, f.high, f.low, f.close].every(isPositive) && isDecimal(f.volume);
}

export function isLevel(f: Fields): f is Fields & CoinbaseLevel {
  return (f.side === 'bid' || f.side === 'offer') && isPositive(f.price_level) && isDecimal(f.new_quantity);
}

export function isMatch(f: Fields): f is Fields & CoinbaseMatch {
  return Number.isSafeInteger(f.trade_id) && isPositive(f.price) && isPositive(f.size) && timeOf(f.time) !== null;
}

export function isExchangeLevels(value: unknown): value is readonly ExchangeLevel[] {
  return Array.isArray(value) && value.every((l: unknown) => Array.isArray(l) && isPositive(l[0]) && isDecimal(l[1]));
}

export function isExchangeChanges(value: unknown): value is readonly ExchangeChange[] {
  return Array.isArray(value) && value.every((c: unknown) => Array.isArray(c) && (c[0] === 'buy' || c[0] === 'sell') && isPositive(c[1]) && isDecimal(c[2]));
}
