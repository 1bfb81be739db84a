import type { ChangeOf } from '@/service';
import type { Stores } from './stores';

export const onMarket = ({ market }: Stores, change: ChangeOf<'market'>): void => market.applyQuotes(change);
export const onSparkline = ({ market }: Stores, change: ChangeOf<'sparkline'>): void => market.applySparklines(change);
export const onBook = ({ book }: Stores, change: ChangeOf<'book'>): void => book.apply(change);
export const onTrades = ({ tape }: Stores, { channel, items, replace, lost }: ChangeOf<'trades'>): void => tape.apply(channel, items, { replace, lost });
export const onCandles = ({ candles }: Stores, change: ChangeOf<'candles'>): void => candles.apply(change.channel, change);
export const onQuote = ({ venueQuotes }: Stores, change: ChangeOf<'quote'>): void => {
  if (change.symbol !== null) venueQuotes.apply(change.symbol, change);
};
