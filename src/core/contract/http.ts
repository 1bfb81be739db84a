import * as v from 'valibot';
import { BOOK_STATES, Level } from './messages/book';
import { INTERVALS } from './messages/candles';
import { QUOTE_STATES, ROUTES } from './messages/market';
import { FEED_STATES } from './messages/status';
import { VenueQuoteData } from './messages/venueQuote';
import { DecimalText, EpochMs, Finite, MaybeFinite, Quality, Seq, ShortText, SymbolName } from './primitives';

/** Answers of the HTTP interface that programs and the page read (docs/http.md). Sets of words that may grow have a fallback member. */

const Words = v.pipe(v.string(), v.maxLength(512));
const Age = v.nullable(v.pipe(Finite, v.minValue(0)));
const BookState = v.fallback(v.picklist(BOOK_STATES), 'stale');

/** Calls or symbols a venue allows in a time, and what is left of them. */
export const BudgetInfo = v.object({
  /** What is counted, for people: "REST calls", "credits", "symbols". */
  name: ShortText,
  /** `second`, `minute`, `hour`, `day`, `month` or `connection`; an open set. */
  per: ShortText,
  limit: Finite,
  used: Finite,
  /** Time until it is whole again, ms; null where it does not refill by time. */
  resetsInMs: MaybeFinite,
});
export type BudgetInfo = v.InferOutput<typeof BudgetInfo>;

/** One source: what it is, how it is, what it may still do. `GET /api/v1/venues` gives a list of these, the preferred first. */
export const VenueInfo = v.object({
  id: ShortText,
  name: ShortText,
  /** Lower leads when several are healthy; null for simulator and replay. */
  priority: MaybeFinite,
  assetClasses: v.array(ShortText),
  capabilities: v.array(ShortText),
  /** Name of the environment variable of its key; null for keyless sources. The key itself is never told. */
  keyVariable: v.nullable(ShortText),
  /** Is that key set? null for keyless sources. */
  keySet: v.nullable(v.boolean()),
  /** Notice the venue wants beside its data. */
  attribution: v.nullable(v.object({ text: ShortText, url: ShortText })),
  state: v.fallback(v.picklist(FEED_STATES), 'unknown'),
  /** In words: why, and what happens next. */
  reason: Words,
  lastMessageAgeMs: Age,
  messagesPerSecond: Finite,
  reconnects: Finite,
  /** Its clock minus ours, ms; null while unknown. */
  clockOffsetMs: MaybeFinite,
  /** Receipt minus venue time of recent messages, clock offset taken out, ms, median; null while unknown. */
  lagMs: MaybeFinite,
  /** Time until the next attempt, ms; null when none is planned. */
  nextAttemptInMs: MaybeFinite,
  /** true while prices come by REST because the socket does not deliver. */
  fallback: v.boolean(),
  /** REST calls: `closed` = made, `open` = not made after repeated failures, `half_open` = one trial. null without REST. */
  circuit: v.nullable(ShortText),
  budgets: v.array(BudgetInfo),
  symbols: v.array(SymbolName),
  /** Wanted symbols it does not serve, and why. */
  unserved: v.array(v.object({ symbol: ShortText, reason: Words })),
  /** Streams asked for, by state of their subscription. */
  subscriptions: v.record(ShortText, Finite),
  /** Messages the connector does not know; tolerated, counted. */
  unknownMessages: Finite,
  /** Order books held, by state of their integrity. */
  books: v.record(ShortText, Finite),
  /** Gaps and failed checks of its books that a new snapshot has made good. */
  gapsRepaired: Finite,
  /** Symbols whose shown values are its own. */
  leads: Finite,
  /** Symbols whose stream is far slower than usual, or connected but silent. */
  thin: v.array(SymbolName),
  silent: v.array(SymbolName),
  /** Would a start, a stop by an administrator change anything now? */
  canStart: v.boolean(),
  canStop: v.boolean(),
});
export type VenueInfo = v.InferOutput<typeof VenueInfo>;
export const VenueList = v.array(VenueInfo);

