import type { OrderBook } from './market/book';
import type { BookEvent, BookStateEvent, EventOrigin, QuoteEvent } from './market/events';
import type { BookOutput, EngineOutput } from './market/outputs';
import type { Row } from './market/row';
import { shown, type Problem } from './market/validate';

/**
 * A book that nothing changed or confirmed for this long while its market is open is stale, ms: the connection lives, but whether
 * this stream does is not known. A thin book may rest; its next change makes it good again. Not so in a replay: a hole
 * in a recording is the recorder's, not the stream's.
 */
const QUIET_MS = 120_000;
/** A crossed book says so in its reason from this time on, ms: it is no moment between two messages. */
const LASTING_MS = 5_000;

/** Keeps the order books and says what becomes of them. A book that is not good is told in the same step. */
export class BookDesk {
  constructor(private readonly out: (output: EngineOutput) => void) {}

  /** Takes content. null = it was taken (or there is nothing to apply it to), else why it was refused. */
  content(row: Row, event: BookEvent, now: number): Problem | null {
    const book = row.book(event.venue, event.kind);
    if (!book) return { code: 'too_many_venues', detail: event.venue };
    const result = book.apply(event, now);
    if (result === 'ignored') return null;
    if (result !== 'applied') this.tell(row, event.venue, book, 'state', [], []);
    else this.tell(row, event.venue, book, event.action === 'snapshot' ? 'snapshot' : 'delta', event.bids, event.asks);
    return result === 'applied' ? null : result;
  }

  /** Takes what a connector says of its book; null or why it was refused. */
  state(row: Row, event: BookStateEvent, now: number): Problem | null {
    const book = row.book(event.venue, event.kind);
    if (!book) return { code: 'too_many_venues', detail: event.venue };
    // Only a snapshot makes a broken book good, only its own levels uncross it.
    if (event.state === 'ok' && book.state !== 'stale') {
      if (book.state === 'ok') book.confirm(now);
      return null;
    }
    // What misses levels stays a gap, however old it gets: as "stale" a later "ok" would make it good without a snapshot.
    if (event.state === 'stale' && (book.state === 'gap' || book.state === 'syncing')) return null;
    book.setState(event.state, event.state === 'ok' ? '' : shown(event.reason, 240));
    this.tell(row, event.venue, book, 'state', [], []);
    return null;
  }

  /** The connection of a venue is not live. */
  disconnect(row: Row, venue: string, reason: string): void {
    const book = row.books.get(venue);
    if (book?.expire(`the connection is not live: ${reason}`) === true) this.tell(row, venue, book, 'state', [], []);
  }

  /** Time passed. */
  clock(row: Row, now: number, open: boolean): void {
    for (const [venue, book] of row.books) {
      const quiet = open && book.kind !== 'replay' && now - (book.receiveTime ?? now) > QUIET_MS;
      const changed = quiet ? book.expire('nothing confirmed it for 2 min') : book.lasting(now, LASTING_MS);
      if (changed) this.tell(row, venue, book, 'state', [], []);
    }
  }

  private tell(row: Row, venue: string, book: OrderBook, action: BookOutput['action'], bids: BookOutput['bids'], asks: BookOutput['asks']): void {
    const { state, reason, updateId, kind } = book;
    this.out({ type: 'book', symbol: row.instrument.symbol, venue, kind, action, state, reason, bids, asks, updateId });
  }
}

/** The quote in a good book of a venue that sends no quotes of its own; null when the book is not good. */
export function quoteOf(book: OrderBook, { venue, kind, route, symbol, venueTime, receiveTime }: EventOrigin): QuoteEvent | null {
  if (book.state !== 'ok') return null;
  const [bid, ask] = book.touch();
  return { type: 'quote', venue, kind, route, symbol, venueTime, receiveTime, bid: bid?.[0] ?? null, bidSize: bid?.[1] ?? null, ask: ask?.[0] ?? null, askSize: ask?.[1] ?? null, updateId: null };
}
