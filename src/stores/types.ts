import type { BinaryData, BookStateName, CandleData, ClientHop, DataKind, FeedMode, FeedSummary, Interval, MarketData, QuoteStateName, RatingData, Route, SignalRecord, SparklineData, StreamName, StreamStatus, TradeItem, VenueQuoteData } from '@/core/contract';
import type { AssetClass } from '@/core/market/instrument';
import type { LevelText } from '@/core/market/levelList';
import type { TapeChange, TapeRow, TapeVolume } from '@/core/market/tape';

export type { StreamState } from '@/core/contract';

/** One stream as the connection bar shows it. */
export interface StreamView extends StreamStatus {
  /** Monotonic ms at which values stopped coming; null while they come. Kept by the store over all attempts to reconnect. */
  readonly downSince?: number | null;
}

/** A sample of the feed's clock. */
export interface FeedTime {
  /** ms since the Unix epoch. */
  readonly time: number;
  /** Monotonic ms of receipt. */
  readonly heardAt: number;
  /** Feed seconds per second, measured between the last two samples; null before the second. */
  readonly speed: number | null;
}

/** One line of the activity log. */
export interface Activity {
  readonly id: number;
  /** Wall time, ms. */
  readonly at: number;
  readonly level: 'info' | 'warn' | 'error';
  /** Which part: a stream name, a venue id, or `app`. */
  readonly source: string;
  readonly text: string;
}