/** `GET /api/v1/orderbook`. Only `ok` may be shown as good; else `reason` says why not and the levels are the last ones known. */
export const OrderBookAnswer = v.object({
  symbol: SymbolName,
  venue: ShortText,
  state: BookState,
  reason: Words,
  quality: Quality,
  /** The venue's own number of this state; null where it has none. */
  update_id: MaybeFinite,
  venue_time: v.nullable(EpochMs),
  /** Time since the newest change or confirmation was received, ms. */
  age_ms: Age,
  /** Levels the server holds: bids, asks. */
  levels: v.tuple([Seq, Seq]),
  /** Best first, `[price, size]` as the venue wrote them, at most `depth`. */
  bids: v.array(Level),
  asks: v.array(Level),
});
export type OrderBookAnswer = v.InferOutput<typeof OrderBookAnswer>;

/** `GET /api/v1/quotes`: what each venue says of a symbol, the preferred first. */
export const QuotesAnswer = v.object({
  symbol: SymbolName,
  quotes: v.array(v.object({ venue: ShortText, ...VenueQuoteData.entries })),
});
export type QuotesAnswer = v.InferOutput<typeof QuotesAnswer>;

/** A rate by which prices in `from` became prices in `to`; `rate` null = there is none, `reason` says why. */
export const CompareRate = v.object({
  from: ShortText,
  to: ShortText,
  /** Units of `to` for one unit of `from`: what a change costs at the present bid and ask is not in it (it is the mid). */
  rate: MaybeFinite,
  /** Where it is from. */
  venue: ShortText,
  symbol: ShortText,
  age_ms: Age,
  state: v.fallback(v.picklist(QUOTE_STATES), 'suspect'),
  reason: Words,
});
export type CompareRate = v.InferOutput<typeof CompareRate>;

/** What the asked size can be bought or sold for in one book, now. Prices are per unit of the base. */
export const CompareSide = v.object({
  /** Average price of what is filled, and the worst level touched, in the leg's own quote currency. */
  price: Finite,
  worst: Finite,
  /** Part of the asked size that the known levels hold; less than `size` = partially filled. */
  filled: Finite,
  /** `price` in the reference currency; null without a live rate. */
  converted: MaybeFinite,
  /** `converted` after the taker fee: more for a buy, less for a sell; null without a rate or a known fee. */
  net: MaybeFinite,
});
export type CompareSide = v.InferOutput<typeof CompareSide>;

export const TakerFee = v.object({
  /** Fraction of the traded amount: 0.001 = 0.1 %. */
  taker: Finite,
  /** Page it was read on, or the setting it is from. */
  source: ShortText,
  /** Day it was read, `YYYY-MM-DD`; empty for a setting. */
  as_of: ShortText,
});
export type TakerFee = v.InferOutput<typeof TakerFee>;

/** One venue's market of the same base. */
export const CompareLeg = v.object({
  venue: ShortText,
  symbol: SymbolName,
  /** Its quote currency. */
  quote: ShortText,
  quality: Quality,
  route: v.fallback(v.picklist(ROUTES), 'socket'),
  last: MaybeFinite,
  bid: MaybeFinite,
  ask: MaybeFinite,
  age_ms: Age,
  venue_time: v.nullable(EpochMs),
  book: v.nullable(v.object({ state: BookState, reason: Words, age_ms: Age })),
  /** null = not known: only gross figures can be given. */
  fee: v.nullable(TakerFee),
  buy: v.nullable(CompareSide),
  sell: v.nullable(CompareSide),
  comparable: v.boolean(),
  /** Why it is not comparable, or what is to be known about it: "only 0.8 of 2 can be sold". Empty = nothing. */
  reason: Words,
});
export type CompareLeg = v.InferOutput<typeof CompareLeg>;

