import { createAnalysis, type Analysis } from './analysis';
import { FEED_MODES, FEED_STATES, type DataKind, type FeedMode, type FeedStateName, type Interval, type Route } from './contract';
import { sessionAt, type Session } from './market/calendar';
import type { BookView, Engine, EngineOptions, TradeTotals, VenueFacts } from './engineTypes';
import { RatingDriver } from './engineRatings';
import { candleOutput, TimedOutputs } from './engineTimed';
import { readCandle } from './market/candleInput';
import { ROLLED } from './market/candles';
import type { BookEvent, BookStateEvent, CandleEvent, EventOrigin, FeedStatusEvent, InputEvent, InstrumentEvent, MarketInput, ModeEvent, QuoteEvent, TickerEvent, TradeEvent } from './market/events';
import { fingerprint } from './market/fingerprint';
import type { AssetClass, Instrument } from './market/instrument';
import type { BookOutput, Candle, EngineOutput, Quote, TradeOutput, VenueQuote } from './market/outputs';
import { Row } from './market/row';
import type { Source } from './market/source';
import { believedTime, feasibleTime, numberProblem, shown, usableInstrument, type Problem } from './market/validate';
import { VenueClock } from './market/venueClock';
import { parsePositive, plainDecimal } from './util/decimal';

export type { BookView, Engine, EngineOptions, TradeTotals };

/** Rows that are sent by time take turns in this many groups. */
const PHASES = 10;
/** Routes by which the past comes in; a candle of these is never a live close. */
const PAST_ROUTES: readonly Route[] = ['history', 'rest', 'simulator'];
/** A trade stamped further ahead of its venue's clock than this, ms, is put at the venue's present. */
const AHEAD_MS = 60_000;
const MAX_INSTRUMENTS = 5_000;
const MAX_VENUES = 64;

const KINDS: Readonly<Record<FeedMode, readonly DataKind[]>> = {
  live: ['live', 'delayed'],
  mixed: ['live', 'delayed'],
  simulated: ['simulated'],
  replay: ['replay'],
  none: [],
};

type Out = (output: EngineOutput) => void;

/**
 * An engine with its ratings, signals and sentiment.
 *
 * @param analysis another analysis than the product's own; for tests.
 */
export function createEngine(options: EngineOptions, analysis: Analysis = defaultAnalysis(options)): Engine {
  return new MarketEngine(options, analysis);
}

function defaultAnalysis(options: EngineOptions): Analysis {
  return createAnalysis({ intervals: options.signalIntervals ?? ROLLED, sentimentEveryMs: options.sentimentEveryMs ?? 30_000 });
}

class MarketEngine implements Engine {
  mode: FeedMode = 'none';
  private now = -Infinity;
  private out: Out = () => undefined;
  private readonly rows = new Map<string, Row>();
  private readonly feeds = new Map<string, { state: FeedStateName; since: number }>();
  private readonly clocks = new Map<string, VenueClock>();
  private readonly sessions = new Map<AssetClass, Session & { readonly from: number }>();
  private readonly ratings: RatingDriver;
  private readonly timed: TimedOutputs;
  /** The candle being taken in is of the past: rated, never signalled. */
  private backfill = false;
  private readonly candleHistory: number;

  constructor(private readonly options: EngineOptions, analysis: Analysis) {
    this.candleHistory = options.candleHistory ?? 600;
    this.ratings = new RatingDriver(analysis, options.signalIntervals ?? ROLLED);
    this.timed = new TimedOutputs(this.ratings, options.previewEveryMs);
    for (const instrument of options.instruments) this.addRow(instrument);
  }

