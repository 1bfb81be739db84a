import type { DataKind, Route } from '@/core/contract';
import type { BadInputEvent, EventOrigin, LevelChange, MarketInput, TickerEvent } from '@/core/market/events';
import { isDecimal } from './raw';

/** Content for one order book. `broken`: it could not be read, so the book is wrong from here on. */
export interface BookPart {
  readonly productId: string;
  readonly symbol: string;
  readonly action: 'snapshot' | 'update' | 'broken';
  readonly venueTime: number | null;
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
  readonly detail: string;
}

export interface Refusal {
  readonly code: BadInputEvent['code'];
  readonly symbol: string | null;
  readonly detail: string;
}

/** What one frame means. `sequence` counts the frames of a connection; null where the protocol has none. */
export type CoinbaseMapped = { readonly sequence: number | null; readonly refusals: readonly Refusal[] } & (
  | {
    readonly type: 'data';
    /** Subscriptions it belongs to, `channel:product`. */
    readonly streams: readonly string[];
    readonly events: readonly MarketInput[];
    readonly books: readonly BookPart[];
    /** First and last number of each product's trades where they are contiguous by rule (Exchange). */
    readonly contiguous: readonly { readonly productId: string; readonly symbol: string; readonly id: number }[];
  }
  /** Everything that is active, `channel:product`. */
  | { readonly type: 'ack'; readonly streams: readonly string[] }
  | { readonly type: 'error'; readonly words: string }
  | { readonly type: 'heartbeat' }
  /** Known and not used here. */
  | { readonly type: 'ignored' }
  | { readonly type: 'bad' }
);

export interface CoinbaseMapperOptions {
  readonly kind: DataKind;
  readonly route: Route;
  /** Canonical symbol of a product; null when it is not wanted. */
  readonly symbolOf: (productId: string) => string | null;
}

export type Fields = Readonly<Record<string, unknown>>;
export const VENUE = 'coinbase';

/** What a frame was found to hold so far. */
export class Findings {
  readonly streams = new Set<string>();
  readonly events: MarketInput[] = [];
  readonly books: BookPart[] = [];
  readonly refusals: Refusal[] = [];
  readonly contiguous: { readonly productId: string; readonly symbol: string; readonly id: number }[] = [];

  refuse(code: Refusal['code'], symbol: string | null, detail: string): void {
    this.refusals.push({ code, symbol, detail });
  }

  data(sequence: number | null): CoinbaseMapped {
    const { events, books, refusals, contiguous } = this;
    return { type: 'data', sequence, streams: [...this.streams], events, books, refusals, contiguous };
  }
}

/** Where an event comes from and when. */
export function origin(options: CoinbaseMapperOptions, symbol: string, venueTime: number | null, receiveTime: number): EventOrigin {
  return { venue: VENUE, kind: options.kind, route: options.route, symbol, venueTime, receiveTime };
}

/** A zero price means that there was no trade in 24 h: not known, never 0. */
export function tickerEvent(from: EventOrigin, values: Pick<TickerEvent, 'last' | 'open24h' | 'high24h' | 'low24h' | 'volume24h'>): TickerEvent {
  const price = (text: string | null) => (text !== null && Number(text) > 0 ? text : null);
  return { type: 'ticker', ...from, last: price(values.last), open24h: price(values.open24h), high24h: price(values.high24h), low24h: price(values.low24h), volume24h: values.volume24h };
}

/** Coinbase tells the side of the maker in `market_trades` and `match`; the taker's is the other one. */
export function takerSide(maker: unknown): 'buy' | 'sell' | 'unknown' {
  const side = typeof maker === 'string' ? maker.toUpperCase() : '';
  return side === 'SELL' ? 'buy' : side === 'BUY' ? 'sell' : 'unknown';
}

/** `bad_number` when a number is there and cannot be used, `bad_payload` when something is missing. */
export function numberFault(values: readonly unknown[]): Refusal['code'] {
  return values.some((v) => v !== undefined && (!isDecimal(v) || Number(v) === 0)) ? 'bad_number' : 'bad_payload';
}

/** A frame that is refused as a whole. */
export function bad(code: Refusal['code'], detail: string, sequence: number | null = null): CoinbaseMapped {
  return { type: 'bad', sequence, refusals: [{ code, symbol: null, detail }] };
}