/** Facts of one symbol, from `/api/v1/instruments`; defaults until they are loaded. */
export interface InstrumentView {
  readonly symbol: string;
  readonly name: string;
  readonly assetClass: AssetClass;
  readonly quote: string;
  readonly tickSize: number;
  /** Decimals shown for a price. */
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

/** One row of the price table. null = not known, shown blank. `receivedAt` is monotonic client time, ms. */
export interface QuoteView {
  readonly symbol: string;
  readonly price: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly open24h: number | null;
  readonly changePercent: number | null;
  readonly high24h: number | null;
  readonly low24h: number | null;
  readonly volume24h: number | null;
  readonly source: string;
  readonly quality: DataKind | 'unknown';
  readonly route: Route;
  readonly state: QuoteStateName;
  readonly venueTime: number | null;
  /** Age at the moment of sending, ms. */
  readonly ageAtSend: number | null;
  readonly receivedAt: number;
  /** Direction of the last price change: 1 up, -1 down, 0 none yet. */
  readonly direction: -1 | 0 | 1;
  /** Price before the last change, to find the digits that changed. */
  readonly previousPrice: number | null;
  /** Monotonic ms of the last price change. */
  readonly changedAt: number;
}

export interface KeyedUpdate<T> {
  readonly key: string;
  /** null = removed. */
  readonly value: T | null;
}
/** `replace`: the updates are the whole state, everything else goes. */
export interface Apply<T> {
  readonly updates: readonly KeyedUpdate<T>[];
  readonly replace: boolean;
  /** Monotonic ms of receipt. */
  readonly receivedAt: number;
}

/**
 * What each Pinia store must offer. Stores hold state and `apply…` actions only: no socket, no fetch, no timer, no toast.
 * `apply…` writes plain arrays; `flush()`, called once per animation frame by src/app/frame.ts, makes it visible.
 */
export interface MarketStoreApi {
  /** Reactive: every known symbol, in server order. */
  readonly symbols: readonly string[];
  /** Reactive: grows by one with each flush that changed something. */
  readonly tick: number;
  /** Reactive read of one row; null for an unknown symbol. Subscribes the caller to that row only. */
  quote(symbol: string): QuoteView | null;
  /** Non-reactive read, for sorting and tests. */
  peek(symbol: string): QuoteView | null;
  instrument(symbol: string): InstrumentView;
  /** Reactive read of the last hour's closes. */
  sparkline(symbol: string): SparklineData | null;
  applyQuotes(change: Apply<MarketData>): void;
  applySparklines(change: Apply<SparklineData>): void;
  setInstruments(list: readonly InstrumentView[]): void;
  flush(): void;
}

export interface AnalysisStoreApi {
  /** Reactive: present ratings, key `SYMBOL|TF`. */
  readonly ratings: ReadonlyMap<string, RatingData>;
  /** Reactive: newest first, at most 500, unique by id. */
  readonly signals: readonly SignalRecord[];
  /** Reactive: by symbol; `*` is the whole list. */
  readonly sentiment: ReadonlyMap<string, BinaryData>;
  /** Reactive: at most 1,000 points of market-wide breadth and mood, oldest first. */
  readonly moodHistory: readonly { readonly t: number; readonly mood: number | null; readonly net: number | null }[];
  /** Reactive: announced losses of the signal log (a marker in the list, never interpolated). */
  readonly lostSignals: number;
  applySignals(items: readonly SignalRecord[], options: { readonly replace: boolean; readonly lost: number }): void;
  applyRatings(change: Apply<RatingData>): void;
  applySentiment(change: Apply<BinaryData>): void;
  /** What the server kept of the mood, oldest first; later points already here stay. */
  takeMood(points: AnalysisStoreApi['moodHistory']): void;
  /** Forecast for the next 10 s of each symbol whose `binary10` channel is read. */
  readonly shortSentiment: ReadonlyMap<string, BinaryData>;
  applyShortSentiment(symbol: string, change: Apply<BinaryData>): void;
  flush(): void;
}

/** State of an order book and where it is from. `receivedAt` is monotonic client time, ms. */
interface BookHead {
  readonly symbol: string;
  /** Venue id; empty before the first snapshot. */
  readonly venue: string;
  readonly quality: DataKind | 'unknown';
  /** Only an `ok` book may be drawn as good; otherwise the levels are the last good ones. */
  readonly state: BookStateName;
  readonly reason: string;
  /** Levels a side may have. */
  readonly depth: number;
  /** Levels the server holds: bids, asks; null when it did not say. */
  readonly levels: readonly [bids: number, asks: number] | null;
  readonly venueTime: number | null;
  readonly ageAtSend: number | null;
  readonly receivedAt: number;
}
/** A change of a book; size "0" = the level is gone. `replace`: the levels are the whole book. */
export interface BookApply extends BookHead {
  readonly channel: string;
  readonly replace: boolean;
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
}
/** One side, best first: three columns of the same length. */
export interface BookSideView {
  readonly prices: Float64Array;
  readonly sizes: Float64Array;
  /** Sum of sizes from the best level to this one. */
  readonly sums: Float64Array;
}
export interface BookView extends BookHead {
  readonly bids: BookSideView;
  readonly asks: BookSideView;
}
export interface BookStoreApi {
  /** Reactive read of one book channel (`book:SYMBOL` or `book:SYMBOL@VENUE`); null before its first message. */
  book(channel: string): BookView | null;
  apply(change: BookApply): void;
  flush(): void;
}

export interface TapeStoreApi {
  /** Reactive read of one trades channel: one line per taker order and one per hole, newest first, at most 1,000. */
  tape(channel: string): readonly TapeRow[];
  /** Reactive read: exact volumes of the spans that end at `now` (feed time, ms); null before the channel's first message. */
  volumes(channel: string, now: number): readonly TapeVolume[] | null;
  apply(channel: string, items: readonly TradeItem[], change: TapeChange): void;
  flush(): void;
}

export interface CandleStoreApi {
  /** Reactive read of one candles channel, oldest first; the last one may be forming (`closed` false). */
  candles(channel: string, interval: Interval): readonly CandleData[];
  apply(channel: string, change: Pick<Apply<CandleData>, 'updates' | 'replace'>): void;
  flush(): void;
}

/** What one venue says of one symbol. `receivedAt` is monotonic client time, ms. */
export interface VenueQuoteView {
  readonly venue: string;
  readonly data: VenueQuoteData;
  readonly receivedAt: number;
}
export interface VenueQuoteStoreApi {
  /** Reactive read, in the server's order; empty while nothing is known. */
  quotes(symbol: string): readonly VenueQuoteView[];
  apply(symbol: string, change: Apply<VenueQuoteData>): void;
  flush(): void;
}

/** Median and 99th percentile of one hop of a price, ms; null without observations. */
export interface HopFigures {
  readonly n: number;
  readonly p50: number | null;
  readonly p99: number | null;
}
/** Way of a price inside the browser, over the last minutes; `clock` = the server's minus ours, and how far that may be wrong, ms. */
export interface HopsView {
  readonly hops: Readonly<Record<ClientHop, HopFigures>>;
  readonly clock: { readonly offsetMs: number; readonly errorMs: number } | null;
}

/** Other tabs of this browser: `leads` makes the connections for them, `follows` lives from another one's. */
export interface TabsView {
  readonly role: 'alone' | 'leads' | 'follows';
  readonly others: number;
}

export interface ConnectionStoreApi {
  readonly streams: Readonly<Record<StreamName, StreamView>>;
  readonly mode: FeedMode | 'unknown';
  readonly feeds: ReadonlyMap<string, FeedSummary>;
  readonly serverVersion: string | null;
  /** Clock of the server's feed as last heard; null before the first heartbeat. */
  readonly feedTime: FeedTime | null;
  /** Newest first, at most 500. */
  readonly activity: readonly Activity[];
  readonly tabs: TabsView;
  /** null until it is measured. */
  readonly hops: HopsView | null;
  setHops(hops: HopsView): void;
  setTabs(tabs: TabsView): void;
  setStream(view: StreamView): void;
  setMode(mode: FeedMode): void;
  setFeeds(feeds: Readonly<Record<string, FeedSummary>>): void;
  setServerVersion(version: string): void;
  /** `known`: its speed, feed time per real time, where that was told; otherwise it is measured. */
  setFeedTime(time: number, heardAt: number, known?: number): void;
  log(entry: Omit<Activity, 'id'>): void;
}

export type ThemeName = 'system' | 'dark' | 'light' | 'contrast';
/** Colours of up and down, first named = up. */
export type PaletteName = 'blue-orange' | 'green-red' | 'red-green';
export type DensityName = 'compact' | 'normal' | 'touch';
/** `UTC`, `local` or a named zone such as `Europe/Berlin`. */
export type ZoneChoice = string;
/** `system` follows prefers-reduced-motion. */
export type MotionChoice = 'system' | 'reduced' | 'full';
export type TickerChoice = 'off' | 'list' | 'movers';
export type SortDirection = 'asc' | 'desc';

/** Everything a user may set; kept in the browser, never market data. */
export interface Settings {
  readonly theme: ThemeName;
  readonly palette: PaletteName;
  /** false until the user has seen the choice of palettes once. */
  readonly paletteChosen: boolean;
  readonly density: DensityName;
  readonly timeZone: ZoneChoice;
  readonly motion: MotionChoice;
  /** Canonical symbols, in the order they were starred. */
  readonly favourites: readonly string[];
  /** Ids of the shown price-table columns, in order; empty = the table's default. */
  readonly columns: readonly string[];
  /** Widths the user gave to columns, px by id; the others are as wide as the table finds good. */
  readonly columnWidths: Readonly<Record<string, number>>;
  readonly sort: { readonly key: string; readonly direction: SortDirection };
  readonly assetClass: AssetClass | 'all' | 'favourites';
  /** Strip of prices under the top bar: the symbols of the chosen list, or the strongest moves. */
  readonly ticker: TickerChoice;
  /** Tabs of this browser share one set of connections. */
  readonly shareTabs: boolean;
  /** The times of the way from the server to the screen are told to the server. */
  readonly reportTimes: boolean;
}

/** Each field reactive. */
export interface SettingsStoreApi extends Settings {
  /** Changes some fields and saves all. */
  update(partial: Partial<Settings>): void;
  toggleFavourite(symbol: string): void;
  isFavourite(symbol: string): boolean;
  /** Back to the defaults, except for the favourites and the answered question of the first run. */
  reset(): void;
}
