import type { EventOrigin, MarketInput } from '@/core/market/events';
import { isRecord } from '../base/json';
import { isDecimal, isTrade, timeOf } from './raw';

/**
 * Body of REST `products/{id}/ticker?limit=1` as events; null when it is not one. Its newest trade tells the last price and its
 * time; 24 h values are not part of it. The trade is no event of its own: polling would show some and miss the rest.
 * `{"trades":[{"trade_id":"995098663","product_id":"BTC-USD","price":"68923.67","size":"0.00064","time":"2026-04-07T00:28:58.544778Z","side":"SELL",...}],"best_bid":"68923.66","best_ask":"68923.67"}`
 */
export function readTicker(body: unknown, symbol: string, at: number): readonly MarketInput[] | null {
  if (!isRecord(body) || !Array.isArray(body.trades)) return null;
  const origin: EventOrigin = { venue: 'coinbase', kind: 'live', route: 'rest', symbol, venueTime: null, receiveTime: at };
  const newest: unknown = body.trades[0];
  const price = (value: unknown) => (isDecimal(value) && Number(value) > 0 ? value : null);
  const events: MarketInput[] = [{ type: 'quote', ...origin, bid: price(body.best_bid), bidSize: null, ask: price(body.best_ask), askSize: null, updateId: null }];
  if (isRecord(newest) && isTrade(newest)) {
    events.push({ type: 'ticker', ...origin, venueTime: timeOf(newest.time), last: newest.price, open24h: null, high24h: null, low24h: null, volume24h: null });
  }
  return events;
}
