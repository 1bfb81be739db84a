/** The wire contract between server and clients. The only door: nobody imports past this file. */
export * from './version';
export * from './channels';
export * from './limits';
export * from './codes';
export { DATA_KINDS, FEED_MODES, type DataKind, type FeedMode } from './primitives';
export { MARKET_COLUMNS, MarketData, QUOTE_STATES, ROUTES, SparklineData, type QuoteStateName, type Route } from './messages/market';
export { ACTIVITIES, VenueQuoteData, type ActivityName } from './messages/venueQuote';
export { TRADE_SIDES, TradeItem, type TradeSide } from './messages/trades';
export { BOOK_STATES, BookSnapshotMessage, BookUpdateMessage, type BookStateName } from './messages/book';
export { CandleData, INTERVAL_MS, INTERVALS, isInterval, type Interval } from './messages/candles';
export { ACTIONS, RatingData, SignalRecord, SignalTrack, STRENGTHS, Vote, type Action, type Strength } from './messages/signals';
export { BinaryData, Breadth, CALLS, SentimentHorizon, SentimentTrack, type Call } from './messages/sentiment';
export { FEED_STATES, FeedSummary, HeartbeatMessage, ReceiptMessage, StatusMessage, type FeedStateName } from './messages/status';
export * from './messages/control';
export * from './messages/data';
export * from './decode';
export * from './http';
export type { StreamState, StreamStatus } from './streamStatus';
