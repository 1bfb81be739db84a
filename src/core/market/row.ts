import type { DataKind, Interval } from '../contract';
import { OrderBook } from './book';
import { CandleBook } from './candles';
import type { Instrument } from './instrument';
import { QuoteBoard, type SourceRules } from './quotes';
import type { CandleSink } from './series';
import { NO_SESSION, type SessionNow } from './sessions';
import type { EngineOutput } from './outputs';
import { Tape } from './trades';

export interface RowOptions {
  readonly candleHistory: number;
  readonly tradeHistory: number;
  readonly rules: SourceRules;
  /** Place of the row in the round of those that are sent by time, 0 to 1: not all at once. */
  readonly phase: number;
}

/** Books per symbol, one a venue; more is a fault of configuration. */
const MAX_BOOKS = 16;
/** Venues whose facts of one symbol are kept. */
const MAX_FACTS = 16;

/** Everything the engine holds of one symbol. */
export class Row {
  readonly quotes: QuoteBoard;
  readonly tape: Tape;
  readonly books = new Map<string, OrderBook>();
  /** Facts of this symbol by the venue that told them. */
  private readonly facts = new Map<string, Instrument>();
  candles: CandleBook;
  /** Venue of the newest candle input. */
  candleVenue = '';
  /** The session of its market, as looked up last. */
  session: SessionNow = NO_SESSION;
  /** What the analysis last said of it, by what it is. */
  readonly said = new Map<string, EngineOutput>();
  /** Timeframes that got history which the analysis has not seen yet. */
  readonly warm = new Set<Interval>();
  /** Feed time at which history was last handed to the analysis, ms. */
  warmTime = -Infinity;
  sparklineDirty = false;
  /** Longer forming candles changed since they were sent. */
  formingDirty = false;
  /** Feed time at which longer forming candles and previews were sent, ms. */
  formingTime = -Infinity;
  /** Feed time at which the forming minute was sent, ms. */
  minuteTime = -Infinity;
  readonly onCandle: CandleSink;

  constructor(instrument: Instrument, readonly options: RowOptions, kind: DataKind, sink: (row: Row) => CandleSink) {
    this.quotes = new QuoteBoard(instrument, options.rules, kind);
    this.tape = new Tape(options.tradeHistory);
    this.candles = new CandleBook(options.candleHistory);
    this.onCandle = sink(this);
  }

  get instrument(): Instrument {
    return this.quotes.instrument;
  }

  /**
   * Takes a venue's facts and returns what holds for the symbol: the finest steps of the venues that told theirs, so that no
   * digit of any of them is cut, and all venues that list it. The newest facts of one venue replace its older ones.
   */
  learn(venue: string, told: Instrument): Instrument {
    if (this.facts.has(venue) || this.facts.size < MAX_FACTS) this.facts.set(venue, told);
    const all = [...this.facts.values()];
    const least = (step: 'tickSize' | 'lotSize') => Math.min(told[step], ...all.map((i) => i[step]));
    const venues = [...new Set([this.instrument, ...all].flatMap((i) => i.venues))];
    this.session = NO_SESSION;
    this.quotes.instrument = { ...told, tickSize: least('tickSize'), lotSize: least('lotSize'), venues };
    return this.quotes.instrument;
  }

  /** The book of a venue, made at its first input; null when there are too many. */
  book(venue: string, kind: DataKind): OrderBook | null {
    let book = this.books.get(venue);
    if (!book) {
      if (this.books.size >= MAX_BOOKS) return null;
      this.books.set(venue, (book = new OrderBook()));
    }
    book.kind = kind;
    return book;
  }

  /** Forgets every value: the kind of data changed. */
  reset(kind: DataKind): void {
    this.quotes.reset(kind);
    this.tape.reset();
    this.books.clear();
    this.candles = new CandleBook(this.options.candleHistory);
    this.candleVenue = '';
    this.session = NO_SESSION;
    this.said.clear();
    this.warm.clear();
    this.warmTime = -Infinity;
    this.sparklineDirty = false;
    this.formingDirty = false;
    this.formingTime = -Infinity;
    this.minuteTime = -Infinity;
  }
}
