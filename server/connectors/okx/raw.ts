import { isDecimal, isPositive } from '../base/decimalText';

export { isDecimal, isPositive };

/**
 * Payloads of OKX v5 public channels (spot) as they come over the wire. They die in the mapper. Numbers are strings unless noted.
 * https://www.okx.com/docs-v5/en/#public-data and the 2026 announcements named in book.ts.
 */

/** `{"instId":"BTC-USDT","tradeId":"1040968613","px":"64040.2","sz":"0.00240857","side":"buy","ts":"1786538760218","count":"2","source":"0","seqId":79706765242}` */
export interface OkxTrade {
  readonly instId: string;
  /** Id of the newest of the `count` trades merged in this message. */
  readonly tradeId: string;
  readonly px: string;
  readonly sz: string;
  /** Side of the taker. */
  readonly side: 'buy' | 'sell';
  readonly ts: string;
}

/** `{"instType":"SPOT","instId":"BTC-USDT","last":"64028.6","lastSz":"0.0011553","askPx":"64028.7","askSz":"2.31126955","bidPx":"64028.6","bidSz":"0.00503393","open24h":"64324","high24h":"64496.9","low24h":"63237.6",...,"vol24h":"5874.19398956","ts":"1786538789464"}` */
export interface OkxTicker {
  readonly last: string;
  readonly askPx: string;
  readonly askSz: string;
  readonly bidPx: string;
  readonly bidSz: string;
  readonly open24h: string;
  readonly high24h: string;
  readonly low24h: string;
  /** Base volume for spot; contracts for derivatives. */
  readonly vol24h: string;
  readonly ts: string;
}

/** `["64073.1","1.07909367","0","8"]`: price, size, deprecated, number of orders. */
export type OkxLevel = readonly [price: string, size: string, ...rest: unknown[]];

/** `{"asks":[["64073.1","1.07909367","0","8"]],"bids":[...],"instId":"BTC-USDT","ts":"1786538744703","seqId":79706756139}`; `books` adds `"checksum":0,"prevSeqId":-1`. */
export interface OkxDepth {
  readonly asks: readonly OkxLevel[];
  readonly bids: readonly OkxLevel[];
  readonly ts: string;
  /** Number; absent before 2022-12. */
  readonly seqId?: number;
  readonly prevSeqId?: number;
  /** Number, signed 32 bit; 0 since 2026-06-23. */
  readonly checksum?: number;
}

/** `["1786538760000","64040.2","64040.2","64025.7","64033.5","2.16787395","138825.2","138825.2","0"]`: open time, o, h, l, c, base volume, ..., confirm ("1" = closed). */
export type OkxCandle = readonly string[];

/** One entry of REST `/public/instruments`, reduced to what is used. */
export interface OkxInstrument {
  readonly instId: string;
  readonly base: string;
  readonly quote: string;
  /** `live`, `suspend`, `preopen`, ... */
  readonly state: string;
  readonly tickSize: number;
  readonly lotSize: number;
}

type Fields = Readonly<Record<string, unknown>>;
const TIME = /^\d{1,15}$/;

/** A decimal text, or the empty text with which OKX says "none". */
export function isDecimalOrNone(value: unknown): value is string {
  return value === '' || isDecimal(value);
}

/** A whole number as text, exact as a number: a time in ms or an id. */
export function isWhole(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value);
}

export function isTrade(f: Fields): f is Fields & OkxTrade {
  return isWhole(f.tradeId) && isPositive(f.px) && isPositive(f.sz) && (f.side === 'buy' || f.side === 'sell') && isWhole(f.ts);
}

export function isTicker(f: Fields): f is Fields & OkxTicker {
  return isWhole(f.ts) && [f.last, f.askPx, f.askSz, f.bidPx, f.bidSz, f.open24h, f.high24h, f.low24h, f.vol24h].every(isDecimalOrNone);
}

function isLevels(value: unknown): value is readonly OkxLevel[] {
  return Array.isArray(value) && value.every((l: unknown) => Array.isArray(l) && l.length >= 2 && isPositive(l[0]) && isDecimal(l[1]));
}

export function isDepth(f: Fields): f is Fields & OkxDepth {
  const whole = (value: unknown) => value === undefined || Number.isSafeInteger(value);
  return isLevels(f.asks) && isLevels(f.bids) && isWhole(f.ts) && whole(f.seqId) && whole(f.prevSeqId) && whole(f.checksum);
}

export function isCandle(row: unknown): row is OkxCandle {
  if (!Array.isArray(row)) return false;
  const [open, o, h, l, c, volume, ...rest] = row as readonly unknown[];
  const confirm = rest.at(-1);
  return isWhole(open) && [o, h, l, c].every(isPositive) && isDecimal(volume) && (confirm === '0' || confirm === '1');
}