  step(input: InputEvent, out: Out): void {
    this.out = out;
    const time: unknown = (input as { receiveTime?: unknown } | null)?.receiveTime;
    if (typeof time !== 'number' || !feasibleTime(time)) {
      this.refuse('', null, { code: 'time_range', detail: `time of receipt ${shown(time)}` });
      return;
    }
    if (input.type === 'mode') {
      this.onMode(input);
      return;
    }
    this.now = Math.max(this.now, time);
    if (input.type === 'clock') this.onClock();
    else if (typeof input.venue !== 'string' || input.venue.length > 64) this.refuse('', null, { code: 'bad_payload', detail: 'no venue' });
    else if (input.type === 'feedStatus') this.onFeedStatus(input);
    else if (input.type === 'instrument') this.onInstrument(input);
    else if (input.type === 'badInput') this.onBadInput(input.venue, input.symbol, { code: shown(input.code), detail: shown(input.detail) });
    else this.onMarket(input);
  }

  instruments(): readonly Instrument[] {
    return Array.from(this.rows.values(), (row) => row.instrument);
  }

  instrument(symbol: string): Instrument | null {
    return this.rows.get(symbol)?.instrument ?? null;
  }

  quote(symbol: string): Quote | null {
    return this.rows.get(symbol)?.quotes.current ?? null;
  }

  quotes(): readonly Quote[] {
    return Array.from(this.rows.values(), (row) => row.quotes.current);
  }

  candles(symbol: string, interval: Interval, limit: number): readonly Candle[] {
    return this.rows.get(symbol)?.candles.query(interval, limit) ?? [];
  }

  trades(symbol: string, limit: number): readonly TradeOutput[] {
    return this.rows.get(symbol)?.tape.recent.last(limit) ?? [];
  }

  tradeTotals(): readonly TradeTotals[] {
    return [...this.rows].flatMap(([symbol, row]) =>
      Array.from(row.tape.venues, ([venue, trades]) => ({ venue, symbol, count: trades.count, volume: trades.volume.text() })));
  }

  books(): readonly { readonly venue: string; readonly symbol: string }[] {
    return [...this.rows].flatMap(([symbol, row]) => Array.from(row.books.keys(), (venue) => ({ venue, symbol })));
  }

  book(venue: string, symbol: string, depth: number): BookView | null {
    const book = this.rows.get(symbol)?.books.get(venue);
    if (!book) return null;
    const { state, reason, updateId } = book;
    return { venue, symbol, state, reason, updateId, kind: this.kind(), venueTime: null, receiveTime: null, levels: book.counts(), ...book.top(depth) };
  }

  venueQuotes(symbol: string): readonly VenueQuote[] {
    return this.rows.get(symbol)?.quotes.venueQuotes(this.now) ?? [];
  }

  venueFacts(): ReadonlyMap<string, VenueFacts> {
    return new Map();
  }

  bookVenue(symbol: string): string | null {
    const row = this.rows.get(symbol);
    const leader = row?.quotes.leader?.venue;
    return leader !== undefined && row?.books.has(leader) ? leader : ([...(row?.books.keys() ?? [])][0] ?? null);
  }

  venueCandles(): readonly Candle[] {
    return [];
  }

  fingerprint(): string {
    return fingerprint({ mode: this.mode, now: Number.isFinite(this.now) ? this.now : null, feeds: [...this.feeds] }, this.rows.values());
  }

  private addRow(instrument: Instrument): Row {
    const row = new Row(instrument, {
      candleHistory: this.candleHistory,
      tradeHistory: this.options.tradeHistory ?? 200,
      staleMs: this.options.staleMs ?? 15_000,
      phase: (this.rows.size % PHASES) / PHASES,
    }, this.kind(), (owner) => (interval, candle, revised, history) => {
      this.onClosedCandle(owner, interval, candle, revised, history);
    });
    this.rows.set(instrument.symbol, row);
    return row;
  }

  /** The kind that empty rows are labelled with. */
  private kind(): DataKind {
    return KINDS[this.mode][0] ?? 'live';
  }

  private readonly priorityOf = (venue: string): number => {
    const index = this.options.venuePriority.indexOf(venue);
    return index < 0 ? this.options.venuePriority.length : index;
  };

