import { parseChannel, type ChannelFamily } from '@/core/contract';
import { venueName } from '@/core/market/venueNames';

const NAMES: Readonly<Record<ChannelFamily, string>> = {
  market: 'Prices', sparkline: 'Last-hour lines', quote: 'Venue quotes', book: 'Order book', trades: 'Trades', candles: 'Candles', signals: 'Signals', ratings: 'Ratings', binary: 'Forecasts', binary10: 'Forecasts for 10 s',
};

/** A channel in words: `Order book of BTC/USDT at Kraken`. A name that is no channel stays as it is. */
export function channelName(name: string): string {
  const channel = parseChannel(name);
  if (!channel) return name;
  const { family, symbol, venue } = channel;
  return `${NAMES[family]}${symbol === null ? '' : ` of ${symbol}`}${venue === null ? '' : ` at ${venueName(venue)}`}`;
}
