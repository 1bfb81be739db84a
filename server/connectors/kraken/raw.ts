import type { LevelChange } from '@/core/market/events';
import { plainDecimal } from '@/core/util/decimal';
import { isDecimal } from '../base/decimalText';
import { parseJson } from '../base/json';

/**
 * Payloads of Kraken spot as they come over the wire; they die in the mapper. https://docs.kraken.com/api/docs/websocket-v2/ (2026)
 *
 * v2 writes prices and sizes as JSON numbers whose trailing zeros count for the checksum, so every number is kept as its text:
 * `{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":[{"price":85600.5,"qty":1.12287714}],"checksum":402752521,"timestamp":"2026-10-06T08:04:56.153890Z"}]}`
 * `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":63297.8,"qty":0.00312,"ord_type":"limit","trade_id":71234567,"timestamp":"2026-08-12T19:29:00.921195Z"}]}`
 * `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":63297.7,"bid_qty":5.45673101,"ask":63297.8,"ask_qty":0.36974422,"last":63297.8,"volume":1020.88391276,"vwap":63685.7,"low":63250.0,"high":64409.2,"change":0.7,"change_pct":0.00,"trades":47536,"timestamp":"2026-08-12T19:29:02.066592Z"}]}`
 * `{"channel":"ohlc","type":"update","timestamp":"2026-08-12T19:28:44.084233010Z","data":[{"symbol":"BTC/USD","open":63301.6,"high":63301.6,"low":63297.7,"close":63297.7,"trades":27,"volume":0.04121249,"vwap":63298.2,"interval_begin":"2026-08-12T19:28:00.000000000Z","interval":1}]}`
 *
 * v1 (frozen, read from recordings only) writes texts in arrays:
 * `[992,{"b":[["354.12000000","0.00000000","1618678133.366461"]],"c":"1822697057"},"book-1000","XMR/USD"]`
 * `[993,[["354.11000000","0.89594024","1618678142.557535","s","l",""]],"trade","XMR/USD"]`
 */
export type KrakenFields = Readonly<Record<string, unknown>>;

/** One pair of the `instrument` channel or of REST `AssetPairs`, reduced to what is used. `symbol` is the v2 name. */
export interface KrakenPair {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly status: string;
  readonly tickSize: number;
  readonly lotSize: number;
}

/** A text or a number of JSON: what is no number of JSON is cut into two values without a comma, which nothing parses. */
const NUMBER_OR_STRING = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const EXPONENT = /^\d{1,20}(\.\d{1,20})?[eE]-?\d{1,2}$/;

/** Parsed JSON with every number as the text that was sent: ids above 2^53 and trailing zeros survive. undefined when it is no JSON. */
export function parseExact(json: string): unknown {
  return parseJson(json.replace(NUMBER_OR_STRING, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

/** A decimal text that is not negative, without exponent; null when the value is none. */
export function decimal(value: unknown): string | null {
  if (isDecimal(value)) return value;
  return typeof value === 'string' && EXPONENT.test(value) ? plainDecimal(value) : null;
}

/** A decimal text above zero, or null. */
export function positive(value: unknown): string | null {
  const text = decimal(value);
  return text !== null && Number(text) > 0 ? text : null;
}

/** A whole number of at most 20 digits as text, or null. */
export function wholeText(value: unknown): string | null {
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? value : null;
}

/** RFC 3339 in UTC with any fraction to ms since the epoch, microseconds kept; null when it is none. */
export function timeOf(value: unknown): number | null {
  const match = typeof value === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z?$/.exec(value) : null;
  const ms = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  return Number.isFinite(ms) ? ms + Number(`0.${match?.[2] ?? 0}`) * 1_000 : null;
}

/** Seconds with a fraction, as v1 writes them, to ms; null when it is none. */
export function secondsOf(value: unknown): number | null {
  const text = decimal(value);
  return text === null || Number(text) <= 0 ? null : Number(text) * 1_000;
}

/** Levels from pairs of price and size; null when one of them cannot be read. */
export function levelsOf(pairs: readonly (readonly [price: unknown, size: unknown])[]): LevelChange[] | null {
  const levels: LevelChange[] = [];
  for (const [rawPrice, rawSize] of pairs) {
    const price = positive(rawPrice);
    const size = decimal(rawSize);
    if (price === null || size === null) return null;
    levels.push([price, size]);
  }
  return levels;
}
