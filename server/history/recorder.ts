import { DATA_KINDS, parseChannel, TRADE_SIDES } from '@/core/contract';
import type { Bus } from '../bus/bus';
import type { HistoryWriter, StoredTrade } from './port';

/** Writes every closed candle, signal and trade that comes over the bus. Returns the function that ends it. */
export function recordFromBus(bus: Bus, history: Pick<HistoryWriter, 'writeCandle' | 'writeSignal' | 'writeTrade'>, keep: { readonly trades: boolean } = { trades: true }): () => void {
  /** Symbol of each channel of all a symbol's trades; null for every other channel. Channel names are as many as symbols. */
  const symbols = new Map<string, string | null>();
  const symbolOf = (name: string): string | null => {
    const known = symbols.get(name);
    if (known !== undefined) return known;
    const channel = parseChannel(name);
    const symbol = channel?.family === 'trades' && channel.venue === null ? channel.symbol : null;
    symbols.set(name, symbol);
    return symbol;
  };
  return bus.subscribe((message) => {
    if (message.type === 'log' && keep.trades) {
      const symbol = symbolOf(message.channel);
      if (symbol === null) return;
      for (const item of message.items) {
        const trade = tradeOf(symbol, item);
        // A replay's trades are in its recording; a copy would only take room.
        if (trade && trade.kind !== 'replay') history.writeTrade(trade);
      }
    }
    if (message.type !== 'output') return;
    const { output } = message;
    if (output.type === 'candle' && output.closed) history.writeCandle(output);
    else if (output.type === 'signal') history.writeSignal(output.record);
  });
}

/** An item of a trades channel; null for anything else. */
function tradeOf(symbol: string, item: unknown): StoredTrade | null {
  if (typeof item !== 'object' || item === null || !('id' in item && 'price' in item && 'size' in item && 't' in item && 'venue' in item && 'quality' in item && 'side' in item)) return null;
  const { id, price, size, t: time, venue, quality, side: taker } = item;
  const kind = DATA_KINDS.find((name) => name === quality);
  if (kind === undefined || typeof id !== 'string' || typeof price !== 'string' || typeof size !== 'string' || typeof time !== 'number' || typeof venue !== 'string') return null;
  return { symbol, kind, venue, id, time, price, size, side: TRADE_SIDES.find((side) => side === taker) ?? 'unknown' };
}
