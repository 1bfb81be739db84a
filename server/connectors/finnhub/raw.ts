import { isRecord } from '../base/json';

/**
 * One row of `{"data":[{"c":["1","8","24","12"],"p":122.1,"s":"TSLA","t":1672348887195,"v":1}],"type":"trade"}`: price `p`, symbol `s`,
 * time `t` in ms, volume `v` (0 = a price update, not a trade), condition codes `c` (may be empty, null or absent; not used).
 * https://finnhub.io/docs/api/websocket-trades
 */
export interface FinnhubTrade {
  readonly s: string;
  readonly p: number;
  readonly v: number;
  readonly t: number;
}

/**
 * REST `/quote`: `{"c":261.74,"d":-1.2,"dp":-0.46,"h":263.31,"l":260.68,"o":261.07,"pc":259.45,"t":1582641000}`, `t` in seconds. A symbol it does
 * not know has zeros everywhere. https://finnhub.io/docs/api/quote
 */
export interface FinnhubQuote {
  readonly c: number;
  readonly t: number;
}

export type FinnhubFields = Readonly<Record<string, unknown>>;

/** `{"type":"error","msg":"Subscribing to too many symbols"}` names no symbol. */
export function errorWords(frame: FinnhubFields): string {
  return typeof frame.msg === 'string' && frame.msg !== '' ? frame.msg.slice(0, 160) : 'no reason given';
}

export function isFinnhubQuote(body: unknown): body is FinnhubQuote & FinnhubFields {
  return isRecord(body) && typeof body.c === 'number' && Number.isFinite(body.c) && body.c >= 0 && typeof body.t === 'number';
}
