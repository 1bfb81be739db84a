import type { BookEvent, CandleEvent, LevelChange, QuoteEvent, TickerEvent, TradeEvent } from '../market/events';
import type { Instrument } from '../market/instrument';
import type { Candle } from '../market/outputs';
import { BookProcess, type BookSideState } from './book';
import { DayStatistics, type DayValues } from './dayStatistics';
import { historyBefore, lastOpen } from './history';
import { SimulatedMarket, type SimulatedInstrument } from './market';
import { CLASS_PARAMETERS } from './parameters';
import { StepScale } from './scale';

/** Venue id of everything the simulator emits. */
export const SIMULATOR_VENUE = 'simulator';
/** History behind the 24-hour statistics, minutes. */
const DAY_MINUTES = 1440;
const SECOND = 1000;
/** A quote comes within this many ms of its second's start; the trades of the second follow it. */
const QUOTE_WINDOW = 200;
const TICKER_OFFSET = SECOND - 1;
/** Instruments with an order book, the first in the list: load tests run with thousands that nobody opens. */
const BOOKS = 64;

export type SimEvent = QuoteEvent | TradeEvent | TickerEvent | BookEvent;

export interface SimulatorOptions {
  /** Same seed, start and instruments: the same events, byte for byte. */
  readonly seed: number;
  /** Simulated time of the first step, ms since the Unix epoch, a whole second. */
  readonly startTime: number;
  readonly instruments: readonly Instrument[];
  /** Starting prices by symbol, e.g. the last known ones; invented for the others. */
  readonly initialPrices?: ReadonlyMap<string, number>;
  /** How many instruments have an order book of 20 levels a side, the first of the list; default 64. */
  readonly books?: number;
}

export interface Simulator {
  /** Simulated time up to which everything was emitted, ms. */
  readonly now: number;
  /** One simulated second: its events in time order, quote and book before the trades done on them. */
  step(): readonly SimEvent[];
  /** Leaves out `seconds`: nothing is simulated for them, prices go on where they are. */
  skip(seconds: number): void;
  /** Rolling 24-hour values in price and base units; null for an unknown symbol. */
  ticker24h(symbol: string): DayValues | null;
  /** Closed one-minute candles before the start, all symbols, by time. Sessions that were closed have none. */
  backfill(minutes: number): readonly CandleEvent[];
}

/** Writes the numeric state of one instrument as events, on tick and lot. */
class EventWriter {
  readonly symbol: string;
  readonly day = new DayStatistics();
  readonly ticks: StepScale;
  readonly lots: StepScale;
  /** Place of the quote in its second, fixed per symbol, so that not all symbols tick at once. */
  readonly #offset: number;
  readonly #book: BookProcess | null;
  #updates = 0;

  constructor(readonly state: SimulatedInstrument, seed: number, hasBook: boolean) {
    this.symbol = state.instrument.symbol;
    this.ticks = new StepScale(state.instrument.tickSize);
    this.lots = new StepScale(state.instrument.lotSize);
    this.#offset = [...this.symbol].reduce((h, c) => (h * 31 + c.charCodeAt(0)) % QUOTE_WINDOW, 7);
    this.#book = hasBook ? new BookProcess(`${seed}|${this.symbol}`, usualSpread(state)) : null;
  }

  load(candles: readonly Candle[]): void {
    for (const c of candles) {
      for (const price of [c.open, c.high, c.low]) this.day.trade(c.openTime, this.ticks.count(price), 0);
      this.day.trade(c.openTime, this.ticks.count(c.close), this.lots.count(c.volume));
    }
  }

  quote(venueTime: number, receiveTime: number, bid: string, ask: string): QuoteEvent {
    const { bidLots, askLots } = this.state;
    this.#updates++;
    return {
      type: 'quote', venue: SIMULATOR_VENUE, kind: 'simulated', route: 'simulator', symbol: this.symbol, venueTime, receiveTime,
      bid, bidSize: this.lots.text(bidLots), ask, askSize: this.lots.text(askLots), updateId: this.#updates,
    };
  }

  /** The whole book around the touch, as a snapshot: a reader that comes late needs no beginning. */
  book(venueTime: number, receiveTime: number): BookEvent | null {
    const book = this.#book;
    if (!book) return null;
    book.step();
    book.place(this.state);
    const texts = ({ count, ticks, lots }: BookSideState): LevelChange[] =>
      Array.from({ length: count }, (_, k) => [this.ticks.text(ticks[k] ?? 0), this.lots.text(lots[k] ?? 0)] as const);
    return {
      type: 'book', venue: SIMULATOR_VENUE, kind: 'simulated', route: 'simulator', symbol: this.symbol, venueTime, receiveTime,
      action: 'snapshot', bids: texts(book.bids), asks: texts(book.asks), updateId: this.#updates,
    };
  }

  ticker(venueTime: number, receiveTime: number): TickerEvent | null {
    const d = this.day.read();
    if (!d) return null;
    const { ticks } = this;
    return {
      type: 'ticker', venue: SIMULATOR_VENUE, kind: 'simulated', route: 'simulator', symbol: this.symbol, venueTime, receiveTime,
      last: ticks.text(d.last), open24h: ticks.text(d.open), high24h: ticks.text(d.high), low24h: ticks.text(d.low), volume24h: this.lots.text(d.volume),
    };
  }