  private refuse(venue: string, symbol: string | null, problem: Problem): void {
    this.out({ type: 'refused', venue, symbol, code: problem.code, detail: problem.detail, time: Number.isFinite(this.now) ? this.now : 0 });
  }

  // Connections, modes, instruments

  private onMode(event: ModeEvent): void {
    const { mode } = event;
    if (!FEED_MODES.includes(mode)) {
      this.refuse('', null, { code: 'bad_payload', detail: `mode ${shown(mode)}` });
      return;
    }
    const keeps = KINDS[mode][0] === KINDS[this.mode][0];
    this.mode = mode;
    this.timed.setPace(event.speed);
    // Another kind of data has another clock: a replay lies in the past.
    this.now = keeps ? Math.max(this.now, event.receiveTime) : event.receiveTime;
    if (!keeps) this.forget();
    this.out({ type: 'mode', mode, reason: shown(event.reason, 240), since: this.now });
    if (!keeps) for (const row of this.rows.values()) this.out({ type: 'quote', quote: row.quotes.current });
  }

  private forget(): void {
    this.clocks.clear();
    this.sessions.clear();
    this.ratings.analysis.reset();
    for (const row of this.rows.values()) row.reset(this.kind());
  }

  private onFeedStatus(event: FeedStatusEvent): void {
    const state = FEED_STATES.includes(event.state) ? event.state : 'unknown';
    const was = this.feeds.get(event.venue);
    if (!was && this.feeds.size >= MAX_VENUES) return;
    const since = was?.state === state ? was.since : this.now;
    this.feeds.set(event.venue, { state, since });
    this.out({ type: 'feedStatus', venue: event.venue, state, reason: shown(event.reason, 240), since });
    if (state === 'live') return;
    for (const row of this.rows.values()) {
      const source = row.quotes.sources.find((candidate) => candidate.venue === event.venue);
      // What comes by REST does not depend on the socket, only on whether the venue is on at all; its age is judged as ever.
      if (!source || source.down || (source.route === 'rest' && state !== 'off')) continue;
      source.down = true;
      this.publish(row, false);
    }
  }

  private onInstrument(event: InstrumentEvent): void {
    const { instrument } = event;
    if (!usableInstrument(instrument)) {
      this.refuse(event.venue, null, { code: 'bad_payload', detail: 'instrument facts' });
      return;
    }
    const row = this.rows.get(instrument.symbol);
    if (!row && this.rows.size >= MAX_INSTRUMENTS) {
      this.refuse(event.venue, instrument.symbol, { code: 'too_many_instruments', detail: String(MAX_INSTRUMENTS) });
      return;
    }
    const before = row && JSON.stringify(row.instrument);
    const known = row ?? this.addRow(instrument);
    const facts = known.learn(event.venue, instrument);
    if (JSON.stringify(facts) === before) return;
    this.out({ type: 'instrument', instrument: facts });
    if (!row) this.out({ type: 'quote', quote: known.quotes.current });
  }

  private onBadInput(venue: string, symbol: string | null, problem: Problem): void {
    this.refuse(venue, symbol, problem);
    const row = symbol === null ? undefined : this.rows.get(symbol);
    const source = row?.quotes.sources.find((candidate) => candidate.venue === venue);
    if (!row || !source) return;
    source.spoil(problem);
    this.publish(row, false);
  }

  // Market inputs

  private onMarket(input: MarketInput): void {
    const row = this.rows.get(input.symbol);
    if (!row) this.refuse(input.venue, null, { code: 'unknown_symbol', detail: shown(input.symbol) });
    else if (!KINDS[this.mode].includes(input.kind)) this.refuse(input.venue, input.symbol, { code: 'wrong_kind', detail: `${shown(input.kind)} while ${this.mode}` });
    else if (input.type === 'candle') this.onCandle(row, input);
    else if (input.type === 'book') this.onBook(row, input);
    else if (input.type === 'bookState') this.onBookState(row, input);
    else if (input.type === 'quote' || input.type === 'trade' || input.type === 'ticker') this.onPrice(row, input);
    else this.refuse((input as EventOrigin).venue, row.instrument.symbol, { code: 'unknown_type', detail: 'input' });
  }

