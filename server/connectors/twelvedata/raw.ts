import { isRecord } from '../base/json';

export type TwelveDataFields = Readonly<Record<string, unknown>>;

/**
 * `{"event":"price","symbol":"AAPL","currency":"USD","exchange":"NASDAQ","type":"Common Stock","timestamp":1643972766,"price":172.87,"day_volume":27631112}`;
 * currencies and crypto add `currency_base`, `currency_quote`, `bid`, `ask`. `timestamp` in seconds. https://twelvedata.com/docs#websocket
 */
export interface TwelveDataPrice {
  readonly symbol: string;
  readonly timestamp: number;
}

/**
 * `{"event":"subscribe-status","status":"error","success":[{"symbol":"AAPL","exchange":"NASDAQ",..}],"fails":[{"symbol":"GBP/USD"}]}`; either list may be
 * null, empty or absent. Names in it, whether written as objects or as bare texts.
 */
export function symbolsIn(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).flatMap((entry) => {
    const symbol = isRecord(entry) ? entry.symbol : entry;
    return typeof symbol === 'string' ? [symbol] : [];
  });
}

export interface TwelveDataFault {
  readonly code: number | null;
  readonly words: string;
}

/** `{"status":"error","code":401,"message":"..."}`: on the socket without `event`, by REST with HTTP 200 as well; null when it is none. */
export function faultOf(body: unknown): TwelveDataFault | null {
  if (!isRecord(body)) return null;
  const code = typeof body.code === 'number' ? body.code : null;
  if (body.status !== 'error' && !(code !== null && code >= 400 && typeof body.message === 'string')) return null;
  return { code, words: typeof body.message === 'string' && body.message !== '' ? body.message.slice(0, 160) : 'no reason given' };
}