  /** The touch as it stands with its book. */
  touch(venueTime: number, receiveTime: number, bid: string, ask: string, into: SimEvent[]): void {
    into.push(this.quote(venueTime, receiveTime, bid, ask));
    const book = this.book(venueTime, receiveTime);
    if (book) into.push(book);
  }

  /** The touch as it stands, and the 24-hour values. */
  present(venueTime: number, receiveTime: number, into: SimEvent[]): void {
    const { bidTicks, askTicks } = this.state;
    this.touch(venueTime, receiveTime, this.ticks.text(bidTicks), this.ticks.text(askTicks), into);
    const ticker = this.ticker(venueTime, receiveTime);
    if (ticker) into.push(ticker);
  }

  /** Everything of one second beginning at `start`. */
  second(start: number, into: SimEvent[]): void {
    const { bidTicks, askTicks, trades } = this.state;
    const bid = this.ticks.text(bidTicks);
    const ask = this.ticks.text(askTicks);
    const quoted = start + this.#offset;
    this.touch(quoted, quoted, bid, ask, into);
    const { count, buy, lots } = trades;
    if (count === 0) return;
    const room = TICKER_OFFSET - 1 - this.#offset;
    for (let k = 0; k < count; k++) {
      const time = quoted + 1 + Math.floor(((k + 0.5) / count) * room);
      const isBuy = buy[k] === 1;
      const size = lots[k] ?? 1;
      into.push({
        type: 'trade', venue: SIMULATOR_VENUE, kind: 'simulated', route: 'simulator', symbol: this.symbol, venueTime: time, receiveTime: time,
        // Unique while a second has at most 1000 trades; the process stays far below.
        id: String(start + k), price: isBuy ? ask : bid, size: this.lots.text(size), side: isBuy ? 'buy' : 'sell',
      });
      this.day.trade(time, isBuy ? askTicks : bidTicks, size);
    }
    const ticker = this.ticker(start + TICKER_OFFSET, start + TICKER_OFFSET);
    if (ticker) into.push(ticker);
  }
}

/** Width of an instrument's quote at its usual volatility, ticks. */
function usualSpread({ parameters, instrument }: SimulatedInstrument): number {
  const sigma = parameters.volDay / Math.sqrt(86_400);
  return (2 * CLASS_PARAMETERS[instrument.assetClass].spread * sigma * parameters.startPrice) / instrument.tickSize;
}

function candleEvent(symbol: string, c: Candle, receiveTime: number): CandleEvent {
  return {
    type: 'candle', venue: SIMULATOR_VENUE, kind: 'simulated', route: 'simulator', symbol, venueTime: c.openTime + 60_000, receiveTime,
    interval: '1m', openTime: c.openTime, open: c.open, high: c.high, low: c.low, close: c.close, volume: c.volume, closed: true,
  };
}

/** The seeded market (analysis.md section 4). Pure: no clock, no randomness but the seed's. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { seed, startTime, instruments, initialPrices, books = BOOKS } = options;
  const market = new SimulatedMarket(seed, instruments, initialPrices);
  const writers = market.instruments.map((state, i) => new EventWriter(state, seed, i < books));
  const bySymbol = new Map(writers.map((w) => [w.symbol, w]));
  const byState = new Map(writers.map((w) => [w.state, w]));
  let now = startTime;
  let started = false;
  let loaded = false;

  function loadDay(history: ReadonlyMap<string, readonly Candle[]>): void {
    if (loaded) return;
    loaded = true;
    for (const [symbol, candles] of history) bySymbol.get(symbol)?.load(candles);
  }

  function history(minutes: number): ReadonlyMap<string, readonly Candle[]> {
    const made = historyBefore(seed, startTime, Math.max(minutes, DAY_MINUTES), instruments, initialPrices);
    loadDay(made);
    return made;
  }

  /** First values of every row: 24-hour figures, and for closed markets the last quote of their last session. */
  function firstEvents(): SimEvent[] {
    if (!loaded) history(DAY_MINUTES);
    const events: SimEvent[] = [];
    for (const writer of writers) {
      const last = lastOpen(writer.state.instrument.assetClass, now);
      writer.present(Math.min(now, last ?? now), now, events);
    }
    return events;
  }

  return {
    get now() {
      return now;
    },
    step() {
      const events = started ? [] : firstEvents();
      started = true;
      market.step(now, (state) => byState.get(state)?.second(now, events));
      now += SECOND;
      // Stable: events of one symbol keep their order.
      return events.sort((a, b) => a.receiveTime - b.receiveTime);
    },
    skip(seconds) {
      now += Math.max(0, Math.floor(seconds)) * SECOND;
    },
    ticker24h(symbol) {
      const writer = bySymbol.get(symbol);
      const d = writer?.day.read();
      if (!writer || !d) return null;
      const { ticks, lots } = writer;
      return { open: ticks.value(d.open), high: ticks.value(d.high), low: ticks.value(d.low), last: ticks.value(d.last), volume: lots.value(d.volume) };
    },
    backfill(minutes) {
      const events: CandleEvent[] = [];
      for (const [symbol, candles] of history(minutes)) {
        // Counted back from the last open minute, so that a closed market has its last session.
        const oldest = (candles.at(-1)?.openTime ?? 0) - (minutes - 1) * 60_000;
        for (const c of candles) if (c.openTime >= oldest) events.push(candleEvent(symbol, c, startTime));
      }
      return events.sort((a, b) => a.openTime - b.openTime);
    },
  };
}
