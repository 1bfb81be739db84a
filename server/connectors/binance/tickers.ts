import type { EventOrigin, MarketInput } from '@/core/market/events';
import { isRecord } from '../base/json';
import { isDecimal, isId, isPositive, toMs } from './raw';

/**
 * Body of REST `/ticker/24hr` as events; null when it is not one. Entries that are unreadable or not wanted are skipped.
 * `{"symbol":"BTCUSDT","lastPrice":"6705.82000000","bidPrice":"6705.88000000","bidQty":"0.18401100","askPrice":"6706.21000000","askQty":"0.19518800","openPrice":"6872.64000000","highPrice":"6933.00000000","lowPrice":"6680.10000000","volume":"57857.49485700","closeTime":1586991278494,...}`
 */
export function readTickers(body: unknown, symbolOf: (venueSymbol: string) => string | null, at: number): readonly MarketInput[] | null {
  const list: readonly unknown[] | null = Array.isArray(body) ? (body as readonly unknown[]) : isRecord(body) && typeof body.symbol === 'string' ? [body] : null;
  return list && list.flatMap((entry) => (isRecord(entry) && typeof entry.symbol === 'string' ? ticker(entry, symbolOf(entry.symbol), at) : []));
}

function ticker(f: Readonly<Record<string, unknown>>, symbol: string | null, at: number): readonly MarketInput[] {
  const { lastPrice: last, openPrice: open24h, highPrice: high24h, lowPrice: low24h, volume: volume24h, bidPrice, bidQty, askPrice, askQty, closeTime } = f;
  // A symbol that did not trade in 24 h has zeros: not a price.
  if (symbol === null || !isPositive(last) || !isPositive(open24h) || !isPositive(high24h) || !isPositive(low24h) || !isDecimal(volume24h) || !isId(closeTime)) return [];
  const origin: EventOrigin = { venue: 'binance', kind: 'live', route: 'rest', symbol, venueTime: toMs(closeTime), receiveTime: at };
  const events: MarketInput[] = [{ type: 'ticker', ...origin, last, open24h, high24h, low24h, volume24h }];
  if (!isDecimal(bidPrice) || !isDecimal(bidQty) || !isDecimal(askPrice) || !isDecimal(askQty)) return events;
  const side = (price: string, size: string) => (Number(price) > 0 ? { price, size } : { price: null, size: null });
  const [bid, ask] = [side(bidPrice, bidQty), side(askPrice, askQty)];
  // The time is that of the 24 h statistics; the best prices have none.
  return [...events, { type: 'quote', ...origin, venueTime: null, bid: bid.price, bidSize: bid.size, ask: ask.price, askSize: ask.size, updateId: null }];
}
