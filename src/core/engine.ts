import { createAnalysis, type Analysis } from './analysis';
import { type BinaryData, FEED_MODES, FEED_STATES, type Interval, type Route } from './contract';
import { BookDesk, quoteOf } from './engineBooks';
import { RatingDriver } from './engineRatings';
import { EngineState, KINDS } from './engineState';
import { candleOutput, TimedOutputs } from './engineTimed';
import type { BookView, Engine, EngineOptions, TradeTotals } from './engineTypes';
import { readCandle } from './market/candleInput';
import { ROLLED } from './market/candles';
import type { BookEvent, BookStateEvent, CandleEvent, EventOrigin, FeedStatusEvent, InputEvent, InstrumentEvent, MarketInput, ModeEvent, QuoteEvent, TickerEvent, TradeEvent } from './market/events';
import type { Instrument } from './market/instrument';
import type { Candle, EngineOutput, TradeOutput } from './market/outputs';
import { Row } from './market/row';
import type { Source } from './market/source';
import { believedTime, feasibleTime, numberProblem, shown, usableInstrument, type Problem } from './market/validate';
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

class MarketEngine extends EngineState {
  private out: Out = () => undefined;
  private readonly bookDesk = new BookDesk((output) => this.out(output));
  private readonly ratings: RatingDriver;
  private readonly timed: TimedOutputs;
  /** The candle being taken in is of the past: rated, never signalled. */
  private backfill = false;

  constructor(options: EngineOptions, analysis: Analysis) {
    super(options);
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

  shortSentiment(symbol: string): BinaryData | null {
    return this.ratings.analysis.short?.(symbol) ?? null;
  }

  private addRow(instrument: Instrument): Row {
    const row = new Row(instrument, {
      candleHistory: this.options.candleHistory ?? 600,
      tradeHistory: this.options.tradeHistory ?? 200,
      rules: this.rules,
      phase: (this.rows.size % PHASES) / PHASES,
    }, this.kind(), (owner) => (interval, candle, revised, history) => {
      this.onClosedCandle(owner, interval, candle, revised, history);
    });
    this.rows.set(instrument.symbol, row);
    return row;
  }

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
    if (!keeps) this.ratings.analysis.reset(this.now, this.say);
    // Another kind of data has another clock: a replay lies in the past.
    this.now = keeps ? Math.max(this.now, event.receiveTime) : event.receiveTime;
    if (!keeps) this.forget();
    this.out({ type: 'mode', mode, reason: shown(event.reason, 240), since: this.now });
    if (!keeps) for (const row of this.rows.values()) this.out({ type: 'quote', quote: row.quotes.current });
  }

  private forget(): void {
    this.clocks.clear();
    this.mood = null;
    this.sessions.clear();
    for (const row of this.rows.values()) row.reset(this.kind());
  }

