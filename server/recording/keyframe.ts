import { INTERVAL_MS, type FeedStateName } from '@/core/contract';
import type { Engine } from '@/core/engine';
import { ROLLED } from '@/core/market/candles';
import type { BookEvent, CandleEvent, InputEvent, QuoteEvent, TickerEvent } from '@/core/market/events';

/** What a keyframe needs to know. */
export interface KeyframePorts {
  readonly engine: Pick<Engine, 'mode' | 'instruments' | 'venueQuotes' | 'candles' | 'books' | 'book' | 'quote'>;
  feeds(): readonly { readonly id: string; readonly state: FeedStateName; readonly reason: string }[];
}

/** Candles per series given as the past: enough for every rating. */
const PAST = 300;

const text = (value: number | null): string | null => (value === null ? null : String(value));

/** Mode, sources and instruments: what stands at the head of a recording that begins in the middle. */
export function headOf({ engine, feeds }: KeyframePorts, receiveTime: number): InputEvent[] {
  return [
    { type: 'mode', mode: engine.mode, reason: 'the recording begins here, in the middle', receiveTime },
    ...feeds().map(({ id, state, reason }): InputEvent => ({ type: 'feedStatus', venue: id, state, reason, receiveTime })),
    ...engine.instruments().map((instrument): InputEvent => ({ type: 'instrument', venue: instrument.venues[0] ?? 'engine', instrument, receiveTime })),
  ];
}

/** Candles that were closed before `before`, ms, as history: so that ratings need not begin anew. Told then, after the values, some of which are older. */
export function pastOf({ engine }: KeyframePorts, before: number): CandleEvent[] {

  return engine.instruments().flatMap(({ symbol }) => ROLLED.flatMap((interval) => {
    const { venue = '', kind = 'live' } = engine.quote(symbol) ?? {};
    const length = INTERVAL_MS[interval];
    return engine.candles(symbol, interval, PAST).filter((candle) => candle.openTime + length <= before).map((candle): CandleEvent => ({
      type: 'candle', venue: venue === '' ? 'engine' : venue, kind, route: 'history', symbol, venueTime: candle.openTime + length, receiveTime: before, interval, closed: true, ...candle,
    }));
  }));
}

/**
 * What each venue says of every symbol, each value at its own time of receipt, oldest first: old values stay old.
 *
 * @param quoting whether a venue quotes a symbol by itself; else its quotes are read from its book.
 */
export function valuesOf({ engine }: KeyframePorts, quoting: (venue: string, symbol: string) => boolean): InputEvent[] {
  const values = engine.instruments().flatMap(({ symbol }) => engine.venueQuotes(symbol).flatMap((quote): InputEvent[] => {
    if (quote.receiveTime === null) return [];
    const origin = { venue: quote.venue, kind: quote.kind, route: quote.route, symbol, venueTime: quote.venueTime, receiveTime: quote.receiveTime };
    const ticker: TickerEvent = { ...origin, type: 'ticker', last: text(quote.last), open24h: null, high24h: null, low24h: null, volume24h: text(quote.volume24h) };
    if (!quoting(quote.venue, symbol) || (quote.bid === null && quote.ask === null)) return [ticker];
    const prices: QuoteEvent = { ...origin, type: 'quote', bid: text(quote.bid), bidSize: text(quote.bidSize), ask: text(quote.ask), askSize: text(quote.askSize), updateId: null };
    return [ticker, prices];
  }));
  return values.sort((a, b) => a.receiveTime - b.receiveTime);
}

/** One venue's whole book as a snapshot; null when there is none that is good. */
export function bookOf({ engine }: KeyframePorts, venue: string, symbol: string, receiveTime: number): BookEvent | null {
  const book = engine.book(venue, symbol, Infinity);
  if (!book || book.state !== 'ok') return null;
  return { type: 'book', action: 'snapshot', venue, kind: book.kind, route: 'socket', symbol, venueTime: book.venueTime, receiveTime, updateId: book.updateId, bids: book.bids, asks: book.asks };
}