  private onPrice(row: Row, input: QuoteEvent | TradeEvent | TickerEvent): void {
    const source = row.quotes.source(input, this.priorityOf);
    if (!source) {
      this.refuse(input.venue, input.symbol, { code: 'too_many_venues', detail: input.venue });
      return;
    }
    const venueTime = believedTime(input.venueTime, this.now);
    if (venueTime !== null) this.clockOf(input.venue).observe(venueTime, this.now);
    else if (input.venueTime !== null && input.venueTime !== undefined) {
      this.refuse(input.venue, input.symbol, { code: 'time_range', detail: shown(input.venueTime) });
    }
    const time = this.candleTime(input.venue, venueTime);
    let problem: Problem | null;
    if (input.type === 'trade') problem = this.onTrade(row, source, input, time, venueTime);
    else if (input.type === 'quote') problem = this.onQuote(row, source, input, time, venueTime);
    else problem = source.takeTicker(input, time, venueTime, this.now);
    if (problem) this.refuse(input.venue, input.symbol, problem);
    this.publish(row, false);
  }

  private onTrade(row: Row, source: Source, event: TradeEvent, time: number, venueTime: number | null): Problem | null {
    const price = parsePositive(event.price);
    const size = parsePositive(event.size);
    if (price === undefined) return source.spoil(numberProblem('price', event.price));
    if (size === undefined) return source.spoil(numberProblem('size', event.size));
    if (typeof event.id !== 'string' || event.id === '' || event.id.length > 128) return source.spoil({ code: 'bad_payload', detail: 'trade id' });
    const trades = row.tape.venue(event.venue);
    // Before anything else: a repeated trade must not make the source look alive.
    if (!trades.ids.take(event.id)) return { code: 'duplicate', detail: `trade ${event.id}` };
    const problem = source.takeTrade(price, time, venueTime, this.now);
    if (problem) return problem;
    const { symbol, venue, kind, id, side } = event;
    const trade: TradeOutput = { type: 'trade', symbol, venue, kind, id, price: plainDecimal(event.price), size: plainDecimal(event.size), side, time };
    row.tape.add(trade, trades);
    this.out(trade);
    row.quotes.elect(this.now);
    if (row.quotes.leader !== source) return null;
    row.candleVenue = venue;
    const result = row.candles.trade(price, trade.size, time, this.clockOf(venue).at(this.now), row.onCandle);
    return result === 'late' ? { code: 'late_trade', detail: `trade ${id} of a closed minute` } : null;
  }

  private onQuote(row: Row, source: Source, event: QuoteEvent, time: number, venueTime: number | null): Problem | null {
    const problem = source.takeQuote(event, venueTime, this.now);
    if (problem) return problem;
    row.quotes.elect(this.now);
    const { assetClass } = row.instrument;
    const quoted = (assetClass === 'fx' || assetClass === 'metal') && !source.traded && row.quotes.leader === source;
    if (!quoted || source.bid === null || source.ask === null) return null;
    row.candleVenue = event.venue;
    row.candles.mid((source.bid + source.ask) / 2, time, this.clockOf(event.venue).at(this.now), row.onCandle);
    return null;
  }

  private onCandle(row: Row, event: CandleEvent): void {
    const candle = readCandle(event, this.now);
    const interval = ROLLED.find((name) => name === event.interval);
    if (candle === null || interval === undefined) {
      this.refuse(event.venue, event.symbol, { code: 'bad_payload', detail: `candle ${shown(event.interval)}` });
      return;
    }
    const history = event.route === 'history';
    const leader = row.quotes.leader;
    // Candles of a venue that does not lead would mix two markets in one series.
    if (leader !== null && leader.venue !== event.venue && !history) return;
    row.candleVenue = event.venue;
    this.backfill = PAST_ROUTES.includes(event.route);
    row.candles.venue(interval, candle, event.closed, row.onCandle, history);
    this.backfill = false;
  }

