import type { EventOrigin, MarketInput } from '@/core/market/events';
import { isRecord } from '../base/json';
import { decimal } from './raw';
import { toRestName } from './symbols';

/**
 * Names under which REST answers about a pair: base and quote in one word, or in the old spelling with X before a currency of
 * its own and Z before money of states (`XXBTZUSD`, `XETHXXBT`, `USDTZUSD`).
 */
export function restKeys(venueSymbol: string): readonly string[] {
  const name = toRestName(venueSymbol);
  const quoteLength = toRestName(venueSymbol.split('/')[1] ?? '').length;
  const [base, quote] = [name.slice(0, -quoteLength), name.slice(-quoteLength)];
  return [name, `X${base}Z${quote}`, `X${base}X${quote}`, `${base}Z${quote}`];
}

/**
 * Body of REST `Ticker` as events; null when it is not one. `a`, `b`, `c`: price first; `a`, `b`: size last; `v`, `h`, `l`: today,
 * then the last 24 hours. `o` is today's first price and not that of 24 h ago, so that stays unknown; the answer has no time.
 * `{"error":[],"result":{"XBTUSDT":{"a":["105944.30000","1","1.000"],"b":[...],"c":["105899.40000","0.00009443"],"v":["0.78648221","163.28908096"],...,"o":"106021.60000"}}}`
 */
export function readTickers(body: unknown, served: ReadonlyMap<string, string>, at: number): readonly MarketInput[] | null {
  const result = isRecord(body) && isRecord(body.result) ? body.result : null;
  return result && [...served].flatMap(([venueSymbol, symbol]) => {
    const key = restKeys(venueSymbol).find((name) => isRecord(result[name]));
    return key === undefined ? [] : ticker(result[key], symbol, at);
  });
}

function ticker(entry: unknown, symbol: string, at: number): readonly MarketInput[] {
  const field = (key: string, index: number) => {
    const list = isRecord(entry) ? entry[key] : null;
    return decimal(Array.isArray(list) ? (list as readonly unknown[])[index] : null);
  };
  const price = (text: string | null) => (Number(text) > 0 ? text : null);
  const [last, bid, ask] = [price(field('c', 0)), price(field('b', 0)), price(field('a', 0))];
  if (last === null) return [];
  const origin: EventOrigin = { venue: 'kraken', kind: 'live', route: 'rest', symbol, venueTime: null, receiveTime: at };
  return [
    { type: 'ticker', ...origin, last, open24h: null, high24h: price(field('h', 1)), low24h: price(field('l', 1)), volume24h: field('v', 1) },
    { type: 'quote', ...origin, bid, bidSize: bid && field('b', 2), ask, askSize: ask && field('a', 2), updateId: null },
  ];
}