/** Buy where it costs least and sell where it brings most, for the asked size, in the reference currency. */
export const CompareBest = v.object({
  /** `venue` and `symbol` of the two legs; never the same leg twice. */
  buy: v.object({ venue: ShortText, symbol: SymbolName }),
  sell: v.object({ venue: ShortText, symbol: SymbolName }),
  /** Sell minus buy per unit before fees, and after both taker fees; `net` null where a fee is not known. Negative = a loss. */
  gross: Finite,
  net: MaybeFinite,
  /** `net` (or `gross` without it) in percent of the buy. */
  percent: Finite,
  older_leg_age_ms: Age,
});
export type CompareBest = v.InferOutput<typeof CompareBest>;

/** `GET /api/v1/compare`. */
export const CompareReport = v.object({
  symbol: SymbolName,
  base: ShortText,
  /** Asked size in base units, as it was written. */
  size: DecimalText,
  /** Quote currency of the asked symbol: everything converted is in it. */
  reference: ShortText,
  /** Time of the report on the feed clock, ms since epoch. */
  at: EpochMs,
  rates: v.array(CompareRate),
  legs: v.array(CompareLeg),
  best: v.nullable(CompareBest),
  /** In words: what the figures leave out, or why there is nothing to compare. */
  note: Words,
});
export type CompareReport = v.InferOutput<typeof CompareReport>;

/** `GET /api/v1/candles`, oldest first. */
export const CandlesAnswer = v.object({
  symbol: SymbolName,
  interval: v.picklist(INTERVALS),
  candles: v.pipe(v.array(v.tuple([EpochMs, Finite, Finite, Finite, Finite, Finite])), v.maxLength(5_000)),
  /** Stretches without a trade, [from, to). */
  gaps: v.array(v.tuple([EpochMs, EpochMs])),
  /** Stretches that the server knows it did not receive, [from, to): `open` is being repaired, `kept` cannot be, and `note` says why. */
  missing: v.fallback(v.array(v.object({ from: EpochMs, to: EpochMs, reason: Words, state: v.fallback(v.picklist(['open', 'kept']), 'kept'), note: v.fallback(Words, '') })), []),
  source: Quality,
  /** Is there anything before the first one? `unknown`: `note` says why it cannot be found out now. */
  older: v.fallback(v.picklist(['more', 'end', 'unknown']), 'unknown'),
  note: v.fallback(Words, ''),
  incomplete: v.optional(Words),
});
export type CandlesAnswer = v.InferOutput<typeof CandlesAnswer>;

/** `GET /api/v1/overview`: the crypto market as a whole, by a source that counts it. `source` null = none is used here; null figures = not given. Ages in real ms. */
export const OverviewAnswer = v.object({
  source: v.nullable(ShortText),
  attribution: v.nullable(v.object({ text: ShortText, url: ShortText })),
  global: v.nullable(v.object({
    coins: MaybeFinite,
    markets: MaybeFinite,
    marketCapUsd: MaybeFinite,
    volumeUsd: MaybeFinite,
    /** Change of the capitalisation in 24 h, percent. */
    changePercent: MaybeFinite,
    /** Share of single coins in the capitalisation, percent. */
    dominance: v.record(ShortText, Finite),
    venue_time: v.nullable(EpochMs),
    age_ms: v.pipe(Finite, v.minValue(0)),
  })),
  trending: v.nullable(v.object({
    coins: v.array(v.object({ id: ShortText, name: ShortText, symbol: ShortText, rank: MaybeFinite, priceUsd: MaybeFinite, changePercent: MaybeFinite })),
    age_ms: v.pipe(Finite, v.minValue(0)),
  })),
  /** Why something is missing or old; empty when there is nothing to say. */
  reason: Words,
});
export type OverviewAnswer = v.InferOutput<typeof OverviewAnswer>;