  private onFeedStatus(event: FeedStatusEvent): void {
    const state = FEED_STATES.includes(event.state) ? event.state : 'unknown';
    const was = this.feeds.get(event.venue);
    if (!was && this.feeds.size >= MAX_VENUES) return;
    const since = was?.state === state ? was.since : this.now;
    const reason = shown(event.reason, 240);
    this.feeds.set(event.venue, { state, since, connected: state === 'live' || state === 'stale' ? (was?.connected ?? this.now) : null });
    this.out({ type: 'feedStatus', venue: event.venue, state, reason, since });
    if (state === 'live') return;
    for (const row of this.rows.values()) {
      this.bookDesk.disconnect(row, event.venue, reason);
      const source = row.quotes.known(event.venue);
      if (!source || source.down) continue;
      source.unplug();
      // What comes by REST does not depend on the socket, only on whether the venue is on at all; its age is judged as ever.
      if (source.route === 'rest' && state !== 'off') continue;
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
    const source = row?.quotes.known(venue);
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
    else if (input.type === 'book' || input.type === 'bookState') this.onBook(row, input);
    else if (input.type === 'quote') this.onOwnQuote(row, input);
    else if (input.type === 'trade' || input.type === 'ticker') this.onPrice(row, input);
    else this.refuse((input as EventOrigin).venue, row.instrument.symbol, { code: 'unknown_type', detail: 'input' });
  }

  /** A venue that sends quotes is believed in them; its book is asked no more. */
  private onOwnQuote(row: Row, input: QuoteEvent): void {
    this.onPrice(row, input);
    const source = row.quotes.known(input.venue);
    if (source) source.quoted = true;
  }

  private onPrice(row: Row, input: QuoteEvent | TradeEvent | TickerEvent): void {
    const source = row.quotes.source(input);
    if (!source) {
      this.refuse(input.venue, input.symbol, { code: 'too_many_venues', detail: input.venue });
      return;
    }
    const venueTime = believedTime(input.venueTime, this.now);
    // The time of a daily reference is the day it is of: it tells nothing of the venue's clock.
    if (venueTime !== null && input.kind !== 'delayed') this.clockOf(input.venue).observe(venueTime, this.now);
    else if (venueTime === null && input.venueTime !== null && input.venueTime !== undefined) {
      this.refuse(input.venue, input.symbol, { code: 'time_range', detail: shown(input.venueTime) });
    }
    const time = this.candleTime(input.venue, venueTime);
    let problem: Problem | null;
    if (input.type === 'trade') problem = this.onTrade(row, source, input, time, venueTime);
    else if (input.type === 'quote') problem = this.onQuote(row, source, input, time, venueTime);
    else problem = source.takeTicker(input, time, venueTime, this.now, this.sessionAt(row).state);
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
    const session = this.sessionAt(row).state;
    const problem = source.takeTrade(event, price, time, venueTime, this.now, session);
    if (problem) return problem;
    const { symbol, venue, kind, id, side } = event;
    const trade: TradeOutput = { type: 'trade', symbol, venue, kind, id, price: plainDecimal(event.price), size: plainDecimal(event.size), side, time };
    row.tape.add(trade, trades);
    this.out(trade);
    const own = source.minutes.trade(price, trade.size, time);
    row.quotes.elect(this.now, session);
    if (row.quotes.leader !== source) return null;
    row.candleVenue = venue;
    const result = row.candles.trade(own, price, size, time, this.clockOf(venue).at(this.now), row.onCandle);
    return result === 'late' ? { code: 'late_trade', detail: `trade ${id} of a closed minute` } : null;
  }

  private onQuote(row: Row, source: Source, event: QuoteEvent, time: number, venueTime: number | null): Problem | null {
    const session = this.sessionAt(row).state;
    const problem = source.takeQuote(event, venueTime, this.now, session);
    if (problem) return problem;
    const { assetClass } = row.instrument;
    const hasTape = assetClass !== 'fx' && assetClass !== 'metal';
    const mid = (source.bid + source.ask) / 2;
    const own = hasTape || source.traded || Number.isNaN(mid) ? null : source.minutes.mid(mid, time);
    row.quotes.elect(this.now, session);
    if (own === null || row.quotes.leader !== source) return null;
    row.candleVenue = event.venue;
    row.candles.mid(own, this.clockOf(event.venue).at(this.now), row.onCandle);
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
    row.candles.given(event.venue, interval, candle, event.closed, this.venueNow(row), row.onCandle, history);
    this.backfill = false;
  }

  private onBook(row: Row, event: BookEvent | BookStateEvent): void {
    const problem = event.type === 'book' ? this.bookDesk.content(row, event, this.now) : this.bookDesk.state(row, event, this.now);
    if (problem) this.refuse(event.venue, event.symbol, problem);
    const book = row.books.get(event.venue);
    if (!book || row.quotes.known(event.venue)?.quoted === true) return;
    const quote = event.type === 'book' ? quoteOf(book, event) : null;
    if (quote) this.onPrice(row, quote);
    else if (book.state !== 'ok') this.doubt(row, event.venue);
  }

  /** The quote was read from a book that is not good any more. */
  private doubt(row: Row, venue: string): void {
    const source = row.quotes.known(venue);
    if (source === null || Number.isNaN(source.bid) || source.suspect) return;
    source.suspect = true;
    this.publish(row, false);
  }

  // Time

  private candleTime(venue: string, venueTime: number | null): number {
    if (venueTime === null) return this.now;
    const present = this.clockOf(venue).at(this.now);
    return venueTime > present + AHEAD_MS ? present : venueTime;
  }

  private onClock(): void {
    for (const row of this.rows.values()) {
      row.candles.closeDue(this.venueNow(row), row.onCandle);
      this.publish(row, true);
      if (row.books.size > 0) this.bookDesk.clock(row, this.now, this.sessionAt(row).state !== 'closed');
      this.timed.send(row, this.now, this.kind(), this.say);
    }
    this.ratings.analysis.clock(this.now, this.say);
  }

  private venueNow(row: Row): number {
    return this.clocks.get(row.candleVenue)?.at(this.now) ?? this.now;
  }

  // Outputs

  /** What the analysis says is kept with its row: it is part of the state. */
  private readonly say: Out = (output) => {
    if (output.type === 'rating') this.rows.get(output.rating.symbol)?.said.set(output.rating.tf, output);
    else if (output.type === 'signal') this.rows.get(output.record.symbol)?.said.set(`signal ${output.record.tf}`, output);
    else if (output.type === 'sentiment' && output.symbol !== null) this.rows.get(output.symbol)?.said.set('sentiment', { type: 'sentiment', symbol: output.symbol, data: output.data });
    else if (output.type === 'sentiment') this.mood = output;
    this.out(output);
  };

  /** Elects the leader and sends the quote if it changed. */
  private publish(row: Row, refresh: boolean): void {
    const session = this.sessionAt(row).state;
    row.quotes.elect(this.now, session);
    const quote = row.quotes.update(this.now, session, refresh);
    if (quote === null) return;
    this.out({ type: 'quote', quote });
    const { symbol, bid, ask, last, venue, kind, receiveTime, bidSize, askSize } = quote;
    const known = bid !== null && ask !== null;
    const mid = known ? (bid + ask) / 2 : null;
    this.ratings.analysis.quote({ symbol, mid, last, spread: known ? ask - bid : null, bidSize, askSize, venue, kind, now: receiveTime ?? this.now });
  }

  private onClosedCandle(row: Row, interval: Interval, candle: Candle, revised: boolean, history: boolean): void {
    // What comes from our own store need not go back there.
    if (!history) this.out(candleOutput(row, interval, candle, this.kind(), true, revised, row.candles.closedVenue));
    if (interval === '1m') row.sparklineDirty = true;
    const context = { now: this.now, venueNow: this.venueNow(row), kind: this.kind(), backfill: this.backfill };
    if (revised) this.ratings.revised(row, interval, candle, context);
    else this.ratings.closed(row, interval, candle, context, this.say);
  }
}