  private onBook(row: Row, event: BookEvent): void {
    const book = row.book(event.venue);
    const result = book?.apply(event) ?? { code: 'too_many_venues', detail: event.venue };
    if (result === 'ignored' || !book) return;
    if (result === 'applied') this.outBook(row, event, event.action === 'snapshot' ? 'snapshot' : 'delta', event.bids, event.asks);
    else {
      this.refuse(event.venue, event.symbol, result);
      this.outBook(row, event, 'state', [], []);
    }
  }

  private onBookState(row: Row, event: BookStateEvent): void {
    const book = row.book(event.venue);
    // Only a snapshot makes a broken book good, only its own levels uncross it.
    if (!book || (event.state === 'ok' && book.state !== 'stale')) return;
    book.setState(event.state, shown(event.reason, 240));
    this.outBook(row, event, 'state', [], []);
  }

  private outBook(row: Row, event: BookEvent | BookStateEvent, action: BookOutput['action'], bids: BookOutput['bids'], asks: BookOutput['asks']): void {
    const book = row.books.get(event.venue);
    if (!book) return;
    const { symbol, venue, kind } = event;
    this.out({ type: 'book', symbol, venue, kind, action, state: book.state, reason: book.reason, bids, asks, updateId: book.updateId });
  }

  // Time

  private clockOf(venue: string): VenueClock {
    let clock = this.clocks.get(venue);
    if (!clock) this.clocks.set(venue, (clock = new VenueClock()));
    return clock;
  }

  private candleTime(venue: string, venueTime: number | null): number {
    if (venueTime === null) return this.now;
    const present = this.clockOf(venue).at(this.now);
    return venueTime > present + AHEAD_MS ? present : venueTime;
  }

  private session(assetClass: AssetClass): Session {
    const known = this.sessions.get(assetClass);
    if (known && this.now >= known.from && (known.nextChange === null || this.now < known.nextChange)) return known;
    const session = { ...sessionAt(assetClass, this.now), from: this.now };
    this.sessions.set(assetClass, session);
    return session;
  }

  private onClock(): void {
    for (const row of this.rows.values()) {
      row.candles.closeDue(this.venueNow(row), row.onCandle);
      this.publish(row, true);
      this.timed.send(row, this.now, this.kind(), this.out);
    }
    this.ratings.analysis.clock(this.now, this.out);
  }

  private venueNow(row: Row): number {
    return this.clocks.get(row.candleVenue)?.at(this.now) ?? this.now;
  }

  // Outputs

  /** Elects the leader and sends the quote if it changed. */
  private publish(row: Row, refresh: boolean): void {
    row.quotes.elect(this.now);
    const quote = row.quotes.update(this.now, this.session(row.instrument.assetClass).state, refresh);
    if (quote === null) return;
    this.out({ type: 'quote', quote });
    const { symbol, bid, ask, last, venue, kind, receiveTime } = quote;
    const known = bid !== null && ask !== null;
    this.ratings.analysis.quote({ symbol, mid: known ? (bid + ask) / 2 : null, last, spread: known ? ask - bid : null, venue, kind, now: receiveTime ?? this.now });
  }

  private onClosedCandle(row: Row, interval: Interval, candle: Candle, revised: boolean, history: boolean): void {
    // What comes from our own store need not go back there.
    if (!history) this.out(candleOutput(row, interval, candle, this.kind(), true, revised));
    if (interval === '1m') row.sparklineDirty = true;
    const context = { now: this.now, venueNow: this.venueNow(row), kind: this.kind(), backfill: this.backfill };
    if (revised) this.ratings.revised(row, interval, candle, context);
    else this.ratings.closed(row, interval, candle, context, this.out);
  }
}
