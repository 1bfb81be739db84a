import type { BadInputEvent, CandleEvent, EventOrigin, QuoteEvent, TickerEvent, TradeEvent } from '@/core/market/events';
import type { KrakenBookMessage } from './book';
import type { KrakenPair } from './raw';

/** One entry of a data message. */
export type KrakenPart =
  | { readonly type: 'ticker'; readonly venueSymbol: string; readonly events: readonly (QuoteEvent | TickerEvent)[] }
  /** `order`: the venue's number of the trade, growing per symbol; null in v1, which has none. */
  | { readonly type: 'trade'; readonly venueSymbol: string; readonly snapshot: boolean; readonly order: number | null; readonly event: TradeEvent }
  /** A candle as far as it is known; the venue has no word for "closed". */
  | { readonly type: 'candle'; readonly venueSymbol: string; readonly event: CandleEvent }
  /** `depth`: levels subscribed to, when the message says so. */
  | { readonly type: 'book'; readonly venueSymbol: string; readonly symbol: string; readonly depth: number | null; readonly message: KrakenBookMessage }
  | KrakenBad;

export interface KrakenBad {
  readonly type: 'bad';
  readonly code: BadInputEvent['code'];
  readonly symbol: string | null;
  readonly detail: string;
  /** Set when a book message was lost by it: the book cannot be continued. */
  readonly book?: string;
}

/** What one frame means. */
export type KrakenMapped =
  | { readonly type: 'data'; readonly channel: string; readonly parts: readonly KrakenPart[] }
  | { readonly type: 'pairs'; readonly snapshot: boolean; readonly pairs: readonly KrakenPair[] }
  | { readonly type: 'ack'; readonly method: string; readonly channel: string; readonly venueSymbol: string | null; readonly depth: number | null }
  | { readonly type: 'refused'; readonly method: string; readonly id: number | null; readonly venueSymbol: string | null; readonly words: string }
  | { readonly type: 'status'; readonly system: string }
  /** Heartbeat, pong, or a channel that is not used here. */
  | { readonly type: 'ignored' }
  | KrakenBad;

/** A refused message. */
export function bad(code: BadInputEvent['code'], symbol: string | null, detail: string): KrakenBad {
  return { type: 'bad', code, symbol, detail };
}

/** Whose a message is, for the readers of both versions. */
export interface KrakenOrigins {
  /** Canonical symbol, or the refusal of a message about a symbol that nobody asked for. */
  known(channel: string, venueSymbol: unknown): { readonly venueSymbol: string; readonly symbol: string } | KrakenBad;
  origin(symbol: string, venueTime: number | null, receiveTime: number): EventOrigin;
}
