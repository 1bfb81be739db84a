import type { BookStateName, DataKind, FeedMode, FeedStateName, Interval, Route, TradeSide } from '../contract';
import type { Instrument } from './instrument';

/**
 * Input events of the engine, normalised by connectors. `receiveTime` is the time of receipt on the feed clock (wall time when
 * live, recorded time in a replay, simulated time in the simulator) and never decreases in the engine's total order;
 * `venueTime` is the venue's own time, null when it gives none. All times are ms since the Unix epoch, fractions allowed.
 */
export interface EventOrigin {
  readonly venue: string;
  readonly kind: DataKind;
  readonly route: Route;
  readonly symbol: string;
  readonly venueTime: number | null;
  readonly receiveTime: number;
}

/** A decimal as the venue wrote it. */
export type DecimalString = string;

/** Best bid and ask. A null side is empty; an absent side is unchanged. */
export interface QuoteEvent extends EventOrigin {
  readonly type: 'quote';
  readonly bid: DecimalString | null;
  readonly bidSize: DecimalString | null;
  readonly ask: DecimalString | null;
  readonly askSize: DecimalString | null;
  /** Venue's own number of this state, for ordering; null when there is none. */
  readonly updateId: number | null;
}

export interface TradeEvent extends EventOrigin {
  readonly type: 'trade';
  /** Venue's id, unique per venue and symbol; used to drop duplicates across a reconnect. */
  readonly id: string;
  readonly price: DecimalString;
  readonly size: DecimalString;
  /** Side of the taker. */
  readonly side: TradeSide;
}

/** Rolling 24 h statistics and last price as the venue computes them. null = not given. */
export interface TickerEvent extends EventOrigin {
  readonly type: 'ticker';
  readonly last: DecimalString | null;
  readonly open24h: DecimalString | null;
  readonly high24h: DecimalString | null;
  readonly low24h: DecimalString | null;
  /** Base volume of 24 h. */
  readonly volume24h: DecimalString | null;
}

/** A candle made by the venue (stream or REST backfill) or read from history. Closed ones replace our own of that bucket. */
export interface CandleEvent extends EventOrigin {
  readonly type: 'candle';
  readonly interval: Interval;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly closed: boolean;
}

export type LevelChange = readonly [price: DecimalString, size: DecimalString];

/** Order-book content, already sequenced by the connector. A snapshot replaces, a delta sets sizes ("0" removes). */
export interface BookEvent extends EventOrigin {
  readonly type: 'book';
  readonly action: 'snapshot' | 'delta';
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
  readonly updateId: number | null;
}

/** Integrity of a venue's book changed; anything but `ok` stops it from being published as good, in the same step. */
export interface BookStateEvent extends EventOrigin {
  readonly type: 'bookState';
  readonly state: BookStateName;
  readonly reason: string;
}

/** State of a whole venue connection. Flows down to hub and view like a price. */
export interface FeedStatusEvent {
  readonly type: 'feedStatus';
  readonly venue: string;
  readonly state: FeedStateName;
  /** In plain words, with the next step where there is one: "no data for 14 s, trying again in 3 s". */
  readonly reason: string;
  readonly receiveTime: number;
}

/** A connector found facts of an instrument (tick size, lot size) or a new instrument. */
export interface InstrumentEvent {
  readonly type: 'instrument';
  readonly venue: string;
  readonly instrument: Instrument;
  readonly receiveTime: number;
}

/** A payload the mapper refused, or a value it could not read. */
export interface BadInputEvent {
  readonly type: 'badInput';
  readonly venue: string;
  readonly symbol: string | null;
  readonly code: 'bad_json' | 'unknown_type' | 'unknown_symbol' | 'bad_payload' | 'bad_number';
  readonly detail: string;
  readonly receiveTime: number;
}

/** What the server as a whole shows changed. The engine drops every value of another kind. */
export interface ModeEvent {
  readonly type: 'mode';
  readonly mode: FeedMode;
  readonly reason: string;
  readonly receiveTime: number;
  /** Feed time per real time, 1 when absent: what is sent by time is sent that much more rarely in feed time, for the same reader. */
  readonly speed?: number;
}

/** Time passed. Injected by the pipeline at least once a second of feed time. */
export interface ClockEvent {
  readonly type: 'clock';
  readonly receiveTime: number;
}

export type MarketInput = QuoteEvent | TradeEvent | TickerEvent | CandleEvent | BookEvent | BookStateEvent;
export type InputEvent = MarketInput | FeedStatusEvent | InstrumentEvent | BadInputEvent | ModeEvent | ClockEvent;
