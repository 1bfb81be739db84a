import type { Engine, EngineOptions } from '@/core/engine';
import { createEngine } from '@/core/engine';
import type { FeedMode, FeedStateName } from '@/core/contract';
import type { InputEvent } from '@/core/market/events';
import type { EngineOutput } from '@/core/market/outputs';

const KIND = 'replay' as const;
/** The same with its kind replaced. */
const marked = <T extends { readonly kind: unknown }>(value: T): T & { kind: typeof KIND } => ({ ...value, kind: KIND });

export interface ReplayedVenue {
  readonly id: string;
  readonly state: FeedStateName;
  readonly reason: string;
  /** Feed time of its newest value, ms. */
  readonly at: number | null;
}

/**
 * An engine that takes a recording's inputs as they were, so that its state is that of the recorded one byte for byte, and gives everything out
 * under the name of a replay: nothing that leaves here can be taken for the present market.
 */
export class ReplayEngine implements Engine {
  readonly mode: FeedMode = 'replay';
  readonly venues = new Map<string, ReplayedVenue>();
  private inner: Engine;

  /** @param words what was recorded, e.g. "a simulated market": part of what is said about the mode. */
  constructor(private readonly options: EngineOptions, private readonly words: string) {
    this.inner = createEngine(options);
  }

  /** Forgets everything: the recording begins anew. */
  restart(): void {
    this.inner = createEngine(this.options);
    this.venues.clear();
  }

  step(input: InputEvent, out: (output: EngineOutput) => void): void {
    if (input.type === 'feedStatus') {
      const at = this.venues.get(input.venue)?.at ?? null;
      this.venues.set(input.venue, { id: input.venue, state: input.state, reason: input.reason, at });
    } else if ('kind' in input) {
      const known = this.venues.get(input.venue);
      this.venues.set(input.venue, { id: input.venue, state: known?.state ?? 'live', reason: known?.reason ?? 'replayed', at: input.receiveTime });
    }
    this.inner.step(input, (output) => out(this.relabel(output)));
  }

  /** Of the recorded engine itself: comparable with the live one. */
  fingerprint(): string {
    return this.inner.fingerprint();
  }

  instruments: Engine['instruments'] = () => this.inner.instruments();
  instrument: Engine['instrument'] = (symbol) => this.inner.instrument(symbol);
  quote: Engine['quote'] = (symbol) => {
    const quote = this.inner.quote(symbol);
    return quote && marked(quote);
  };
  quotes: Engine['quotes'] = () => this.inner.quotes().map(marked);
  venueQuotes: Engine['venueQuotes'] = (symbol) => this.inner.venueQuotes(symbol).map(marked);
  venueFacts: Engine['venueFacts'] = () => this.inner.venueFacts();
  shortSentiment: Engine['shortSentiment'] = (symbol) => this.inner.shortSentiment(symbol);
  bookVenue: Engine['bookVenue'] = (symbol) => this.inner.bookVenue(symbol);
  venueCandles: Engine['venueCandles'] = (venue, symbol) => this.inner.venueCandles(venue, symbol);
  candles: Engine['candles'] = (symbol, interval, limit) => this.inner.candles(symbol, interval, limit);
  trades: Engine['trades'] = (symbol, limit) => this.inner.trades(symbol, limit).map(marked);
  tradeTotals: Engine['tradeTotals'] = () => this.inner.tradeTotals();
  books: Engine['books'] = () => this.inner.books();
  book: Engine['book'] = (venue, symbol, depth) => {
    const book = this.inner.book(venue, symbol, depth);
    return book && marked(book);
  };

  private relabel(output: EngineOutput): EngineOutput {
    switch (output.type) {
      case 'quote': return { ...output, quote: marked(output.quote) };
      case 'trade': case 'candle': case 'book': return marked(output);
      case 'signal': return { ...output, record: { ...output.record, source: KIND } };
      case 'rating': return { ...output, rating: { ...output.rating, source: KIND } };
      case 'sentiment': return { ...output, data: { ...output.data, source: KIND } };
      case 'mode': return { ...output, mode: KIND, reason: `a recording of ${this.words} is replayed: not the present market`.slice(0, 240) };
      case 'sparkline': return { ...output, data: { ...output.data, quality: KIND } };
      // They name no kind, or go to a log that a replay has not.
      case 'feedStatus': case 'instrument': case 'refused': case 'outcome': return output;
    }
  }
}
