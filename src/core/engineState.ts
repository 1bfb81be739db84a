import { type BinaryData, type DataKind, type FeedMode, type FeedStateName, type Interval } from './contract';
import { bookView, shownBook, tradeTotals, venueFacts } from './engineQueries';
import type { BookView, Engine, EngineOptions, TradeTotals, VenueFacts } from './engineTypes';
import type { InputEvent } from './market/events';
import { fingerprint } from './market/fingerprint';
import type { Instrument } from './market/instrument';
import type { Candle, EngineOutput, Quote, TradeOutput, VenueQuote } from './market/outputs';
import type { SourceRules } from './market/quotes';
import type { Row } from './market/row';
import { Sessions, type SessionNow } from './market/sessions';
import { standardStaleMs } from './market/staleness';
import { venueName } from './market/venueNames';
import { VenueClock } from './market/venueClock';

/** Kinds of data a mode lets in; the first labels empty rows. */
export const KINDS: Readonly<Record<FeedMode, readonly DataKind[]>> = {
  live: ['live', 'delayed'],
  mixed: ['live', 'delayed'],
  simulated: ['simulated'],
  replay: ['replay'],
  none: [],
};

/** State of a venue's connection; `connected` = feed time since which there is one, stale or not; null while there is none. */
interface FeedState {
  readonly state: FeedStateName;
  readonly since: number;
  readonly connected: number | null;
}

/** What the engine knows, and every question that can be put to it. Answering changes nothing. */
export abstract class EngineState implements Engine {
  mode: FeedMode = 'none';
  /** Feed time, ms. */
  protected now = -Infinity;
  protected readonly rows = new Map<string, Row>();
  protected readonly feeds = new Map<string, FeedState>();
  protected readonly clocks = new Map<string, VenueClock>();
  protected readonly sessions = new Sessions();
  /** What the analysis last said of the whole watch list. */
  protected mood: EngineOutput | null = null;
  protected readonly rules: SourceRules;

  constructor(protected readonly options: EngineOptions) {
    const { venuePriority, staleMs, staleMsOf } = options;
    this.rules = {
      priorityOf: (venue) => {
        const index = venuePriority.indexOf(venue);
        return index < 0 ? venuePriority.length : index;
      },
      staleMsOf: staleMsOf ?? ((_venue, route, assetClass) => standardStaleMs(route, assetClass, staleMs)),
      nameOf: venueName,
    };
  }

  abstract shortSentiment(symbol: string): BinaryData | null;

  abstract step(input: InputEvent, out: (output: EngineOutput) => void): void;

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
    return tradeTotals(this.rows);
  }

  books(): readonly { readonly venue: string; readonly symbol: string }[] {
    return [...this.rows].flatMap(([symbol, row]) => Array.from(row.books.keys(), (venue) => ({ venue, symbol })));
  }

  book(venue: string, symbol: string, depth: number): BookView | null {
    return bookView(this.rows.get(symbol), venue, depth);
  }

  venueQuotes(symbol: string): readonly VenueQuote[] {
    const row = this.rows.get(symbol);
    return row?.quotes.venueQuotes(this.now, this.sessionAt(row), this.connectedSince) ?? [];
  }

  venueFacts(): ReadonlyMap<string, VenueFacts> {
    return venueFacts(this.rows, this.clocks, (row, source) => source.activity.state(this.now, this.sessionAt(row), this.connectedSince(source.venue)));
  }

  bookVenue(symbol: string): string | null {
    return shownBook(this.rows.get(symbol), this.rules.priorityOf);
  }

  venueCandles(venue: string, symbol: string): readonly Candle[] {
    return this.rows.get(symbol)?.quotes.known(venue)?.minutes.newest() ?? [];
  }

  fingerprint(): string {
    return fingerprint({ mode: this.mode, now: Number.isFinite(this.now) ? this.now : null, feeds: [...this.feeds], mood: this.mood }, this.rows.values());
  }

  /** The kind that empty rows are labelled with. */
  protected kind(): DataKind {
    return KINDS[this.mode][0] ?? 'live';
  }

  protected clockOf(venue: string): VenueClock {
    let clock = this.clocks.get(venue);
    if (!clock) this.clocks.set(venue, (clock = new VenueClock()));
    return clock;
  }

  protected sessionAt(row: Row): SessionNow {
    const known = row.session;
    return this.now >= known.from && this.now < known.until ? known : (row.session = this.sessions.at(row.instrument.assetClass, this.now));
  }

  protected readonly connectedSince = (venue: string): number | null => {
    const feed = this.feeds.get(venue);
    return feed ? feed.connected : -Infinity;
  };
}
