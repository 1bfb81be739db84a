import type { CandleData, Interval, TradeItem } from '@/core/contract';
import type { CandleOutput, TradeOutput } from '@/core/market/outputs';

/** Key of a candle in its channel. */
export function candleKey(interval: Interval, openTime: number): string {
  return `${interval}|${openTime}`;
}

export function candleData({ interval, candle, closed, kind }: Pick<CandleOutput, 'interval' | 'candle' | 'closed' | 'kind'>): CandleData {
  const { openTime, open, high, low, close, volume } = candle;
  return { interval, open_time: openTime, open, high, low, close, volume, closed, quality: kind };
}

/** An item of a trades channel; the hub adds its number. */
export function tradeItem({ id, price, size, side, time, venue, kind }: TradeOutput): Omit<TradeItem, 'seq'> {
  return { id, price, size, side, t: time, venue, quality: kind };
}
