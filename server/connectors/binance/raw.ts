import { isDecimal, isPositive } from '../base/decimalText';

export { isDecimal, isPositive };

/**
 * Payloads of Binance spot as they come over the wire. They die in the mapper. Every number that counts is a string.
 * https://github.com/binance/binance-spot-api-docs/blob/master/web-socket-streams.md (June 2026)
 */

/** `{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}` */
export interface BinanceTrade {
  readonly E: number;
  readonly s: string;
  readonly t: number;
  readonly p: string;
  readonly q: string;
  readonly T: number;
  /** The buyer was the maker, so the taker sold. */
  readonly m: boolean;
}

/** `{"e":"aggTrade","E":1633998523963,"s":"NKNUSDT","a":15683430,"p":"0.35280000","q":"58.00000000","f":19862790,"l":19862790,"T":1633998523963,"m":false,"M":true}` */
export interface BinanceAggTrade extends Omit<BinanceTrade, 't'> {
  readonly a: number;
}

/** No event type and no time: `{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}` */
export interface BinanceBookTicker {
  readonly u: number;
  readonly s: string;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

/**
 * `{"e":"24hrMiniTicker","E":1786539510015,"s":"BTCUSDT","c":"64117.99000000","o":"64330.60000000","h":"64500.00000000","l":"63238.00000000","v":"14724.65375000","q":"940099726.82861850"}`;
 * the full `24hrTicker` carries the same keys with the same meaning.
 */
export interface BinanceMiniTicker {
  readonly E: number;
  readonly s: string;
  readonly c: string;
  readonly o: string;
  readonly h: string;
  readonly l: string;
  readonly v: string;
}

/** `{"e":"kline","E":1633998523963,"s":"NKNUSDT","k":{"t":1633998480000,"T":1633998539999,"i":"1m","o":"0.35270000","c":"0.35280000","h":"0.35280000","l":"0.35220000","v":"25877.00000000","x":false,...}}` */
export interface BinanceKline {
  readonly t: number;
  readonly i: string;
  readonly o: string;
  readonly h: string;
  readonly l: string;
  readonly c: string;
  readonly v: string;
  /** The candle is closed. */
  readonly x: boolean;
}

export type BinanceLevel = readonly [price: string, size: string];

/** `{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,"b":[["61737.63000000","0.00000000"]],"a":[]}` */
export interface BinanceDepthUpdate {
  readonly E: number;
  readonly s: string;
  readonly U: number;
  readonly u: number;
  readonly b: readonly BinanceLevel[];
  readonly a: readonly BinanceLevel[];
}

/** REST `/api/v3/depth`: `{"lastUpdateId":50093239218,"bids":[["61837.63000000","3.78826000"]],"asks":[["61837.64000000","1.60520000"]]}` */
export interface BinanceDepthSnapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly BinanceLevel[];
  readonly asks: readonly BinanceLevel[];
}

/** One entry of REST `/api/v3/exchangeInfo`, reduced to what is used. */
export interface BinanceSymbol {
  readonly symbol: string;
  readonly status: string;
  readonly base: string;
  readonly quote: string;
  /** PRICE_FILTER.tickSize and LOT_SIZE.stepSize as numbers. */
  readonly tickSize: number;
  readonly lotSize: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** An integer that survived `JSON.parse` exactly. */
export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Times are ms, or us when the stream was asked for them; both come out in ms. */
export function toMs(time: number): number {
  return time > 1e14 ? time / 1_000 : time;
}

export function isTrade(f: Fields): f is Fields & BinanceTrade {
  return isId(f.t) && isTradeBody(f);
}

export function isAggTrade(f: Fields): f is Fields & BinanceAggTrade {
  return isId(f.a) && isTradeBody(f);
}

function isTradeBody(f: Fields): boolean {
  return isPositive(f.p) && isPositive(f.q) && isId(f.T) && typeof f.m === 'boolean';
}

export function isBookTicker(f: Fields): f is Fields & BinanceBookTicker {
  return isId(f.u) && isDecimal(f.b) && isDecimal(f.B) && isDecimal(f.a) && isDecimal(f.A);
}

export function isMiniTicker(f: Fields): f is Fields & BinanceMiniTicker {
  return isId(f.E) && [f.c, f.o, f.h, f.l].every(isDecimal) && isDecimal(f.v);
}

export function isKline(f: Fields): f is Fields & BinanceKline {
  return isId(f.t) && typeof f.i === 'string' && [f.o, f.h, f.l, f.c].every(isPositive) && isDecimal(f.v) && typeof f.x === 'boolean';
}

export function isLevels(value: unknown): value is readonly BinanceLevel[] {
  return Array.isArray(value) && value.every((l: unknown) => Array.isArray(l) && l.length >= 2 && isPositive(l[0]) && isDecimal(l[1]));
}

export function isDepthUpdate(f: Fields): f is Fields & BinanceDepthUpdate {
  return isId(f.E) && isId(f.U) && isId(f.u) && f.U <= f.u && isLevels(f.b) && isLevels(f.a);
}

export function isDepthSnapshot(f: Fields): f is Fields & BinanceDepthSnapshot {
  return isId(f.lastUpdateId) && isLevels(f.bids) && isLevels(f.asks);
}
