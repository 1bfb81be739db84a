import type { InputEvent } from '@/core/market/events';
import { bookOf, type KeyframePorts } from './keyframe';

/** A book is written out whole this often, and two books never closer together than that, monotonic ms. */
const EVERY_MS = 60_000;
const APART_MS = 100;
const MOST_KEPT = 20_000;

/**
 * Writes whole books into the input log now and then, so that a log which begins in the middle soon has them. Each right after a change of it:
 * a book that stands still does not look fresher than it is.
 */
export class Refresher {
  private readonly written = new Map<string, number>();
  /** Venue and symbol of what quotes by itself. */
  private readonly quotes = new Set<string>();
  private last = -Infinity;
  private pending: { readonly venue: string; readonly symbol: string; readonly at: number } | null = null;

  constructor(private readonly ports: KeyframePorts, private readonly insert: (event: InputEvent) => void, private readonly wanted: () => boolean, private readonly monotonic: () => number) {}

  /** Every book anew, from the next change of each. */
  again(): void {
    this.written.clear();
    this.last = -Infinity;
  }

  readonly quoting = (venue: string, symbol: string): boolean => this.quotes.has(`${venue} ${symbol}`);

  /** An input comes; the one before it has reached the engine. */
  before(event: InputEvent): void {
    const due = this.pending;
    this.pending = null;
    if (due) {
      const book = bookOf(this.ports, due.venue, due.symbol, due.at);
      if (book) this.insert(book);
    }
    if (event.type === 'quote' && this.quotes.size < MOST_KEPT) this.quotes.add(`${event.venue} ${event.symbol}`);
    if (event.type !== 'book' || !this.wanted()) return;
    const now = this.monotonic();
    if (now - this.last < APART_MS) return;
    const { venue, symbol, receiveTime } = event;
    const key = `${venue} ${symbol}`;
    const before = this.written.get(key);
    if ((before !== undefined && now - before < EVERY_MS) || (before === undefined && this.written.size >= MOST_KEPT)) return;
    this.last = now;
    this.written.set(key, now);
    this.pending = { venue, symbol, at: receiveTime };
  }
}
